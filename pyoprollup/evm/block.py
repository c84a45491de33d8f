"""Building a block from payload attributes, and checking one that somebody else built.

Specification: protocol/exec-engine.md; the pages of the forks for the header fields. Both are the same
execution: a payload is valid exactly if executing what it consists of gives its block hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import EMPTY_UNCLE_HASH, Header
from pyoprollup.eth.payload import EMPTY_REQUESTS_HASH, ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import payload_of_header
from pyoprollup.eth.receipts import EMPTY_BLOOM, Receipt
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT, ordered_trie_root
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.evm.ancestors import ancestor_hashes
from pyoprollup.evm.base_fee import base_fee_at
from pyoprollup.evm.environment import BlockEnvironment
from pyoprollup.evm.errors import (
    BlockFault,
    ExecutionInterrupted,
    InvalidBlock,
    InvalidTransaction,
    TxFault,
)
from pyoprollup.evm.executor import execute_transaction
from pyoprollup.evm.extra_data import (
    decode_extra_data,
    encode_extra_data,
    required_chain_op_config,
)
from pyoprollup.evm.gas import LEAST_GAS
from pyoprollup.evm.predeploys import MESSAGE_PASSER
from pyoprollup.evm.receipts import block_bloom, receipts_root
from pyoprollup.evm.state import Checkpoint, OpenState
from pyoprollup.evm.store import KeyValue, Overlay
from pyoprollup.evm.system_calls import prepare_block
from pyoprollup.evm.vm import open_state
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.rules import Rules
from pyoprollup.rollup.time import L2Time

__all__ = ["BlockBuilder", "ExecutedBlock", "Execution", "build_block", "execute_payload"]


_MAX_GAS_LIMIT = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class ExecutedBlock:
    """A block and what came of executing it."""

    header: Header
    hash: Hash32
    transactions: tuple[bytes, ...]
    receipts: tuple[Receipt, ...]
    writes: dict[bytes, bytes]
    """New trie nodes and code by their hash: what a store has to add for the block's children."""
    envelope: ExecutionPayloadEnvelope
    rejected: tuple[tuple[bytes, InvalidTransaction], ...] = ()
    """Candidates of a transaction pool that were not included, and why."""


Rejected = tuple[tuple[bytes, InvalidTransaction], ...]


class BlockBuilder:
    """A block whose forced transactions are executed, and that takes others, one after another."""

    def __init__(self, env: BlockEnvironment, header: Header, overlay: Overlay) -> None:
        self._env, self._header, self._overlay = env, header, overlay

    @property
    def has_room(self) -> bool:
        """Whether there is gas for any transaction at all."""
        return self._env.gas_left >= LEAST_GAS

    def add(self, raw: bytes, checkpoint: Checkpoint | None = None) -> None:
        """Execute a transaction of a pool; ``checkpoint`` takes the place of the block's meanwhile.

        Raises :class:`InvalidTransaction` or :class:`ExecutionInterrupted`; the block is as before then.
        """
        if raw[:1] == b"\x7e":
            raise InvalidTransaction(TxFault.TYPE_NOT_SUPPORTED, "a pool has no deposits")
        state = self._env.state
        usual = state.checkpoint
        if checkpoint is not None:
            state.checkpoint = checkpoint
        try:
            execute_transaction(self._env, raw)
        except ExecutionInterrupted:
            state.undo_transaction()
            raise
        finally:
            state.checkpoint = usual

    def seal(self, rejected: Rejected = ()) -> ExecutedBlock:
        """The block as it is now; more can still be added, for another one."""
        env = self._env
        env.state.persist()
        root = env.state.storage_root(MESSAGE_PASSER) if env.rules.withdrawals_root_in_header else None
        return _seal(env, self._header, root, dict(self._overlay.writes), rejected)


