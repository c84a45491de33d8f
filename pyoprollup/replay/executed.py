"""Derives a recorded range of L1 and executes it: a verifier on recorded data, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from pyoprollup.derive.attributes_queue import AttributesWithParent
from pyoprollup.derive.drops import Dropped, ignore_drops
from pyoprollup.driver.events import DerivedAttributesEvent
from pyoprollup.engine.events import SafeDerivedEvent
from pyoprollup.errors import RollupError
from pyoprollup.eth.output_root import output_root
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.events import (
    NEVER,
    EngineTemporaryErrorEvent,
    Event,
    EventRecorder,
    L1TemporaryErrorEvent,
    ResetEvent,
)
from pyoprollup.events.recorder import Recorded
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.output import output_at_block
from pyoprollup.node import NodeCore
from pyoprollup.replay.recording import Recording
from pyoprollup.replay.replay import VisitedL1
from pyoprollup.rollup.upgrades import UpgradeBundles

__all__ = ["ExecutedReplay", "ReplayStopped", "SafeBlock"]

_MAX_WAITS = 50
"""Steps that may be put off in a row: more than a driver needs to come round from anything."""


class ReplayStopped(RollupError):
    """The driver gave up, or waits for something that the recording will never have."""


@dataclass(frozen=True, slots=True)
class SafeBlock:
    """An executed L2 block that has become safe, and the L1 block that made it so."""

    ref: L2BlockRef
    source: L1BlockRef
    payload: ExecutionPayload
    output_root: Hash32
    attributes: AttributesWithParent | None = None
    """What it was made of; ``None`` if it was in the engine already."""


class ExecutedReplay:
    """Drives ``engine`` along a recording, its reorg included. Iterate once for the safe blocks.

    The engine's store begins with the L2 block that the recording starts after; blocks that are safe in it
    already are not yielded. A number may come again with another hash, if L1 reorgs. Raises
    :class:`ReplayStopped`.
    """

    def __init__(
        self,
        recording: Recording,
        engine: InProcessEngine,
        bundles: UpgradeBundles | None = None,
        on_drop: Callable[[Dropped], None] | None = None,
        on_reset: Callable[[ResetEvent], None] | None = None,
    ) -> None:
        config = recording.config
        self._recording = recording
        self._engine = engine
        self._l1 = VisitedL1(recording)
        self._time = 0.0
        self._recorder = _Watch(on_reset)
        self._node = NodeCore(
            config,
            engine,
            self._l1,
            self._l1,
            now=lambda: self._time,
            bundles=bundles,
            drops=on_drop or ignore_drops,
            recorder=self._recorder,
        )
        self._l2 = self._node.l2
        self.driver = self._node.driver
        self._seen = dict(self._safe_chain())

    @property
    def l1_blocks(self) -> int:
        """Number of L1 blocks derived from so far, both sides of a reorg counted."""
        return len(self._l1.visited)

    def __iter__(self) -> Iterator[SafeBlock]:
        yield from self._derive()
        if self._recording.reorg:
            self._l1.reorg(self._recording.reorg)
            self.driver.on_l1_head(self._recording.reorg[-1].info.ref)
            yield from self._derive()

    def _derive(self) -> Iterator[SafeBlock]:
        waits = 0
        while True:
            seen: list[SafeDerivedEvent] = []
            self.driver.step_until(self._time, partial(_is_safe, seen))
            if self.driver.critical is not None:
                raise ReplayStopped(str(self.driver.critical.error))
            if seen:
                waits = 0
                yield from self._up_to(seen[0])
            elif self.driver.next_due == NEVER:
                return
            elif self.driver.next_due > self._time:
                waits += 1
                if waits > _MAX_WAITS:
                    raise ReplayStopped(f"no progress: {self._last_error()}")
                self._time = self.driver.next_due

    def _safe_chain(self) -> Iterator[tuple[int, Hash32]]:
        """The blocks that are safe from the beginning: just the first, unless the store has more."""
        start, store = self._recording.start, self._engine.store
        yield start.number, start.hash
        safe = store.header(store.heads.safe)
        for number in range(start.number + 1, 0 if safe is None else safe.number + 1):
            block_hash = store.canonical_hash(number)
            if block_hash is not None:
                yield number, block_hash

    def _up_to(self, event: SafeDerivedEvent) -> Iterator[SafeBlock]:
        """The blocks that are safe now and were not before: several if they came in one span batch."""
        path: list[L2BlockRef] = []
        ref = event.safe
        while self._seen.get(ref.number) != ref.hash:
            path.append(ref)
            ref = self._l2.l2_block_ref_by_hash(ref.parent_hash)
        for ref in reversed(path):
            self._seen[ref.number] = ref.hash
            payload = self._engine.payload_by_hash(ref.hash).payload
            output = output_at_block(self._recording.config, self._engine.store, ref.hash)
            attributes = self._recorder.attributes_of(ref)
            yield SafeBlock(ref, event.source, payload, output_root(output), attributes)

    def _last_error(self) -> str:
        errors = (EngineTemporaryErrorEvent, L1TemporaryErrorEvent, ResetEvent)
        found = (item.event for item in reversed(self._recorder.records) if isinstance(item.event, errors))
        event = next(found, None)
        return "nothing is said" if event is None else str(event.error)


class _Watch(EventRecorder):
    """Keeps the last events, and the attributes of blocks that are not safe yet."""

    def __init__(self, on_reset: Callable[[ResetEvent], None] | None) -> None:
        super().__init__(limit=100)
        self._on_reset = on_reset
        self._attributes: dict[Hash32, AttributesWithParent] = {}

    def record(self, recorded: Recorded) -> None:
        super().record(recorded)
        event = recorded.event
        if isinstance(event, DerivedAttributesEvent):
            self._attributes[event.attributes.parent.hash] = event.attributes
        elif isinstance(event, ResetEvent) and self._on_reset is not None:
            self._on_reset(event)

    def attributes_of(self, ref: L2BlockRef) -> AttributesWithParent | None:
        """The attributes of a block that has become safe; once."""
        found = self._attributes.pop(ref.parent_hash, None)
        for key, other in list(self._attributes.items()):
            if other.parent.number < ref.number - 1:  # of a block that never came
                del self._attributes[key]
        return found


def _is_safe(seen: list[SafeDerivedEvent], event: Event) -> bool:
    if isinstance(event, SafeDerivedEvent):
        seen.append(event)
        return True
    return False
