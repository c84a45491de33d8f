"""Explains a derived block: where on L1 it came from, and what was passed over on the way.

A block came from a batch, the batch from a channel, the channel from frames, and they from the
transactions or blobs of L1 blocks. Or it fills in, since the sequencing window of its L1 origin
ended without a batch for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from pyoprollup.derive.drops import Dropped
from pyoprollup.derive.provenance import BatchSource
from pyoprollup.errors import RollupError
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE
from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.types import to_hex
from pyoprollup.replay.provenance_json import (
    batch_source_json,
    block_id_json,
    channel_of,
    dropped_json,
)
from pyoprollup.replay.pseudo_chain import DerivedBlock
from pyoprollup.replay.recording import Recording
from pyoprollup.replay.replay import MADE_UP_HASHES, Event, ReplayedBlock, Reset, hashes_differ
from pyoprollup.rollup.config import RollupConfig

__all__ = ["ExpiredWindow", "Explanation", "NotDerivedError", "Replayed", "explain"]


class NotDerivedError(RollupError):
    """The recording does not lead to a block of this number."""


class Replayed(Protocol):
    """A recording on its way through derivation: a ``Replay``, or an ``ExplainedReplay`` that executes."""

    @property
    def recording(self) -> Recording: ...

    @property
    def drops(self) -> list[Dropped]: ...

    @property
    def is_executed(self) -> bool: ...

    def __iter__(self) -> Iterator[ReplayedBlock]: ...


@dataclass(frozen=True, slots=True)
class ExpiredWindow:
    """A sequencing window that passed: that of L1 block ``epoch``, ``size`` L1 blocks long."""

    epoch: BlockID
    size: int
    noticed: L1BlockRef
    """The L1 block at which nothing could come any more."""

    @property
    def last(self) -> int:
        """Number of the last L1 block that could have held a batch."""
        return self.epoch.number + self.size


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an L2 block is as it is.

    ``source`` is the batch it came from (``None``: it fills in, and ``window`` says why). ``events``
    are the drops and resets between the block before and this one; for a block that fills in they
    reach back to the last block that had a batch. ``channel_drops`` are the other drops of the same
    channel, at any time. ``replaced`` are blocks of the number that an L1 reorg took back.
    """

    derived: DerivedBlock
    window: ExpiredWindow | None
    events: tuple[Event, ...]
    channel_drops: tuple[Dropped, ...]
    replaced: tuple[DerivedBlock, ...]

    @property
    def source(self) -> BatchSource | None:
        return self.derived.attributes.source

    @property
    def deposits(self) -> int:
        """Number of the block's transactions that derivation put there itself."""
        return count_deposits(self.derived)

    def to_json(self) -> dict[str, Any]:
        """The explanation for tools."""
        window = self.window
        return {
            **block_json(self.derived),
            "window": window
            and {
                "epoch": block_id_json(window.epoch),
                "size": window.size,
                "last": window.last,
                "noticed": block_id_json(window.noticed),
            },
            "events": [event_json(event) for event in self.events],
            "channel_drops": [dropped_json(drop) for drop in self.channel_drops],
            "replaced": [block_json(derived) for derived in self.replaced],
        }


def count_deposits(derived: DerivedBlock) -> int:
    """Number of a block's transactions that are deposits."""
    return sum(tx[0] == DEPOSIT_TX_TYPE for tx in derived.attributes.attributes.transactions if tx)


def block_json(derived: DerivedBlock) -> dict[str, Any]:
    """A derived block with its attributes (as the Engine API has them) and its way back to L1."""
    attributes, block = derived.attributes, derived.block
    return {
        "number": block.number,
        "hash": to_hex(block.hash),
        "parent": block_id_json(attributes.parent.id),
        "l1_origin": block_id_json(block.l1_origin),
        "sequence_number": block.sequence_number,
        "derived_from": block_id_json(attributes.derived_from),
        "concluding": attributes.concluding,
        "attributes": attributes.attributes.to_json(),
        "source": batch_source_json(attributes.source),
    }


def event_json(event: Event) -> dict[str, Any]:
    """A drop, or a reset with its reason and the safe head after it."""
    if isinstance(event, Reset):
        return {"event": "reset", "reason": event.reason, "safe_head": block_id_json(event.head.id)}
    return {"event": "drop", **dropped_json(event)}


def explain(replay: Replayed, number: int) -> Explanation:
    """Derive the recording of ``replay`` and explain its L2 block ``number``.

    If a reorg gives the number to several blocks, the last one is meant. Raises
    :class:`NotDerivedError`, or what kept derivation from getting there.
    """
    found: list[tuple[DerivedBlock, tuple[Event, ...]]] = []
    unfilled: list[Event] = []
    last = replay.recording.start.number
    try:
        for step in replay:
            last = step.derived.block.number
            unfilled.extend(step.events)
            if step.derived.block.number == number:
                found.append((step.derived, _events_of(step, unfilled)))
            if step.derived.attributes.source is not None:
                unfilled = []
    except RollupError:
        # Trouble further on does not change where the block came from.
        if not found:
            raise
    if not found:
        first = replay.recording.start.number + 1
        hint = f"; {MADE_UP_HASHES}" if not replay.is_executed and hashes_differ(replay.drops) else ""
        raise NotDerivedError(f"number: L2 block {number} is not derived, blocks {first} to {last} are{hint}")
    derived, events = found[-1]
    return Explanation(
        derived,
        _window(replay.recording.config, derived),
        events,
        _channel_drops(replay.drops, derived, events),
        tuple(other for other, _ in found[:-1]),
    )


def _events_of(step: ReplayedBlock, unfilled: list[Event]) -> tuple[Event, ...]:
    return step.events if step.derived.attributes.source is not None else tuple(unfilled)


def _window(config: RollupConfig, derived: DerivedBlock) -> ExpiredWindow | None:
    if derived.attributes.source is not None:
        return None
    return ExpiredWindow(derived.block.l1_origin, config.seq_window_size, derived.attributes.derived_from)


def _channel_drops(
    drops: list[Dropped], derived: DerivedBlock, events: tuple[Event, ...]
) -> tuple[Dropped, ...]:
    channel = channel_of(derived.attributes.source)
    if channel is None:
        return ()
    told = {id(event) for event in events}
    return tuple(drop for drop in drops if id(drop) not in told and channel_of(drop.subject) == channel)
