"""L1 alone: blocks in their slots, and reorgs."""

from __future__ import annotations

import pytest

from pyoprollup.devnet.devnet import devnet_genesis
from pyoprollup.devnet.lone_l1 import LoneL1
from pyoprollup.devnet.options import DevnetOptions

BEGUN = 1_750_000_000


def lone() -> LoneL1:
    return LoneL1(devnet_genesis(DevnetOptions(genesis_time=BEGUN, l1_block_time=4)))


def test_a_block_in_each_slot() -> None:
    l1 = lone()
    for second in range(13):
        l1.step(BEGUN + second + 0.5)
    assert [l1.l1.block_by_number(number).header.time - BEGUN for number in range(4)] == [0, 4, 8, 12]
    assert l1.next_due == BEGUN + 16


def test_missed_slots_stay_empty() -> None:
    l1 = lone()
    l1.step(BEGUN + 41)
    assert l1.l1.head_block.number == 1 and l1.l1.head_block.header.time == BEGUN + 40


def test_a_reorg_keeps_the_times() -> None:
    l1 = lone()
    for slot in range(1, 6):
        l1.step(BEGUN + 4 * slot)
    before = [l1.l1.block_by_number(number) for number in range(6)]
    assert l1.reorg_l1(3).number == 5
    after = [l1.l1.block_by_number(number) for number in range(6)]
    assert [block.header.time for block in before] == [block.header.time for block in after]
    same = [one.hash == other.hash for one, other in zip(before, after, strict=True)]
    assert same == [True] * 3 + [False] * 3


def test_there_is_nothing_to_restart() -> None:
    with pytest.raises(KeyError):
        lone().restart("sequencer")
