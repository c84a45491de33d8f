"""A sequencer by itself: what it emits is collected, and its surroundings are told what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyoprollup.engine import PayloadInfo, Reset
from pyoprollup.engine.events import (
    BuildSealedEvent,
    BuildStartedEvent,
    EngineResetConfirmedEvent,
    ForkchoiceUpdateEvent,
    PayloadSuccessEvent,
)
from pyoprollup.engine.ports import PayloadID
from pyoprollup.errors import DecodeError, NotFound, RollupError
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Hash32
from pyoprollup.events import Event, ResetEvent
from pyoprollup.rollup import RollupConfig
from pyoprollup.sequencing import L1OriginSelector, Sequencer
from pyoprollup.sources import DataRequest, Datum, NeedData
from tests.unit.derive.support import config as make_config
from tests.unit.derive.support import l1_chain, name_hash

L1 = l1_chain(60, first=0)
"""L1 blocks, twelve seconds apart, from time 1000 on."""
JOB = PayloadInfo(PayloadID(b"\x03" + bytes(7)), 1002)


def block(number: int, origin: L1BlockRef = L1[0], sequence_number: int = 0, name: str = "L2") -> L2BlockRef:
    """An L2 block; the chain has one every two seconds."""
    return L2BlockRef(
        name_hash(f"{name} {number}"),
        number,
        name_hash(f"{name} {number - 1}"),
        1000 + 2 * number,
        origin.id,
        sequence_number,
    )


def envelope_of(ref: L2BlockRef) -> ExecutionPayloadEnvelope:
    payload = ExecutionPayload(
        parent_hash=ref.parent_hash,
        fee_recipient=ZERO_ADDRESS,
        state_root=ZERO_HASH,
        receipts_root=ZERO_HASH,
        logs_bloom=bytes(256),
        prev_randao=ZERO_HASH,
        block_number=ref.number,
        gas_limit=0,
        gas_used=0,
        timestamp=ref.time,
        extra_data=b"",
        base_fee_per_gas=0,
        block_hash=ref.hash,
        transactions=(),
    )
    return ExecutionPayloadEnvelope(payload)


class Blocks:
    """L1, as far as it is there; reads can be made to fail."""

    def __init__(self, count: int = 1) -> None:
        self.refs = L1[:count]
        self.error: RollupError | None = None
        self.reads = 0

    def _read(self) -> None:
        self.reads += 1
        if self.error is not None:
            raise self.error

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        self._read()
        if number >= len(self.refs):
            raise NotFound(f"no L1 block {number}")
        return self.refs[number]

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        self._read()
        return next(ref for ref in self.refs if ref.hash == block_hash)


class Bench:
    """Also is the conductor, gossip, listener and attributes builder; ``log`` has what they were asked."""

    enabled = True

    def __init__(self, forks: str = "granite", l1: int = 1, max_safe_lag: int = 0, **changes: Any) -> None:
        self.time = 1000.0
        self.log: list[str] = []
        self.emitted: list[Event] = []
        self.errors: dict[str, RollupError] = {}
        self.published: ExecutionPayloadEnvelope | None = None
        self.publishes = True
        self.lacking: set[Hash32] = set()
        """L1 blocks whose receipts are not at hand."""
        self.unreadable = False
        self.is_leader = True
        self.config: RollupConfig = make_config(forks, **changes)
        self.l1 = Blocks(l1)
        self.origins = L1OriginSelector(self.config, self.l1)
        self.reset = Reset(lambda: self.time)
        self.sequencer = Sequencer(
            self.config,
            self,
            self.origins,
            self,
            self,
            now=lambda: self.time,
            reset=self.reset,
            read_ref=self._read_ref,
            listener=self,
            max_safe_lag=max_safe_lag,
        )
        self.sequencer.attach_emitter(self.emitted.append)

    def _called(self, name: str) -> None:
        self.log.append(name)
        if name in self.errors:
            raise self.errors[name]

    def _read_ref(self, payload: ExecutionPayload) -> L2BlockRef:
        if self.unreadable:
            raise DecodeError("no L1 attributes")
        return block(payload.block_number)

    # --- what the sequencer calls

    def prepare_payload_attributes(self, parent: L2BlockRef, epoch: BlockID) -> PayloadAttributes:
        self._called("attributes")
        if epoch.hash in self.lacking:
            raise NeedData(DataRequest(Datum.RECEIPTS, epoch.hash))
        return PayloadAttributes(
            timestamp=parent.time + 2,
            prev_randao=epoch.hash,
            suggested_fee_recipient=ZERO_ADDRESS,
            withdrawals=(),
            parent_beacon_block_root=ZERO_HASH,
            transactions=(b"\x7e",),
            no_tx_pool=True,
            gas_limit=1,
        )

    def leader(self) -> bool:
        self._called("leader")
        return self.is_leader

    def commit_unsafe_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        self._called("commit")

    def override_leader(self) -> None:
        self._called("override")

    def close(self) -> None:
        self._called("close")

    def gossip(self, envelope: ExecutionPayloadEnvelope) -> None:
        self._called("gossip")
        self.published = envelope if self.publishes else None

    def get(self) -> ExecutionPayloadEnvelope | None:
        return self.published

    def clear(self) -> None:
        self.published = None

    def start(self) -> None:
        self._called("gossip started")

    def stop(self) -> None:
        self._called("gossip stopped")

    def sequencer_started(self) -> None:
        self._called("started")

    def sequencer_stopped(self) -> None:
        self._called("stopped")

    # --- what a test does

    def tell(self, event: Event) -> list[Event]:
        """Deliver an event; what the sequencer emitted upon it. The engine controller hears it first."""
        if isinstance(event, ResetEvent):
            self.reset.want(event.error)
        self.emitted.clear()
        self.sequencer.on_event(event)
        return list(self.emitted)

    def forkchoice(self, head: L2BlockRef, safe: L2BlockRef | None = None) -> list[Event]:
        return self.tell(ForkchoiceUpdateEvent(head, safe or block(0), block(0)))

    def running(self, head: L2BlockRef | None = None) -> Bench:
        """Started, and with a head."""
        self.sequencer.init(True)
        self.forkchoice(head or block(0))
        self.log.clear()
        return self

    def started(self, parent: L2BlockRef) -> list[Event]:
        info = replace(JOB, timestamp=parent.time + 2)
        return self.tell(BuildStartedEvent(info, self.time, parent, False, None))

    def sealed(self, ref: L2BlockRef) -> list[Event]:
        info = replace(JOB, timestamp=ref.time)
        return self.tell(BuildSealedEvent(info, self.time, False, None, envelope_of(ref), ref))

    def success(self, ref: L2BlockRef) -> list[Event]:
        return self.tell(PayloadSuccessEvent(envelope_of(ref), ref))

    def reset_confirmed(self, head: L2BlockRef) -> list[Event]:
        self.reset.engine_done()
        return self.tell(EngineResetConfirmedEvent(head, head, head, head, head))