@dataclass(frozen=True, slots=True)
class Execution:
    """How blocks of a chain are executed: under its configuration, on states that ``open_state`` makes."""

    config: RollupConfig
    open_state: OpenState = open_state
    checkpoint: Checkpoint | None = None
    """Called while a block is executed."""

    def build(
        self,
        parent: Header,
        attributes: PayloadAttributes,
        store: KeyValue,
        candidates: Iterable[bytes] = (),
        on_rejected: Callable[[InvalidTransaction], None] | None = None,
    ) -> ExecutedBlock:
        """The child of ``parent`` that ``attributes`` describe.

        ``candidates`` are transactions of a pool, taken in their order while they are valid and fit;
        ``no_tx_pool`` shuts them out. ``on_rejected`` is told of each that is not taken, before the next.
        Raises what :meth:`begin` does.
        """
        builder = self.begin(parent, attributes, store)
        rejected = []
        waiting = iter(() if attributes.no_tx_pool else candidates)
        while builder.has_room and (raw := next(waiting, None)) is not None:
            try:
                builder.add(raw)
            except InvalidTransaction as exc:
                rejected.append((raw, exc))
                if on_rejected is not None:
                    on_rejected(exc)
        return builder.seal(tuple(rejected))

    def begin(self, parent: Header, attributes: PayloadAttributes, store: KeyValue) -> BlockBuilder:
        """The child of ``parent`` with the forced transactions of ``attributes``.

        Raises :class:`InvalidBlock` for attributes that no block can have (an invalid forced transaction
        included), :class:`MissingStateError`, and ``DecodeError`` for state that is malformed.
        """
        config = self.config
        rules = config.rules_at_l2(L2Time(attributes.timestamp))
        if attributes.gas_limit is None:
            raise InvalidBlock(BlockFault.GAS_LIMIT, "the attributes have none")
        if attributes.withdrawals:
            raise InvalidBlock(BlockFault.WITHDRAWALS, "L2 blocks have none")
        params = (attributes.eip1559_params, attributes.min_base_fee)
        header = Header(
            parent_hash=parent.hash(),
            uncle_hash=EMPTY_UNCLE_HASH,
            coinbase=attributes.suggested_fee_recipient,
            state_root=ZERO_HASH,
            transactions_root=EMPTY_TRIE_ROOT,
            receipts_root=EMPTY_TRIE_ROOT,
            logs_bloom=EMPTY_BLOOM,
            difficulty=0,
            number=parent.number + 1,
            gas_limit=attributes.gas_limit,
            gas_used=0,
            time=attributes.timestamp,
            extra_data=encode_extra_data(rules, required_chain_op_config(config), *params),
            mix_digest=attributes.prev_randao,
            nonce=bytes(8),
            parent_beacon_root=attributes.parent_beacon_block_root,
        )
        return self._execute(parent, header, attributes.transactions, store)

    def check(self, parent: Header, envelope: ExecutionPayloadEnvelope, store: KeyValue) -> ExecutedBlock:
        """Execute a block that is given as a payload, and check every field of it.

        Raises :class:`InvalidBlock`, naming the first field that differs, :class:`MissingStateError`, and
        ``DecodeError`` for state that is malformed.
        """
        payload = envelope.payload
        if (contents := envelope.compute_block_hash()) != payload.block_hash:
            raise InvalidBlock(
                BlockFault.BLOCK_HASH, f"want 0x{payload.block_hash.hex()}, got 0x{contents.hex()}"
            )
        if payload.parent_hash != parent.hash():
            raise InvalidBlock(BlockFault.PARENT_HASH, f"0x{payload.parent_hash.hex()} is another block")
        if payload.block_number != parent.number + 1:
            raise InvalidBlock(BlockFault.NUMBER, f"{payload.block_number} after {parent.number}")
        if payload.withdrawals:
            raise InvalidBlock(BlockFault.WITHDRAWALS, "L2 blocks have none")
        claimed = payload.header(envelope.parent_beacon_block_root)
        block = self._execute(parent, claimed, payload.transactions, store).seal()
        for field, fault in _COMPARED.items():
            expected, actual = getattr(claimed, field), getattr(block.header, field)
            if expected != actual:
                raise InvalidBlock(
                    fault, f"the payload has {_shown(expected)}, execution gives {_shown(actual)}"
                )
        if block.hash != payload.block_hash:
            raise InvalidBlock(BlockFault.BLOCK_HASH, f"execution gives 0x{block.hash.hex()}")
        return block

    def _execute(
        self,
        parent: Header,
        header: Header,
        transactions: Iterable[bytes],
        store: KeyValue,
    ) -> BlockBuilder:
        """Run a block whose ``header`` has all inputs of the execution; its other fields are ignored."""
        rules, parent_rules = (self.config.rules_at_l2(L2Time(time)) for time in (header.time, parent.time))
        _check_header(rules, parent, header)
        base_fee = base_fee_at(self.config, parent, header.time)
        header = replace(
            header, base_fee=base_fee, excess_blob_gas=0 if rules.parent_beacon_block_root else None
        )
        overlay = Overlay(store)
        ancestors = ancestor_hashes(header, parent, store)
        chain_id = self.config.l2_chain_id
        state = self.open_state(rules.evm, overlay, parent.state_root, header, chain_id, ancestors)
        if self.checkpoint is not None:
            state.checkpoint = self.checkpoint
        env = BlockEnvironment(state, rules, chain_id, base_fee, header.gas_limit, header.coinbase)
        prepare_block(state, rules, parent_rules, header)
        if rules.withdrawals_root_in_header:
            # Needed at the end; read where the reference reads it, also for a block that comes to no end.
            state.storage_root(MESSAGE_PASSER)
        _execute_forced(env, transactions)
        return BlockBuilder(env, header, overlay)


