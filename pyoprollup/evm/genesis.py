"""The genesis block: from an allocation of accounts to a state root and a block hash.

The JSON form is go-ethereum's ``genesis.json``, as the superchain registry has it. Header fields that forks
added are there if the fork is active at genesis, those of London and of the forks of L1 after it by the times
that the file gives for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyoprollup.errors import DecodeError
from pyoprollup.eth.headers import EMPTY_UNCLE_HASH, Header
from pyoprollup.eth.payload import EMPTY_REQUESTS_HASH
from pyoprollup.eth.receipts import EMPTY_BLOOM
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.genesis_json import GenesisReader, alloc_address, storage_word
from pyoprollup.evm.predeploys import MESSAGE_PASSER
from pyoprollup.evm.store import Overlay
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.execution_config import GenesisForks
from pyoprollup.rollup.rules import Rules
from pyoprollup.rollup.time import L2Time

__all__ = ["Account", "GenesisBlock", "chain_forks", "genesis_block", "genesis_state", "genesis_time"]

_DEFAULT_BASE_FEE = 1_000_000_000
_DEFAULT_GAS_LIMIT = 4_712_388
"""What go-ethereum takes for a limit of 0."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the allocation; ``balance`` in wei, ``storage`` by slot."""

    balance: int = 0
    nonce: int = 0
    code: bytes = b""
    storage: Mapping[int, int] | None = None

    @classmethod
    def from_json(cls, value: object) -> Account:
        """An entry of ``alloc``; raises :class:`DecodeError`."""
        obj = GenesisReader(value, "alloc")
        words = obj.mapping("storage").items()
        return cls(
            balance=obj.optional("balance", obj.uint256) or 0,
            nonce=obj.optional("nonce", obj.uint64) or 0,
            code=obj.optional("code", obj.data) or b"",
            storage={storage_word(slot): storage_word(word) for slot, word in words},
        )


@dataclass(frozen=True, slots=True)
class GenesisBlock:
    """The genesis block, and what a store has to hold for its first child."""

    header: Header
    hash: Hash32
    writes: dict[bytes, bytes]
    message_passer_storage_root: Hash32


def genesis_state(alloc: Mapping[Address, Account]) -> tuple[Hash32, Hash32, dict[bytes, bytes]]:
    """State root, storage root of the message passer, and trie nodes and code by hash."""
    overlay = Overlay({})
    state = FlatAccountDB(overlay)
    for address, account in alloc.items():
        if not (account.balance or account.nonce or account.code):
            state.touch_account(address)
        if account.balance:
            state.set_balance(address, account.balance)
        if account.nonce:
            state.set_nonce(address, account.nonce)
        if account.code:
            state.set_code(address, account.code)
        for slot, word in (account.storage or {}).items():
            if word:
                state.set_storage(address, slot, word)
    state.persist()
    return state.state_root, state.storage_root(MESSAGE_PASSER), overlay.writes


def genesis_time(value: object) -> int:
    """Timestamp of the genesis block in a ``genesis.json``; raises :class:`DecodeError`."""
    obj = GenesisReader(value, "genesis")
    return obj.optional("timestamp", obj.uint64) or 0


def chain_forks(value: object, config: RollupConfig) -> GenesisForks:
    """The forks at genesis as the chain's configuration has them, whatever the file's ``config`` says.

    A block with a difficulty that comes before the chain's first of Bedrock is of the time before the merge,
    and before London. Raises :class:`DecodeError`.
    """
    obj = GenesisReader(value, "genesis")
    is_bedrock = (obj.optional("number", obj.uint64) or 0) >= config.genesis.l2.number
    london = is_bedrock or not obj.optional("difficulty", obj.uint256)
    return GenesisForks.of_rules(config.rules_at_l2(L2Time(genesis_time(value))), london=london)


def genesis_block(value: object, rules: Rules, forks: GenesisForks | None = None) -> GenesisBlock:
    """The genesis block of a ``genesis.json``, under the rules of its time.

    ``forks`` are those that added fields to headers: by default what the file's ``config`` says of them, and
    where it says nothing, those of ``rules``. ``stateHash`` stands in for an allocation that is too large to
    publish. Raises :class:`DecodeError`, and ``ConfigError`` for a malformed ``config``.
    """
    obj = GenesisReader(value, "genesis")
    if forks is None:
        number = obj.optional("number", obj.uint64) or 0
        forks = GenesisForks.read(obj.raw("config"), rules, genesis_time(value), number)
    alloc = {alloc_address(key): Account.from_json(item) for key, item in obj.mapping("alloc").items()}
    state_root, passer_root, writes = genesis_state(alloc)
    given_root = obj.optional("stateHash", obj.hash)
    if given_root is not None:
        if alloc:
            raise DecodeError("genesis.stateHash: there is an allocation as well")
        state_root = given_root
    header = _header(obj, forks, state_root, passer_root)
    block_hash = header.hash()
    writes[block_hash] = header.encode()
    return GenesisBlock(header, block_hash, writes, passer_root)


def _header(obj: GenesisReader, forks: GenesisForks, state_root: Hash32, passer_root: Hash32) -> Header:
    withdrawals_root = EMPTY_TRIE_ROOT if forks.shanghai else None
    base_fee = obj.optional("baseFeePerGas", obj.uint256)
    if base_fee is None and forks.london:
        base_fee = _DEFAULT_BASE_FEE
    blob_gas_used, excess_blob_gas = (
        obj.optional(key, obj.uint64) for key in ("blobGasUsed", "excessBlobGas")
    )
    return Header(
        parent_hash=obj.optional("parentHash", obj.hash) or ZERO_HASH,
        uncle_hash=EMPTY_UNCLE_HASH,
        coinbase=obj.optional("coinbase", obj.address) or ZERO_ADDRESS,
        state_root=state_root,
        transactions_root=EMPTY_TRIE_ROOT,
        receipts_root=EMPTY_TRIE_ROOT,
        logs_bloom=EMPTY_BLOOM,
        difficulty=obj.optional("difficulty", obj.uint256) or 0,
        number=obj.optional("number", obj.uint64) or 0,
        gas_limit=obj.uint64("gasLimit") or _DEFAULT_GAS_LIMIT,
        gas_used=obj.optional("gasUsed", obj.uint64) or 0,
        time=obj.optional("timestamp", obj.uint64) or 0,
        extra_data=obj.optional("extraData", obj.data) or b"",
        mix_digest=obj.optional("mixHash", obj.hash) or ZERO_HASH,
        nonce=(obj.optional("nonce", obj.uint64) or 0).to_bytes(8, "big"),
        base_fee=base_fee,
        withdrawals_root=passer_root if forks.isthmus else withdrawals_root,
        blob_gas_used=(blob_gas_used or 0) if forks.cancun else None,
        # Before Cancun go-ethereum lets it pass, with a warning.
        excess_blob_gas=(excess_blob_gas or 0) if forks.cancun else excess_blob_gas,
        parent_beacon_root=ZERO_HASH if forks.cancun else None,
        requests_hash=EMPTY_REQUESTS_HASH if forks.prague else None,
    )
