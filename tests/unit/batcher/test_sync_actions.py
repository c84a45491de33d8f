"""The cases of the reference's table, and the edges where numbers are equal."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from pyoprollup.batcher import SyncActions, compute_sync_actions
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from tests.unit.batcher.support import BLOCKS
from tests.unit.derive.support import name_hash

STATE = BLOCKS[100 - 60 : 45]  # L2 blocks 41 to 45
NEWEST = 45


@dataclass
class FakeChannel:
    last: int
    is_fully_submitted: bool = False
    is_timed_out: bool = False
    max_inclusion_block: int | None = None

    @property
    def latest_l2(self) -> BlockID:
        return BLOCKS[self.last - 1].ref.id


def l1(number: int) -> L1BlockRef:
    return L1BlockRef(name_hash(f"L1 {number}"), number, name_hash(f"L1 {number - 1}"), number * 12)


def l2(number: int) -> L2BlockRef:
    return BLOCKS[number - 1].ref


def status(safe: int, unsafe: int, current_l1: int = 5) -> SyncStatus:
    return SyncStatus(
        current_l1=l1(current_l1),
        head_l1=l1(6),
        unsafe_l2=l2(unsafe),
        safe_l2=l2(safe),
        local_safe_l2=l2(safe),
    )


def afresh(safe: int, unsafe: int) -> SyncActions:
    return SyncActions(l2(safe).l1_origin, 0, 0, (safe + 1, unsafe) if unsafe > safe else None)


def test_an_empty_status_is_out_of_sync() -> None:
    assert compute_sync_actions(SyncStatus(), None, STATE, []) is None
    assert compute_sync_actions(replace(status(41, 50), head_l1=None), None, STATE, []) is None


def test_a_node_that_went_back_is_out_of_sync() -> None:
    assert compute_sync_actions(status(41, 50, current_l1=1), l1(2), STATE, []) is None
    assert compute_sync_actions(replace(status(41, 50), current_l1=None), l1(2), STATE, []) is None
    assert compute_sync_actions(status(41, 50, current_l1=2), l1(2), STATE, []) is not None


@pytest.mark.parametrize(
    ("safe", "unsafe", "to_load"), [(41, 50, (42, 50)), (41, 42, (42, 42)), (41, 41, None)]
)
def test_without_blocks_all_unsafe_ones_are_loaded(
    safe: int, unsafe: int, to_load: tuple[int, int] | None
) -> None:
    assert compute_sync_actions(status(safe, unsafe), None, [], []) == SyncActions(blocks_to_load=to_load)


def test_a_safe_head_far_behind_means_a_fresh_start() -> None:
    """Block 40, the next safe one, is not in memory any more."""
    assert compute_sync_actions(status(39, 50), None, STATE, []) == afresh(39, 50)
    assert compute_sync_actions(status(40, 50), None, STATE, []) == SyncActions(blocks_to_load=(46, 50))


def test_a_safe_head_ahead_of_all_blocks_means_a_fresh_start() -> None:
    assert compute_sync_actions(status(46, 50), None, STATE, []) == afresh(46, 50)
    assert compute_sync_actions(status(46, 46), None, STATE, []) == afresh(46, 46)


def test_a_safe_head_on_the_newest_block_prunes_all() -> None:
    assert compute_sync_actions(status(45, 50), None, STATE, []) == SyncActions(None, 5, 0, (46, 50))
    assert compute_sync_actions(status(45, 45), None, STATE, []) == SyncActions(None, 5, 0, None)


def test_another_safe_chain_means_a_fresh_start() -> None:
    other = replace(l2(43), hash=name_hash("other"))
    reorged = replace(status(43, 50), safe_l2=other, local_safe_l2=other)
    assert compute_sync_actions(reorged, None, STATE, []) == afresh(43, 50)


def test_a_submitted_channel_without_effect_means_a_fresh_start() -> None:
    channel = FakeChannel(44, is_fully_submitted=True, max_inclusion_block=4)
    assert compute_sync_actions(status(43, 50), l1(3), STATE, [channel]) == afresh(43, 50)


@pytest.mark.parametrize(
    "channel",
    [
        FakeChannel(44, is_fully_submitted=False, max_inclusion_block=4),
        FakeChannel(44, is_fully_submitted=True, is_timed_out=True, max_inclusion_block=4),
        FakeChannel(44, is_fully_submitted=True, max_inclusion_block=5),
        FakeChannel(44, is_fully_submitted=True, max_inclusion_block=None),
    ],
)
def test_a_channel_may_still_have_its_effect(channel: FakeChannel) -> None:
    expected = SyncActions(None, 3, 0, (46, 50))
    assert compute_sync_actions(status(43, 50), l1(3), STATE, [channel]) == expected


def test_what_is_safe_is_pruned() -> None:
    channels = [FakeChannel(41), FakeChannel(43, True, False, 4), FakeChannel(44), FakeChannel(42)]
    expected = SyncActions(None, 3, 2, (46, 50))
    assert compute_sync_actions(status(43, 50), None, STATE, channels) == expected
    assert compute_sync_actions(status(43, NEWEST), None, STATE, channels) == SyncActions(None, 3, 2, None)


def test_an_unsafe_head_behind_the_newest_block_loads_nothing() -> None:
    """It is one of our blocks, so the others may be on it still."""
    assert compute_sync_actions(status(43, 44), None, STATE, []) == SyncActions(None, 3, 0, None)


@pytest.mark.parametrize(("number", "to_load"), [(44, (44, 44)), (45, (44, 45))])
def test_another_unsafe_chain_means_a_fresh_start(number: int, to_load: tuple[int, int]) -> None:
    """The sequencer's chain was reorganised: ours would go to L1 in vain until its head is beyond ours."""
    reorged = replace(status(43, 50), unsafe_l2=replace(l2(number), hash=name_hash("other")))
    expected = SyncActions(l2(43).l1_origin, 0, 0, to_load)
    assert compute_sync_actions(reorged, None, STATE, []) == expected


def test_local_safe_may_be_preferred() -> None:
    both = replace(status(44, 50), safe_l2=l2(42))
    assert compute_sync_actions(both, None, STATE, []) == SyncActions(None, 4, 0, (46, 50))
    assert compute_sync_actions(both, None, STATE, [], False) == SyncActions(None, 2, 0, (46, 50))
    old_node = replace(both, local_safe_l2=None)
    assert compute_sync_actions(old_node, None, STATE, []) == SyncActions(None, 2, 0, (46, 50))