def build_block(
    config: RollupConfig,
    parent: Header,
    attributes: PayloadAttributes,
    store: KeyValue,
    candidates: Iterable[bytes] = (),
    on_rejected: Callable[[InvalidTransaction], None] | None = None,
) -> ExecutedBlock:
    """Build a block on the usual state; see :meth:`Execution.build`."""
    return Execution(config).build(parent, attributes, store, candidates, on_rejected)


def execute_payload(
    config: RollupConfig,
    parent: Header,
    envelope: ExecutionPayloadEnvelope,
    store: KeyValue,
    checkpoint: Checkpoint | None = None,
) -> ExecutedBlock:
    """Execute and check a block on the usual state; see :meth:`Execution.check`."""
    return Execution(config, checkpoint=checkpoint).check(parent, envelope, store)


_COMPARED = {
    "base_fee": BlockFault.BASE_FEE,
    "gas_used": BlockFault.GAS_USED,
    "logs_bloom": BlockFault.LOGS_BLOOM,
    "receipts_root": BlockFault.RECEIPTS_ROOT,
    "blob_gas_used": BlockFault.BLOB_GAS_USED,
    "excess_blob_gas": BlockFault.EXCESS_BLOB_GAS,
    "state_root": BlockFault.STATE_ROOT,
    "withdrawals_root": BlockFault.WITHDRAWALS_ROOT,
}


def _shown(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _check_header(rules: Rules, parent: Header, header: Header) -> None:
    """Fields that are inputs of the execution, not results."""
    if header.time <= parent.time:
        raise InvalidBlock(BlockFault.TIMESTAMP, f"{header.time} is not after {parent.time}")
    if header.gas_limit > _MAX_GAS_LIMIT:
        raise InvalidBlock(BlockFault.GAS_LIMIT, f"{header.gas_limit} does not fit 63 bits")
    if (header.parent_beacon_root is not None) != rules.parent_beacon_block_root:
        raise InvalidBlock(BlockFault.BEACON_ROOT, "must be present exactly from Ecotone on")
    decode_extra_data(rules, header.extra_data)


def _execute_forced(env: BlockEnvironment, transactions: Iterable[bytes]) -> None:
    for index, raw in enumerate(transactions):
        try:
            execute_transaction(env, raw)
        except InvalidTransaction as exc:
            fault = BlockFault.DA_FOOTPRINT if exc.fault is TxFault.BLOCK_DA_LIMIT else BlockFault.TRANSACTION
            raise InvalidBlock(fault, f"{index}: {exc}", tx_index=index, tx_fault=exc.fault) from exc


def _seal(
    env: BlockEnvironment,
    header: Header,
    message_passer_root: Hash32 | None,
    writes: dict[bytes, bytes],
    rejected: Rejected,
) -> ExecutedBlock:
    rules = env.rules
    withdrawals_root = message_passer_root
    if withdrawals_root is None and rules.withdrawals:
        withdrawals_root = EMPTY_TRIE_ROOT
    sealed = replace(
        header,
        state_root=Hash32(env.state.state_root),
        transactions_root=ordered_trie_root(env.transactions),
        receipts_root=receipts_root(env.receipts),
        logs_bloom=block_bloom(env.receipts),
        gas_used=env.gas_used,
        withdrawals_root=withdrawals_root,
        blob_gas_used=env.da_footprint if rules.parent_beacon_block_root else None,
        requests_hash=EMPTY_REQUESTS_HASH if rules.requests_hash else None,
    )
    block_hash = sealed.hash()
    transactions = tuple(env.transactions)
    payload = payload_of_header(sealed, transactions, block_hash)
    return ExecutedBlock(
        header=sealed,
        hash=block_hash,
        transactions=transactions,
        receipts=tuple(env.receipts),
        writes=writes,
        envelope=ExecutionPayloadEnvelope(payload, sealed.parent_beacon_root),
        rejected=rejected,
    )
