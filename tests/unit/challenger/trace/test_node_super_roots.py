"""What sources of super roots say about a game, and when they are not believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.challenger.game.trace import TraceError
from pyoprollup.challenger.player import NotInSync
from pyoprollup.challenger.trace.node_outputs import WINDOW_SLACK, DoubtfulAnswer
from pyoprollup.challenger.trace.node_super_roots import GameSuperRoots
from pyoprollup.challenger.trace.super_node import (
    OutputWithRequiredL1,
    SuperNodeRootProvider,
    SuperNodeUnavailable,
    SuperRootAtTimestamp,
    SuperRootData,
)
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.super_root import ChainIDAndOutput, OptimisticBlock, SuperV1
from pyoprollup.eth.types import ZERO_HASH, Hash32

L1_HEAD, WINDOW, ANCHOR, SAFE = 100, 50, 1_000, 1_010
CHAINS = (10, 130)


def l1_block(number: int, fork: int = 0) -> L1BlockRef:
    hash_ = keccak256(b"L1 %d %d" % (number, fork))
    return L1BlockRef(hash_, number, ZERO_HASH, 12 * number)


class L1:
    """Our own L1, with blocks up to one."""

    def __init__(self, head: int = L1_HEAD + 50) -> None:
        self.head = head
        self.fork = 0

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        if number > self.head:
            raise NotFound(f"L1 block {number}")
        return l1_block(number, self.fork)

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        raise AssertionError(block_hash)


def output(time: int, salt: int = 0) -> SuperV1:
    roots = [ChainIDAndOutput(chain, keccak256(b"%d %d %d" % (chain, time, salt))) for chain in CHAINS]
    return SuperV1.of(time, *roots)


class Source(SuperNodeRootProvider):
    """Knows all up to a time, by L1 block ``required``."""

    def __init__(self, safe: int = SAFE, current: L1BlockRef | None = None) -> None:
        self.safe = safe
        self.current = current or l1_block(L1_HEAD + 1)
        self.required: BlockID = l1_block(L1_HEAD - 1).id
        self.salt = 0
        self.chains: tuple[int, ...] = CHAINS
        self.error: Exception | None = None
        self.lost: set[int] = set()
        self.says_safe = 0
        self.asked: list[int] = []

    def super_root_at_timestamp(self, timestamp: int) -> SuperRootAtTimestamp:
        self.asked.append(timestamp)
        if self.error is not None:
            raise self.error
        known = timestamp <= self.safe and timestamp not in self.lost
        block = OptimisticBlock(keccak256(b"block"), keccak256(b"root %d" % self.salt))
        return SuperRootAtTimestamp(
            self.current.id,
            self.chains,
            {chain: OutputWithRequiredL1(block, self.required) for chain in CHAINS},
            SuperRootData(self.required, output(timestamp, self.salt)) if known else None,
            self.says_safe,
        )


def roots(*sources: SuperNodeRootProvider, l1: L1 | None = None, window: int = 10**6) -> GameSuperRoots:
    return GameSuperRoots(sources, l1 or L1(), l1_block(L1_HEAD).id, ANCHOR, window)


# --- who may judge


def test_what_there_was_at_the_games_l1_head() -> None:
    game = roots(Source())
    with pytest.raises(Unavailable):
        game.super_root_at_timestamp(ANCHOR)
    game.refresh()
    found = game.super_root_at_timestamp(SAFE)
    assert found.data is not None and found.data.super == output(SAFE)
    assert set(found.optimistic) == set(CHAINS)
    assert found.current_l1.number > L1_HEAD
    assert game.super_root_at_timestamp(SAFE + 1).data is None
    game.confirm()


def test_what_l1_had_only_later_is_not_there() -> None:
    source = Source()
    source.required = l1_block(L1_HEAD + 1).id
    game = roots(source)
    game.refresh()
    found = game.super_root_at_timestamp(SAFE)
    assert found.data is None and not found.optimistic and found.chain_ids == CHAINS


def test_what_takes_no_l1_block_is_always_there() -> None:
    source = Source()
    source.required = BlockID(ZERO_HASH, 0)
    game = roots(source)
    game.refresh()
    assert game.super_root_at_timestamp(ANCHOR).data is not None


@pytest.mark.parametrize("current", [L1_HEAD - 1, L1_HEAD])
def test_a_source_that_is_not_past_the_l1_head_is_waited_for(current: int) -> None:
    with pytest.raises(NotInSync, match="the game's L1 head"):
        roots(Source(current=l1_block(current))).refresh()


def test_a_source_may_fall_back_in_the_middle_of_a_pass() -> None:
    source = Source()
    game = roots(source)
    game.refresh()
    source.current = l1_block(L1_HEAD)
    with pytest.raises(NotInSync):
        game.super_root_at_timestamp(SAFE)


def test_without_a_source_nothing_is_known() -> None:
    with pytest.raises(NotInSync):
        roots().refresh()


def test_sources_that_fail_have_no_vote() -> None:
    failing, behind = Source(safe=3), Source(safe=4, current=l1_block(L1_HEAD))
    failing.error = SuperNodeUnavailable("down")
    game = roots(failing, behind, Source())
    game.refresh()
    assert game.super_root_at_timestamp(SAFE).data is not None


def test_sources_on_another_l1_are_not_in_sync() -> None:
    with pytest.raises(NotInSync, match="another block"):
        roots(Source(current=l1_block(L1_HEAD + 1, fork=1))).refresh()
    elsewhere = Source()
    elsewhere.required = l1_block(L1_HEAD - 1, fork=1).id
    with pytest.raises(NotInSync, match="depends on"):
        roots(elsewhere).refresh()


def test_a_game_whose_l1_head_is_orphaned_is_left_alone() -> None:
    l1 = L1()
    game = roots(Source(), l1=l1)
    l1.fork = 1
    with pytest.raises(NotInSync, match="the game's L1 head"):
        game.refresh()


# --- what is doubtful


def test_sources_that_differ() -> None:
    lying = Source()
    lying.salt = 1
    game = roots(Source(), lying)
    game.refresh()
    with pytest.raises(DoubtfulAnswer, match="different"):
        game.super_root_at_timestamp(SAFE)


class Alternating(SuperNodeRootProvider):
    """A load balancer."""

    def __init__(self, *sources: Source) -> None:
        self.sources = sources
        self.calls = 0

    def super_root_at_timestamp(self, timestamp: int) -> SuperRootAtTimestamp:
        self.calls += 1
        return self.sources[self.calls % len(self.sources)].super_root_at_timestamp(timestamp)


def test_a_load_balancer_in_front_of_a_source_that_has_lost_something() -> None:
    game = roots(Alternating(Source(), Source(safe=SAFE - 2)))
    game.refresh()
    with pytest.raises(DoubtfulAnswer):
        game.super_root_at_timestamp(SAFE)


def test_what_is_otherwise_before_moves_are_sent() -> None:
    source = Source()
    game = roots(source)
    game.refresh()
    game.super_root_at_timestamp(SAFE)
    game.confirm()
    asked = len(source.asked)
    game.confirm()
    assert len(source.asked) == asked, "what is confirmed is not asked again"
    game.super_root_at_timestamp(SAFE - 1)
    source.salt = 1
    with pytest.raises(DoubtfulAnswer, match="another one before"):
        game.confirm()
    # And from then on the new one counts, if it stays.
    game.refresh()
    found = game.super_root_at_timestamp(SAFE)
    assert found.data is not None and found.data.super == output(SAFE, 1)
    game.confirm()


def test_what_was_learned_in_a_pass_without_moves_is_confirmed_before_later_ones() -> None:
    source = Source()
    game = roots(source)
    game.refresh()
    game.super_root_at_timestamp(SAFE)
    game.refresh()
    source.salt = 1
    with pytest.raises(DoubtfulAnswer):
        game.confirm()


@pytest.mark.parametrize("order", [(SAFE, SAFE - 3), (SAFE - 3, SAFE)])
def test_a_hole_in_the_record(order: tuple[int, int]) -> None:
    source = Source()
    source.lost = {SAFE - 3}
    game = roots(source)
    game.refresh()
    game.super_root_at_timestamp(order[0])
    with pytest.raises(DoubtfulAnswer, match=f"at {SAFE}, and none at {SAFE - 3}"):
        game.super_root_at_timestamp(order[1])


def test_a_time_that_the_source_itself_calls_safe() -> None:
    source = Source()
    source.says_safe, source.lost = SAFE, {SAFE}
    game = roots(source)
    game.refresh()
    with pytest.raises(DoubtfulAnswer, match="is safe"):
        game.super_root_at_timestamp(SAFE)
    assert game.super_root_at_timestamp(SAFE + 1).data is None


def test_a_time_whose_sequencing_window_was_over() -> None:
    """L1 times are 12 for each number: at L1 block 100 all is certain up to that of block 100 - 1 - slack."""
    certain = 12 * (L1_HEAD - 1 - WINDOW_SLACK)
    source = Source(safe=0)
    game = GameSuperRoots([source], L1(), l1_block(L1_HEAD).id, certain + 1, 1)
    game.refresh()
    assert game.super_root_at_timestamp(certain + 1).data is None
    with pytest.raises(DoubtfulAnswer, match="must have its data"):
        game.super_root_at_timestamp(certain)


def test_a_super_root_of_other_chains() -> None:
    source = Source()
    source.chains = (10,)
    with pytest.raises(NotInSync, match="not of the chains"):
        roots(source).refresh()


def test_a_time_beyond_64_bits() -> None:
    game = roots(Source())
    game.refresh()
    with pytest.raises(TraceError):
        game.super_root_at_timestamp(1 << 64)


def test_little_is_asked_twice() -> None:
    source = Source()
    game = roots(source)
    game.refresh()
    for _ in range(5):
        game.super_root_at_timestamp(SAFE)
    assert source.asked == [ANCHOR, SAFE, SAFE]


def test_answers_of_two_programs_are_equal_if_they_say_the_same() -> None:
    """How far a source is, and which of the blocks before the L1 head it names, does not matter."""
    other = Source(current=l1_block(L1_HEAD + 7))
    other.required, other.says_safe = l1_block(L1_HEAD - 20).id, SAFE - 1
    game = roots(Source(), other)
    game.refresh()
    assert game.super_root_at_timestamp(SAFE) == replace(
        game.super_root_at_timestamp(SAFE), current_l1=BlockID(ZERO_HASH, L1_HEAD + 1)
    )
