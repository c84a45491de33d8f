"""A controller over the fake engine, with its components and all events on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pyoprollup.engine import (
    BuildDeriver,
    EngineController,
    PayloadDeriver,
    SyncMode,
    UnsafePayloads,
)
from pyoprollup.engine.events import AttributesToBuild, BuildStartEvent, SequencedAttributes
from pyoprollup.errors import DecodeError
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH
from pyoprollup.events import Event, EventRecorder, EventSystem, Happening
from pyoprollup.rollup.genesis import Genesis
from tests.fake_engine import FakeEngine
from tests.unit.derive.support import config as make_config
from tests.unit.derive.support import l1_chain, name_hash

L1 = l1_chain(40, first=0)
GENESIS_TIME = 1000
BAD = b"\x02bad"
"""A transaction that the fake engine is told to find invalid."""


def make_genesis() -> Genesis:
    return replace(Genesis(), l1=L1[0].id, l2=BlockID(name_hash("L2 genesis"), 0), l2_time=GENESIS_TIME)


def deposit(origin: L1BlockRef, sequence_number: int = 0) -> bytes:
    """A first transaction that tells the L1 origin, as briefly as tests like it."""
    return b"\x7e" + origin.hash + origin.number.to_bytes(8, "big") + bytes([sequence_number])


def read_ref(payload: ExecutionPayload) -> L2BlockRef:
    """The reverse of :func:`deposit`."""
    if payload.block_number == 0:
        return L2BlockRef(payload.block_hash, 0, payload.parent_hash, payload.timestamp, L1[0].id, 0)
    first = payload.transactions[0]
    if len(first) != 42:
        raise DecodeError("no L1 origin in the first transaction")
    origin = BlockID(first[1:33], int.from_bytes(first[33:41], "big"))
    return L2BlockRef(
        payload.block_hash, payload.block_number, payload.parent_hash, payload.timestamp, origin, first[41]
    )


class Bench:
    """Everything of the engine's side, at genesis. ``forks`` as the configuration's."""

    def __init__(
        self,
        forks: str = "granite",
        sync_mode: SyncMode = SyncMode.CL,
        now: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.config = make_config(forks, genesis=make_genesis())
        self.engine = FakeEngine(self.config)
        self.engine.invalid = lambda txs: BAD in txs
        self.told: list[Happening] = []
        self.controller = EngineController(
            self.config, self.engine, read_ref, sync_mode=sync_mode, now=now, tell=self.told.append
        )
        self.unsafe = UnsafePayloads(self.controller)
        self.recorder = EventRecorder()
        self.events = EventSystem(self.recorder)
        self.events.register("engine", self.controller)
        self.events.register("build", BuildDeriver(self.controller))
        self.events.register("payload", PayloadDeriver(self.controller))
        self.events.register("unsafe", self.unsafe)
        self.genesis = read_ref(self.engine.blocks[self.config.genesis.l2.hash].payload)
        self._emit = self.events.emitter("test")
        if sync_mode is SyncMode.CL:
            self.controller.force_reset(self.genesis, self.genesis, self.genesis)
            self.drain()
            self.forget()

    def emit(self, event: Event) -> None:
        """Emit and deliver, all that follows included."""
        self._emit(event)
        self.drain()

    def drain(self) -> None:
        self.events.drain()

    def forget(self) -> None:
        """Only what comes from here on is looked at."""
        self.recorder.clear()
        self.engine.calls.clear()

    def names(self) -> list[str]:
        return self.recorder.names()

    def attributes(
        self,
        parent: L2BlockRef,
        *transactions: bytes,
        source: L1BlockRef | None = None,
        concluding: bool = True,
    ) -> AttributesToBuild:
        """Attributes of the block after ``parent``; derived if there is a ``source``."""
        attributes = PayloadAttributes(
            timestamp=parent.time + 2,
            prev_randao=ZERO_HASH,
            suggested_fee_recipient=ZERO_ADDRESS,
            withdrawals=(),
            parent_beacon_block_root=ZERO_HASH,
            transactions=(deposit(L1[0], parent.sequence_number + 1), *transactions),
            no_tx_pool=True,
            gas_limit=30_000_000,
            eip1559_params=bytes(8) if self.config.rules_at_l2(parent.time + 2).eip1559_params else None,
        )
        return SequencedAttributes(attributes, parent, concluding and source is not None, source)

    def envelope(self, parent: L2BlockRef, *transactions: bytes) -> ExecutionPayloadEnvelope:
        """A block that the engine does not know, on one that it does."""
        return self.engine.build(parent.hash, self.attributes(parent, *transactions).attributes)

    def derive(self, parent: L2BlockRef, *transactions: bytes, concluding: bool = True) -> L2BlockRef:
        """Have a derived block built; the tip after it."""
        work = self.attributes(parent, *transactions, source=L1[1], concluding=concluding)
        self.emit(BuildStartEvent(work))
        return self.controller.heads.unsafe

    def gossip(self, parent: L2BlockRef, *transactions: bytes) -> L2BlockRef:
        """Have a gossiped block inserted; its reference."""
        envelope = self.envelope(parent, *transactions)
        self.unsafe.add_unsafe_payload(envelope)
        self.drain()
        return read_ref(envelope.payload)
