"""Executing a block of L1 on the engine's EVM, and checking all that its header says of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from campaigns.ethereum_tests.verdict import Apart, Rejected
from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.headers import EMPTY_UNCLE_HASH, Header
from pyoprollup.eth.payload import EMPTY_REQUESTS_HASH
from pyoprollup.eth.transactions import BLOB_TX_TYPE
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT, ordered_trie_root
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.environment import BlockEnvironment
from pyoprollup.evm.errors import InvalidTransaction
from pyoprollup.evm.receipts import block_bloom, receipts_root
from pyoprollup.evm.state import OpenState, State
from pyoprollup.evm.store import Overlay
from pyoprollup.evm.system_calls import prepare_block
from pyoprollup.l1.embedded.environment import L1Environment
from pyoprollup.l1.embedded.executor import execute_l1_transaction
from pyoprollup.l1.embedded.fees import next_base_fee
from pyoprollup.rollup.evm_rules import BaseEvm
from pyoprollup.rollup.rules import Rules

__all__ = ["Block", "Chain", "environment"]

_MAX_BLOCK_SIZE = 8_388_608
"""EIP-7934."""
_LEAST_GAS_LIMIT, _GAS_LIMIT_STEPS = 5000, 1024


@dataclass(frozen=True, slots=True)
class Block:
    """A block as it goes over the wire. ``size`` in bytes."""

    header: Header
    transactions: tuple[bytes, ...]
    size: int

    @classmethod
    def decode(cls, raw: bytes) -> Block:
        """Raises :class:`Rejected`, and :class:`Apart` for one with withdrawals or blobs."""
        try:
            header, transactions, uncles, *rest = rlp.split_raw(raw)
            block = cls(Header.decode(header), tuple(map(_canonical, rlp.split_raw(transactions))), len(raw))
        except (DecodeError, ValueError) as exc:
            raise Rejected(f"malformed: {exc}") from exc
        if uncles != b"\xc0":
            raise Rejected("uncles")
        if rest and rest[0] != b"\xc0":
            raise Apart("withdrawals")
        if any(tx[0] == BLOB_TX_TYPE for tx in block.transactions):
            raise Apart("blob transactions")
        if block.header.requests_hash not in (None, EMPTY_REQUESTS_HASH):
            raise Apart("requests of the consensus layer")
        return block


def _canonical(item: bytes) -> bytes:
    """EIP-2718 bytes of a transaction in a block: those with a type are strings there."""
    return item if item[0] >= 0xC0 else rlp.decode_bytes(item)


def environment(state: State, rules: Rules, chain_id: int, header: Header) -> L1Environment:
    """A block that is being executed, with no room for blobs."""
    base_fee = header.base_fee or 0
    block = BlockEnvironment(state, rules, chain_id, base_fee, header.gas_limit, header.coinbase)
    return L1Environment(block, blob_base_fee=1, max_blob_gas=0)


@dataclass
class Chain:
    """The blocks of a test case, all with their state: side chains come up too."""

    genesis: Header
    store: dict[bytes, bytes]
    chain_id: int
    open_state: OpenState
    headers: dict[Hash32, Header] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.headers[self.genesis.hash()] = self.genesis

    def append(self, block: Block, rules: Rules) -> None:
        """Put ``block`` on its parent; raises :class:`Rejected` if it is not valid."""
        header = block.header
        parent = self.headers.get(header.parent_hash)
        if parent is None:
            raise Rejected("parent hash")
        _check_header(block, parent, rules)
        overlay = Overlay(self.store)

        def ancestor(number: int) -> bytes:
            return self._ancestor(header, number)

        state = self.open_state(rules.evm, overlay, parent.state_root, header, self.chain_id, ancestor)
        env = environment(state, rules, self.chain_id, header)
        prepare_block(state, rules, rules, header)
        for index, raw in enumerate(block.transactions):
            try:
                execute_l1_transaction(env, raw)
            except InvalidTransaction as exc:
                raise Rejected(f"transaction {index}: {exc}") from exc
        state.persist()
        receipts = env.block.receipts
        for what, expected, actual in (
            ("gas used", header.gas_used, env.block.gas_used),
            ("receipts root", header.receipts_root, receipts_root(receipts)),
            ("logs bloom", header.logs_bloom, block_bloom(receipts)),
            ("state root", header.state_root, bytes(state.state_root)),
        ):
            if expected != actual:
                raise Rejected(f"{what}: {_shown(actual)}, the header has {_shown(expected)}")
        self.store.update(overlay.writes)
        self.headers[header.hash()] = header

    def _ancestor(self, header: Header, number: int) -> bytes:
        while header.number > number + 1:
            header = self.headers[header.parent_hash]
        return header.parent_hash


def _check_header(block: Block, parent: Header, rules: Rules) -> None:
    header = block.header
    steps = parent.gas_limit // _GAS_LIMIT_STEPS
    cancun, prague = rules.parent_beacon_block_root, rules.requests_hash
    checks = {
        "number": header.number == parent.number + 1,
        "time": header.time > parent.time,
        "gas limit": abs(header.gas_limit - parent.gas_limit) < steps
        and _LEAST_GAS_LIMIT <= header.gas_limit < 1 << 63,
        "gas used": header.gas_used <= header.gas_limit,
        "base fee": header.base_fee == next_base_fee(parent),
        "extra data": len(header.extra_data) <= 32,
        "proof of work": not header.difficulty and not any(header.nonce),
        "uncles": header.uncle_hash == EMPTY_UNCLE_HASH,
        "transactions root": header.transactions_root == ordered_trie_root(block.transactions),
        "withdrawals root": header.withdrawals_root == (EMPTY_TRIE_ROOT if rules.withdrawals else None),
        "blob gas used": header.blob_gas_used == (0 if cancun else None),
        "excess blob gas": (header.excess_blob_gas is not None) == cancun,
        "beacon root": (header.parent_beacon_root is not None) == cancun,
        "requests hash": header.requests_hash == (EMPTY_REQUESTS_HASH if prague else None),
        "size": block.size <= _MAX_BLOCK_SIZE or rules.evm.base < BaseEvm.OSAKA,
    }
    for what, holds in checks.items():
        if not holds:
            raise Rejected(what)


def _shown(value: bytes | int) -> str:
    return f"0x{value.hex()[:16]}" if isinstance(value, bytes) else str(value)
