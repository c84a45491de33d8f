"""Derives recorded ranges from end to end, and keeps a record of what happened on the way.

A file is one recording, or a golden file with a list of them as its ``cases``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pyoprollup.derive.drops import Dropped, DropReason
from pyoprollup.derive.errors import ResetError
from pyoprollup.derive.pipeline import DerivationPipeline
from pyoprollup.errors import ConfigError
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.replay.pseudo_chain import DerivedBlock, PseudoChain, derive_chain
from pyoprollup.replay.recording import RecordedL1, Recording, RecordingError, load_recording
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.sources.l1 import BlockInfo

__all__ = [
    "MADE_UP_HASHES",
    "Event",
    "RecordedCase",
    "Replay",
    "ReplayedBlock",
    "Reset",
    "VisitedL1",
    "hashes_differ",
    "recorded_cases",
    "select_cases",
]


MADE_UP_HASHES = "hashes are made up, and batches build on others (batch_parent_mismatch): use --execute"
"""Why a recording of a real chain stops short if its blocks are not executed."""


def hashes_differ(drops: Iterable[Dropped]) -> bool:
    """Whether a batch was dropped for its parent's hash, as those of a real chain are on made-up blocks."""
    return any(drop.reason is DropReason.BATCH_PARENT_MISMATCH for drop in drops)


@dataclass(frozen=True, slots=True)
class RecordedCase:
    """One recording of a file, not yet read. ``name`` is ``None`` where the file gives none.

    ``load`` reads it from its JSON value, by default in the form of :mod:`pyoprollup.replay.recording`.
    """

    index: int
    name: str | None
    value: Any
    load: Callable[[Any], Recording] = load_recording

    def recording(self) -> Recording:
        """Read the recording. Raises :class:`~pyoprollup.replay.recording.RecordingError`."""
        return self.load(self.value)

    def replay(self, bundles: UpgradeBundles | None = None) -> Replay:
        """Read the recording, to be derived. Raises :class:`~pyoprollup.replay.recording.RecordingError`."""
        return Replay(self.recording(), bundles=bundles)


def recorded_cases(value: Any, load: Callable[[Any], Recording] = load_recording) -> list[RecordedCase]:
    """The recordings of a file's JSON value, which ``load`` reads.

    Raises :class:`~pyoprollup.replay.recording.RecordingError` when there is none.
    """
    if not isinstance(value, dict):
        raise RecordingError(f"recording: expected an object, got {type(value).__name__}")
    if "cases" not in value:
        return [_case(0, value, load)]
    cases = value["cases"]
    if not isinstance(cases, list) or not cases:
        raise RecordingError("cases: expected a list of recordings")
    return [_case(index, item, load) for index, item in enumerate(cases)]


def _case(index: int, value: Any, load: Callable[[Any], Recording]) -> RecordedCase:
    name = value.get("name") if isinstance(value, dict) else None
    return RecordedCase(index, name if isinstance(name, str) else None, value, load)


def select_cases(cases: Sequence[RecordedCase], wanted: str | None) -> list[RecordedCase]:
    """The case with this name, or else with this index; all of them for ``None``.

    Raises :class:`~pyoprollup.replay.recording.RecordingError` when there is no such case.
    """
    if wanted is None:
        return list(cases)
    named = [case for case in cases if case.name == wanted]
    if named:
        return named
    if wanted.isascii() and wanted.isdigit() and int(wanted[:9]) < len(cases):
        return [cases[int(wanted[:9])]]
    names = ", ".join(case.name or str(case.index) for case in cases[:20])
    raise RecordingError(f"case: no {wanted!r} among the {len(cases)} recordings of the file ({names})")


@dataclass(frozen=True, slots=True)
class Reset:
    """The pipeline was reset: why, and the safe head after it."""

    reason: str
    head: L2BlockRef


Event = Dropped | Reset
"""Something that happened between two blocks."""


@dataclass(frozen=True, slots=True)
class ReplayedBlock:
    """A derived block, and the events since the block before it."""

    derived: DerivedBlock
    events: tuple[Event, ...]


class VisitedL1(RecordedL1):
    """Knows which blocks derivation has moved on to."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording.blocks, recording.blobs)
        self.visited = {recording.start.l1_origin.hash}

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        self.visited.add(block_hash)
        return super().fetch_receipts(block_hash)


class Replay:
    """Derives a recording onto ``chain``, its reorg included. Iterate once.

    ``chain`` starts where the recording does and has the same ``bundles``; by default it is made here.
    """

    is_executed = False
    """Hashes of L2 blocks are made up."""

    def __init__(
        self,
        recording: Recording,
        chain: PseudoChain | None = None,
        bundles: UpgradeBundles | None = None,
    ) -> None:
        if recording.config.block_time == 0:
            raise ConfigError("block_time: must not be 0")
        self.recording = recording
        self.drops: list[Dropped] = []
        self.resets: list[Reset] = []
        self.pending: list[Event] = []
        """Events since the last block."""
        self._l1 = VisitedL1(recording)
        rules = recording.rules
        self._chain = chain or PseudoChain(
            recording.config,
            recording.start,
            bundles,
            zero_roots=rules.zero_roots,
            rewind_by_origin=rules.rewind_by_origin,
        )
        self._pipeline = DerivationPipeline(
            recording.config, self._l1, self._l1, self._chain, bundles=bundles, drops=self._on_drop
        )

    @property
    def origin(self) -> L1BlockRef | None:
        """The L1 block that is being derived from."""
        return self._pipeline.origin

    @property
    def l1_blocks(self) -> int:
        """Number of L1 blocks derived from so far, both sides of a reorg counted."""
        return len(self._l1.visited)

    def __iter__(self) -> Iterator[ReplayedBlock]:
        yield from self._derive()
        if self.recording.reorg:
            self._l1.reorg(self.recording.reorg)
            yield from self._derive()

    def _derive(self) -> Iterator[ReplayedBlock]:
        for derived in derive_chain(self._pipeline, self._chain, self._l1, self._on_reset):
            events, self.pending = tuple(self.pending), []
            yield ReplayedBlock(derived, events)

    def _on_drop(self, drop: Dropped) -> None:
        self.drops.append(drop)
        self.pending.append(drop)

    def _on_reset(self, error: ResetError, head: L2BlockRef) -> None:
        reset = Reset(str(error), head)
        self.resets.append(reset)
        self.pending.append(reset)
