"""Derives from the sequencer's sync status how the batcher's state has to change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoprollup.batcher.block import SizedBlock
from pyoprollup.batcher.channel import Channel
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus

__all__ = ["SyncActions", "compute_sync_actions"]


@dataclass(frozen=True, slots=True)
class SyncActions:
    """What to do: clear the state, or forget what is safe; then load blocks ``first`` to ``last``.

    ``clear_origin`` is the L1 origin to begin after, ``None`` if nothing is to be cleared;
    ``blocks_to_load`` is ``None`` if there is nothing to load.
    """

    clear_origin: BlockID | None = None
    blocks_to_prune: int = 0
    channels_to_prune: int = 0
    blocks_to_load: tuple[int, int] | None = None


def compute_sync_actions(
    status: SyncStatus,
    previous_l1: L1BlockRef | None,
    blocks: Sequence[SizedBlock],
    channels: Sequence[Channel],
    prefer_local_safe: bool = True,
) -> SyncActions | None:
    """What to do; ``None``: the sequencer is out of sync, wait until it is not.

    ``previous_l1`` is the ``current_l1`` of the last time.
    """
    safe = status.local_safe_l2 if prefer_local_safe else status.safe_l2
    safe = safe or status.safe_l2
    current_l1, unsafe = status.current_l1, status.unsafe_l2
    if status.head_l1 is None or safe is None or unsafe is None:
        return None
    if previous_l1 is not None and (current_l1 is None or current_l1.number < previous_l1.number):
        return None
    all_unsafe = _range(safe.number + 1, unsafe.number)
    if not blocks:
        return SyncActions(blocks_to_load=all_unsafe)
    afresh = SyncActions(clear_origin=safe.l1_origin, blocks_to_load=all_unsafe)

    oldest, newest = blocks[0].ref.number, blocks[-1].ref.number
    safe_blocks = safe.number + 1 - oldest
    if not 0 <= safe_blocks <= len(blocks):
        # The safe head went back behind our blocks, or another batcher has gone beyond them.
        return afresh
    if safe_blocks and blocks[safe_blocks - 1].ref.hash != safe.hash:
        return afresh
    if _is_reorged(blocks, unsafe):
        return afresh
    if any(_made_no_progress(channel, safe.number, current_l1) for channel in channels):
        return afresh
    prune = 0
    for channel in channels:
        if channel.latest_l2 is None or channel.latest_l2.number > safe.number:
            break
        prune += 1
    return SyncActions(None, safe_blocks, prune, _range(newest + 1, unsafe.number))


def _is_reorged(blocks: Sequence[SizedBlock], unsafe: L2BlockRef) -> bool:
    """Whether the sequencer's head is another block than ours of its number.

    The blocks above it that we have are orphans, and would go to L1 in vain until the sequencer has as many.
    """
    index = unsafe.number - blocks[0].ref.number
    return 0 <= index < len(blocks) and blocks[index].ref.hash != unsafe.hash


def _made_no_progress(channel: Channel, safe_number: int, current_l1: L1BlockRef | None) -> bool:
    """Whether derivation has seen all of a channel and still does not have its blocks.

    Something of it was dropped, as Holocene's strict order demands, and it must be sent again.
    """
    return (
        channel.is_fully_submitted
        and not channel.is_timed_out
        and current_l1 is not None
        and channel.max_inclusion_block is not None
        and current_l1.number > channel.max_inclusion_block
        and channel.latest_l2 is not None
        and safe_number < channel.latest_l2.number
    )


def _range(first: int, last: int) -> tuple[int, int] | None:
    return (first, last) if first <= last else None
