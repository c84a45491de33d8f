"""An execution engine in memory that executes nothing, with faults on demand.

Blocks get their hashes by the rule of the pseudo chain. What a block says about itself is checked as
little as possible; the forkchoice is checked as an engine does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import Enum, auto

from pyoprollup.engine import (
    BlockNotFound,
    EngineUnavailable,
    ExecutePayloadStatus,
    ForkchoiceState,
    ForkchoiceUpdatedResult,
    InvalidForkchoiceState,
    InvalidPayloadAttributes,
    PayloadID,
    PayloadInfo,
    PayloadStatus,
    UnknownPayload,
)
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockLabel, L2BlockRef
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Hash32
from pyoprollup.replay import PseudoChain
from pyoprollup.rollup.config import RollupConfig


class Fault(Enum):
    """What goes wrong with one call."""

    UNAVAILABLE = auto()
    """No answer, and nothing done."""
    TIMEOUT = auto()
    """Done, but the answer is lost."""
    SYNCING = auto()
    """Answers SYNCING, and does nothing."""
    EXPIRED = auto()
    """The build jobs are forgotten."""


def genesis_envelope(config: RollupConfig, state_root: Hash32 = ZERO_HASH) -> ExecutionPayloadEnvelope:
    """A first block with the hash that the configuration wants."""
    genesis = config.genesis
    payload = ExecutionPayload(
        parent_hash=ZERO_HASH,
        fee_recipient=ZERO_ADDRESS,
        state_root=state_root,
        receipts_root=ZERO_HASH,
        logs_bloom=bytes(256),
        prev_randao=ZERO_HASH,
        block_number=genesis.l2.number,
        gas_limit=genesis.system_config.gas_limit,
        gas_used=0,
        timestamp=genesis.l2_time,
        extra_data=b"",
        base_fee_per_gas=0,
        block_hash=genesis.l2.hash,
        transactions=(),
    )
    return ExecutionPayloadEnvelope(payload)


class FakeEngine:
    """Implements ``EngineAPI``. ``faults`` are used up one a call, ``None`` for a call that works."""

    def __init__(self, config: RollupConfig, faults: Iterable[Fault | None] = ()) -> None:
        self.config = config
        self.faults = deque(faults)
        genesis = genesis_envelope(config)
        self.blocks: dict[Hash32, ExecutionPayloadEnvelope] = {config.genesis.l2.hash: genesis}
        self.head = self.safe = self.finalized = config.genesis.l2.hash
        self.invalid: Callable[[tuple[bytes, ...]], bool] = lambda _txs: False
        """Which transactions make a block invalid: found out when a block is built."""
        self.invalid_late: Callable[[ExecutionPayload], bool] = lambda _payload: False
        """Which payloads turn out to be invalid: found out when they are inserted."""
        self.pool: tuple[bytes, ...] = ()
        """Transactions for blocks that may have others than the attributes'."""
        self.calls: list[str] = []
        self._jobs: dict[bytes, ExecutionPayloadEnvelope] = {}
        self._next_id = 0

    # --- faults

    def _begin(self, call: str) -> Fault | None:
        self.calls.append(call)
        fault = self.faults.popleft() if self.faults else None
        if fault is Fault.UNAVAILABLE:
            raise EngineUnavailable(f"{call}: no answer")
        if fault is Fault.EXPIRED:
            self._jobs.clear()
        return fault

    @staticmethod
    def _end(fault: Fault | None) -> None:
        if fault is Fault.TIMEOUT:
            raise EngineUnavailable("the answer is lost")

    # --- the three calls

    def forkchoice_updated(
        self, state: ForkchoiceState, attributes: PayloadAttributes | None
    ) -> ForkchoiceUpdatedResult:
        fault = self._begin("forkchoice_updated" if attributes is None else "forkchoice_updated+attributes")
        if fault is Fault.SYNCING or state.head not in self.blocks:
            return ForkchoiceUpdatedResult(PayloadStatus(ExecutePayloadStatus.SYNCING))
        for label in (state.safe, state.finalized):
            if label != ZERO_HASH and not self.is_ancestor(label, state.head):
                raise InvalidForkchoiceState(f"0x{label.hex()} is not an ancestor of 0x{state.head.hex()}")
        self.head = state.head
        if state.safe != ZERO_HASH:
            self.safe = state.safe
        if state.finalized != ZERO_HASH:
            self.finalized = state.finalized
        payload_id = None
        if attributes is not None:
            if self.invalid(attributes.transactions):
                raise InvalidPayloadAttributes("a transaction is invalid")
            payload_id = self._start(state.head, attributes)
        self._end(fault)
        return ForkchoiceUpdatedResult(PayloadStatus(ExecutePayloadStatus.VALID, state.head), payload_id)

    def _start(self, parent: Hash32, attributes: PayloadAttributes) -> PayloadID:
        self._next_id += 1
        payload_id = PayloadID(self._next_id.to_bytes(8, "big"))
        if not attributes.no_tx_pool:
            attributes = replace(attributes, transactions=attributes.transactions + self.pool)
        self._jobs[payload_id] = self.build(parent, attributes)
        return payload_id

    def build(self, parent: Hash32, attributes: PayloadAttributes) -> ExecutionPayloadEnvelope:
        """The block of these attributes; not inserted."""
        block = self.blocks[parent].payload
        ref = L2BlockRef(
            parent, block.block_number, block.parent_hash, block.timestamp, self.config.genesis.l1, 0
        )
        payload = PseudoChain(self.config, ref)._payload(attributes, ref)
        return ExecutionPayloadEnvelope(payload, attributes.parent_beacon_block_root)

    def get_payload(self, info: PayloadInfo) -> ExecutionPayloadEnvelope:
        fault = self._begin("get_payload")
        if info.id not in self._jobs:
            raise UnknownPayload(f"no job 0x{info.id.hex()}")
        envelope = self._jobs.pop(info.id)
        self._end(fault)
        return envelope

    def new_payload(self, envelope: ExecutionPayloadEnvelope) -> PayloadStatus:
        fault = self._begin("new_payload")
        payload = envelope.payload
        if fault is Fault.SYNCING or payload.parent_hash not in self.blocks:
            return PayloadStatus(ExecutePayloadStatus.SYNCING)
        if self.invalid(payload.transactions) or self.invalid_late(payload):
            return PayloadStatus(ExecutePayloadStatus.INVALID, payload.parent_hash, "made to be invalid")
        self.blocks[payload.block_hash] = envelope
        self._end(fault)
        return PayloadStatus(ExecutePayloadStatus.VALID, payload.block_hash)

    # --- reads

    def payload_by_label(self, label: BlockLabel) -> ExecutionPayloadEnvelope:
        self._end(self._begin("payload_by_label"))
        hashes = {
            BlockLabel.UNSAFE: self.head,
            BlockLabel.SAFE: self.safe,
            BlockLabel.FINALIZED: self.finalized,
        }
        return self.blocks[hashes[label]]

    def payload_by_number(self, number: int) -> ExecutionPayloadEnvelope:
        self._end(self._begin("payload_by_number"))
        for envelope in self._ancestors(self.head):
            if envelope.payload.block_number == number:
                return envelope
        raise BlockNotFound(f"no block {number}")

    def payload_by_hash(self, block_hash: Hash32) -> ExecutionPayloadEnvelope:
        self._end(self._begin("payload_by_hash"))
        try:
            return self.blocks[block_hash]
        except KeyError:
            raise BlockNotFound(f"no block 0x{block_hash.hex()}") from None

    def _ancestors(self, block_hash: Hash32) -> Iterable[ExecutionPayloadEnvelope]:
        while block_hash in self.blocks:
            envelope = self.blocks[block_hash]
            yield envelope
            block_hash = envelope.payload.parent_hash

    def is_ancestor(self, ancestor: Hash32, block_hash: Hash32) -> bool:
        """Whether one block is below another, or the same."""
        if ancestor not in self.blocks:
            return False
        number = self.blocks[ancestor].payload.block_number
        for envelope in self._ancestors(block_hash):
            if envelope.payload.block_number <= number:
                return envelope.payload.block_hash == ancestor
        return False
