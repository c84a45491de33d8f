"""Building a block of the embedded L1 on its parent.

Specification: EIP-1559, EIP-4788, EIP-4844, EIP-4895, EIP-2935, EIP-7685. There are no validators: a block
has no withdrawals and no requests, and the contracts that requests come from are not on chain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pyoprollup.eth.blob_fee import blob_base_fee
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import EMPTY_UNCLE_HASH, Header
from pyoprollup.eth.payload import EMPTY_REQUESTS_HASH
from pyoprollup.eth.receipts import EMPTY_BLOOM, Receipt
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.transactions import BLOB_TX_TYPE, Transaction, decode_transaction
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT, ordered_trie_root
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.evm.ancestors import ancestor_hashes
from pyoprollup.evm.environment import BlockEnvironment
from pyoprollup.evm.errors import InvalidTransaction
from pyoprollup.evm.gas import LEAST_GAS
from pyoprollup.evm.receipts import block_bloom, receipts_root
from pyoprollup.evm.store import KeyValue, Overlay
from pyoprollup.evm.system_calls import prepare_block
from pyoprollup.execution.pool.selection import Selection
from pyoprollup.l1.embedded.admission import PooledTransaction
from pyoprollup.l1.embedded.config import EmbeddedL1Config, L1Fork
from pyoprollup.l1.embedded.environment import L1Environment, open_l1_state
from pyoprollup.l1.embedded.executor import execute_l1_transaction
from pyoprollup.l1.embedded.fees import GAS_PER_BLOB, next_base_fee, next_excess_blob_gas
from pyoprollup.sources.l1 import BlockInfo

__all__ = ["BlockFees", "L1Block", "build_l1_block", "child_header", "l1_block"]


@dataclass(frozen=True, slots=True)
class BlockFees:
    """Fees that a block is given in the place of those that follow from its parent; wei and blob gas.

    No real chain can do that. It makes fee spikes without the hundred full blocks that they take.
    """

    base_fee: int | None = None
    excess_blob_gas: int | None = None


@dataclass(frozen=True, slots=True)
class L1Block:
    """A block with all that is asked of it."""

    header: Header
    hash: Hash32
    transactions: tuple[bytes, ...]
    receipts: tuple[Receipt, ...]
    senders: tuple[Address, ...]
    blob_hashes: tuple[Hash32, ...]
    """Versioned hashes of all blobs of the block, in their order."""
    blob_base_fee: int
    info: BlockInfo
    """As derivation reads it. The blob base fee is left to derivation, which knows it from the header."""

    @property
    def ref(self) -> L1BlockRef:
        """Identity, parent and time."""
        return self.info.ref

    @property
    def number(self) -> int:
        return self.header.number


def l1_block(
    config: EmbeddedL1Config,
    header: Header,
    transactions: tuple[bytes, ...] = (),
    receipts: tuple[Receipt, ...] = (),
    senders: tuple[Address, ...] = (),
) -> L1Block:
    """A block from its parts; computes hash and blob base fee."""
    block_hash = header.hash()
    excess = header.excess_blob_gas or 0
    info = BlockInfo(
        ref=L1BlockRef(block_hash, header.number, header.parent_hash, header.time),
        mix_digest=header.mix_digest,
        base_fee=header.base_fee or 0,
        parent_beacon_root=header.parent_beacon_root,
        excess_blob_gas=excess,
        has_requests_hash=header.requests_hash is not None,
    )
    blob_fee = blob_base_fee(excess, config.blob_params.update_fraction)
    hashes = tuple(found for raw in transactions for found in _blob_hashes(raw))
    return L1Block(header, block_hash, transactions, receipts, senders, hashes, blob_fee, info)


def _blob_hashes(raw: bytes) -> tuple[Hash32, ...]:
    if raw[0] != BLOB_TX_TYPE:
        return ()
    tx = decode_transaction(raw)
    assert isinstance(tx, Transaction)
    return tx.blob_versioned_hashes


def child_header(
    config: EmbeddedL1Config, parent: Header, parent_hash: Hash32, time: int, branch: int, fees: BlockFees
) -> Header:
    """The header of the next block with all inputs of its execution; ``branch`` tells siblings apart."""
    number = parent.number + 1
    excess = next_excess_blob_gas(parent, config.blob_params)
    seed = b"".join(value.to_bytes(32, "big") for value in (config.seed, branch, number)) + parent_hash
    return Header(
        parent_hash=parent_hash,
        uncle_hash=EMPTY_UNCLE_HASH,
        coinbase=config.coinbase,
        state_root=ZERO_HASH,
        transactions_root=EMPTY_TRIE_ROOT,
        receipts_root=EMPTY_TRIE_ROOT,
        logs_bloom=EMPTY_BLOOM,
        difficulty=0,
        number=number,
        gas_limit=config.gas_limit,
        gas_used=0,
        time=time,
        extra_data=b"",
        mix_digest=keccak256(b"randao" + seed),
        nonce=bytes(8),
        base_fee=next_base_fee(parent) if fees.base_fee is None else fees.base_fee,
        withdrawals_root=EMPTY_TRIE_ROOT,
        blob_gas_used=0,
        excess_blob_gas=excess if fees.excess_blob_gas is None else fees.excess_blob_gas,
        parent_beacon_root=keccak256(b"beacon" + seed),
        requests_hash=EMPTY_REQUESTS_HASH if config.fork is L1Fork.PRAGUE else None,
    )


def build_l1_block(
    config: EmbeddedL1Config,
    parent: Header,
    header: Header,
    store: KeyValue,
    candidates: Selection[PooledTransaction],
) -> tuple[L1Block, dict[bytes, bytes]]:
    """Execute ``candidates`` on ``parent`` as long as there is room; for ``header`` see :func:`child_header`.

    Candidates that cannot be included are told so and left out. Also returns trie nodes, code and the header
    by their hash: what the store has to add.
    """
    overlay = Overlay(store)
    ancestors = ancestor_hashes(header, parent, store)
    state = open_l1_state(config, overlay, parent.state_root, header, ancestors)
    rules, base_fee = config.rules, header.base_fee or 0
    prepare_block(state, rules, rules, header)
    block = BlockEnvironment(state, rules, config.chain_id, base_fee, header.gas_limit, header.coinbase)
    params = config.blob_params
    env = L1Environment(
        block,
        blob_base_fee=blob_base_fee(header.excess_blob_gas or 0, params.update_fraction),
        max_blob_gas=params.max * GAS_PER_BLOB,
    )
    senders = []
    while block.gas_left >= LEAST_GAS and (raw := next(candidates, None)) is not None:
        try:
            _, account = execute_l1_transaction(env, raw)
        except InvalidTransaction as exc:
            candidates.rejected(exc)
        else:
            senders.append(account)
    state.persist()
    sealed = replace(
        header,
        state_root=Hash32(state.state_root),
        transactions_root=ordered_trie_root(block.transactions),
        receipts_root=receipts_root(block.receipts),
        logs_bloom=block_bloom(block.receipts),
        gas_used=block.gas_used,
        blob_gas_used=env.blob_gas_used,
    )
    transactions, receipts = tuple(block.transactions), tuple(block.receipts)
    sealed_block = l1_block(config, sealed, transactions, receipts, tuple(senders))
    overlay.writes[sealed_block.hash] = sealed.encode()
    return sealed_block, overlay.writes
