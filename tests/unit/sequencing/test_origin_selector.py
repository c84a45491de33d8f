"""Which L1 block the next L2 block belongs to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.driver import ConfDepth
from pyoprollup.engine.events import ForkchoiceUpdateEvent
from pyoprollup.errors import Unavailable
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.events import ResetEvent
from pyoprollup.sequencing import L1OriginSelector, NextOriginOrphaned, NextOriginRequired
from tests.unit.derive.support import config
from tests.unit.sequencing.support import L1, Blocks, block


def selector(l1: Blocks, forks: str = "granite", **changes: object) -> L1OriginSelector:
    return L1OriginSelector(config(forks, **changes), l1)


def told(origins: L1OriginSelector, head: L2BlockRef) -> L1OriginSelector:
    """The selector has heard of the head, and has looked ahead."""
    origins.on_event(ForkchoiceUpdateEvent(head, head, head))
    return origins


def test_it_moves_on_exactly_when_the_time_has_come() -> None:
    l1 = Blocks(2)
    assert (
        told(selector(l1), block(4)).find_l1_origin(block(4)) == L1[0]
    )  # time 1010, the next block's is 1012
    assert told(selector(l1), block(5)).find_l1_origin(block(5)) == L1[1]


def test_the_next_block_is_found_ahead_of_time() -> None:
    l1 = Blocks(2)
    origins = told(selector(l1), block(3))
    reads = l1.reads
    assert origins.find_l1_origin(block(5)) == L1[1]
    assert l1.reads == reads


def test_without_looking_ahead_it_stays() -> None:
    assert selector(Blocks(2)).find_l1_origin(block(5)) == L1[0]


def test_the_drift_makes_it_look() -> None:
    l1 = Blocks(2)
    origins = selector(l1, "ecotone")
    assert origins.find_l1_origin(block(299)) == L1[0]
    assert origins.find_l1_origin(block(300)) == L1[1]


def test_beyond_the_drift_there_must_be_a_next_block() -> None:
    origins = selector(Blocks(1), "ecotone")
    with pytest.raises(NextOriginRequired):
        origins.find_l1_origin(block(300))


def test_beyond_the_drift_an_origin_from_the_future_has_to_wait() -> None:
    l1 = Blocks(1)
    l1.refs = [L1[0], replace(L1[1], time=5000)]
    assert selector(l1, "ecotone").find_l1_origin(block(300)) == L1[0]


def test_the_drift_is_a_constant_from_fjord_on() -> None:
    origins = selector(Blocks(1), "fjord")
    assert origins.find_l1_origin(block(899)) == L1[0]
    with pytest.raises(NextOriginRequired):
        origins.find_l1_origin(block(900))


OTHER_1 = replace(L1[1], hash=b"\x11" * 32)
OTHER_2 = replace(L1[2], hash=b"\x12" * 32, parent_hash=OTHER_1.hash)


class ReorgedL1(Blocks):
    """Has another block 1 and 2 now; the orphan can still be had by its hash."""

    def __init__(self) -> None:
        super().__init__(3)
        self.refs = [L1[0], OTHER_1, OTHER_2]

    def l1_block_ref_by_hash(self, block_hash: bytes) -> L1BlockRef:
        return next(ref for ref in (*L1[:2], *self.refs) if ref.hash == block_hash)


@pytest.mark.parametrize("number", [7, 12, 100, 800])
def test_an_orphaned_origin_is_noticed_at_once(number: int) -> None:
    """The next canonical block tells; derivation need not have seen the reorg."""
    head = block(number, L1[1])
    origins = told(selector(ReorgedL1()), head)
    with pytest.raises(NextOriginOrphaned):
        origins.find_l1_origin(head)


@pytest.mark.parametrize("number", [7, 800])
def test_an_orphaned_origin_is_noticed_when_asked_to_look_again(number: int) -> None:
    """The reorg came after the look ahead, and the next origin that was found then is an orphan too."""
    l1 = Blocks(2)
    head = block(number, L1[1])
    origins = told(selector(l1), head)
    assert origins.find_l1_origin(head) == L1[1]
    l1.refs = [L1[0], OTHER_1, OTHER_2]
    origins.look_again()
    with pytest.raises(NextOriginOrphaned):
        origins.find_l1_origin(head)


def test_after_the_reset_it_builds_on_the_new_chain() -> None:
    l1 = ReorgedL1()
    origins = told(selector(l1), block(7, L1[1]))
    origins.on_event(ResetEvent(Unavailable("next origin orphaned")))
    assert told(origins, block(5)).find_l1_origin(block(5)) == OTHER_1


def test_recover_mode_notices_an_orphaned_origin() -> None:
    origins = selector(ReorgedL1())
    origins.recover = True
    with pytest.raises(NextOriginOrphaned):
        origins.find_l1_origin(block(7, L1[1]))


def test_a_block_that_was_orphaned_later_is_forgotten_by_a_reset() -> None:
    """Known by its number only, it would be taken for the next origin for ever."""
    l1 = Blocks(2)
    origins = told(selector(l1), block(5))
    assert origins.find_l1_origin(block(5)) == L1[1]
    other = replace(L1[1], hash=b"\x02" * 32)
    l1.refs = [L1[0], other]
    origins.on_event(ResetEvent(Unavailable("L1 reorg")))
    assert told(origins, block(5)).find_l1_origin(block(5)) == other


def test_a_block_that_was_orphaned_later_is_forgotten_when_asked_to_look_again() -> None:
    l1 = Blocks(2)
    origins = told(selector(l1), block(5))
    other = replace(L1[1], hash=b"\x02" * 32)
    l1.refs = [L1[0], other]
    assert origins.find_l1_origin(block(5)) == L1[1]
    origins.look_again()
    assert origins.find_l1_origin(block(5)) == other
    l1.refs = [L1[0]]
    origins.look_again()
    assert origins.find_l1_origin(block(5)) == L1[0]


def test_blocks_without_confirmations_are_no_origins() -> None:
    """At the drift they are missed, rather than the drift exceeded."""
    l1, heads = Blocks(3), [L1[1]]
    origins = L1OriginSelector(config("ecotone"), ConfDepth(1, lambda: heads[-1], l1))  # type: ignore[arg-type]
    assert told(origins, block(5)).find_l1_origin(block(5)) == L1[0]
    with pytest.raises(NextOriginRequired):
        origins.find_l1_origin(block(300))
    heads.append(L1[2])
    assert told(origins, block(5)).find_l1_origin(block(5)) == L1[1]


def test_it_follows_the_head() -> None:
    l1 = Blocks(4)
    origins = told(selector(l1), block(5))
    assert origins.find_l1_origin(block(5)) == L1[1]
    on_second = block(11, L1[1])
    assert told(origins, on_second).find_l1_origin(on_second) == L1[2]
    # After a restart, or a reorg, the head is somewhere else altogether.
    elsewhere = block(17, L1[3])
    assert origins.find_l1_origin(elsewhere) == L1[3]


def test_recover_mode_looks_each_time() -> None:
    l1 = Blocks(1)
    origins = selector(l1)
    origins.recover = True
    assert origins.find_l1_origin(block(5)) == L1[0]
    l1.refs = L1[:2]
    assert origins.find_l1_origin(block(5)) == L1[1]


def test_looking_ahead_may_fail() -> None:
    l1 = Blocks(2)
    l1.error = Unavailable("no answer")
    origins = told(selector(l1), block(5))
    with pytest.raises(Unavailable):
        origins.find_l1_origin(block(5))
