"""What rollup nodes say about a game, and when they are not believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pyoprollup.challenger.player import NotInSync
from pyoprollup.challenger.trace.node_outputs import DoubtfulAnswer, GameOutputs, RollupNode, check_canonical
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.rollupapi import OutputResponse, SafeHeadResponse
from tests.disputes import chain as l2

L1_HEAD, WINDOW, SAFE = 500, 100, 50


def block(number: int, fork: int = 0) -> L1BlockRef:
    return L1BlockRef(keccak256(b"%d %d" % (number, fork)), number, ZERO_HASH, 12 * number)


class L1:
    """A chain of L1 up to a height."""

    def __init__(self, height: int = 1_000) -> None:
        self.height = height

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        if number > self.height:
            raise NotFound(f"L1 block {number}")
        return block(number)

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef:
        raise NotImplementedError


class Node(RollupNode):
    """A node in sync, unless told otherwise. Each question calls a function that a test may replace."""

    def __init__(self, safe: int = SAFE, current: L1BlockRef | None = None) -> None:
        self.current: L1BlockRef | None = block(L1_HEAD + 1) if current is None else current
        self.safe: Callable[[], int] = lambda: safe
        self.origin = L1_HEAD - 10
        self.at: L1BlockRef | BlockID = block(L1_HEAD - 5)
        self.safe_hash: Hash32 | None = None
        self.root_of: Callable[[int], int] = lambda number: number
        self.error: Exception | None = None

    def sync_status(self) -> SyncStatus:
        if self.error is not None:
            raise self.error
        return SyncStatus(current_l1=self.current)

    def output_at_block(self, number: int) -> OutputResponse:
        output = l2.output(self.root_of(number))
        origin = block(self.origin)
        ref = L2BlockRef(l2.output(number).block_hash, number, ZERO_HASH, 2 * number, origin.id, 0)
        return OutputResponse.of(ref, output, SyncStatus())

    def safe_head_at_l1_block(self, number: int) -> SafeHeadResponse:
        assert number == L1_HEAD
        safe = self.safe()
        hash_ = self.safe_hash or l2.output(safe).block_hash
        return SafeHeadResponse(BlockID(self.at.hash, self.at.number), BlockID(hash_, safe))


def outputs(*nodes: RollupNode, l1: L1 | None = None) -> GameOutputs:
    return GameOutputs(nodes, l1 or L1(), block(L1_HEAD).id, WINDOW)


# --- who may judge


def test_what_was_safe_is_known_after_a_pass_begins() -> None:
    game = outputs(Node())
    with pytest.raises(Unavailable):
        game.safe_block_at_l1_head()
    with pytest.raises(Unavailable):
        game.output_at_block(3)
    game.refresh()
    assert game.safe_block_at_l1_head() == SAFE
    assert game.output_at_block(3) == l2.output(3)
    game.confirm()


@pytest.mark.parametrize(
    ("current", "may_judge"), [(L1_HEAD - 1, False), (L1_HEAD, False), (L1_HEAD + 1, True)]
)
def test_a_node_may_judge_once_it_is_past_the_games_l1_head(current: int, may_judge: bool) -> None:
    """Public failure 9: the block that it names is the one that it works on."""
    game = outputs(Node(current=block(current)))
    if may_judge:
        game.refresh()
    else:
        with pytest.raises(NotInSync):
            game.refresh()


def test_a_node_that_says_nothing_of_its_progress_is_not_in_sync() -> None:
    node = Node()
    node.current = None
    with pytest.raises(NotInSync):
        outputs(node).refresh()


def test_without_a_node_nothing_is_known() -> None:
    with pytest.raises(NotInSync):
        outputs().refresh()


def test_a_node_on_another_fork_of_l1_is_not_in_sync() -> None:
    """Public failure 11: heights are compared by hash."""
    with pytest.raises(NotInSync, match="another block"):
        outputs(Node(current=block(L1_HEAD + 1, fork=1))).refresh()


def test_a_node_ahead_of_our_own_l1_is_waited_for() -> None:
    with pytest.raises(NotInSync, match="has no block"):
        outputs(Node(current=block(L1_HEAD + 9)), l1=L1(L1_HEAD + 5)).refresh()


def test_a_game_whose_l1_head_is_orphaned_is_left_alone() -> None:
    game = GameOutputs([Node()], L1(), block(L1_HEAD, fork=1).id, WINDOW)
    with pytest.raises(NotInSync, match="the game's L1 head"):
        game.refresh()


def test_nodes_that_lag_or_fail_have_no_vote() -> None:
    failing = Node()
    failing.error = Unavailable("down")
    game = outputs(Node(safe=3, current=block(L1_HEAD)), failing, Node())
    game.refresh()
    assert game.safe_block_at_l1_head() == SAFE


def test_a_failing_node_that_is_back_later_is_asked_again() -> None:
    """Public failure 11: unknown is tried again, and only for as long as it is."""
    node = Node()
    node.error = Unavailable("down")
    game = outputs(node)
    with pytest.raises(NotInSync, match="down"):
        game.refresh()
    node.error = None
    game.refresh()
    assert game.safe_block_at_l1_head() == SAFE


# --- records of safe heads with gaps


def test_a_record_that_does_not_reach_back_is_no_answer() -> None:
    """Public failure 5."""
    node = Node()

    def nothing() -> int:
        raise NotFound("safe head not found")

    node.safe = nothing
    with pytest.raises(DoubtfulAnswer, match="does not reach"):
        outputs(node).refresh()


@pytest.mark.parametrize(
    ("age", "believed"), [(0, True), (WINDOW, True), (WINDOW + 16, True), (WINDOW + 17, False)]
)
def test_a_head_older_than_the_sequencing_window_is_a_gap(age: int, believed: bool) -> None:
    """Public failure 6: a gap answers like data. Within a window there must have been a block."""
    node = Node()
    node.origin = L1_HEAD - age
    game = outputs(node)
    if believed:
        game.refresh()
    else:
        with pytest.raises(DoubtfulAnswer, match="gap"):
            game.refresh()


def test_a_safe_head_that_is_not_on_the_nodes_chain_is_no_answer() -> None:
    """Public failure 6: a record that was copied from elsewhere."""
    node = Node()
    node.safe_hash = keccak256(b"elsewhere")
    with pytest.raises(DoubtfulAnswer, match="on the chain"):
        outputs(node).refresh()


def test_a_record_of_another_l1_is_no_answer() -> None:
    node = Node()
    node.at = block(L1_HEAD - 5, fork=1)
    with pytest.raises(NotInSync, match="record of safe heads"):
        outputs(node).refresh()


# --- contradictions


def test_a_load_balancer_in_front_of_a_half_blind_node_is_found_out() -> None:
    """Public failure 5: the second answer is another node's."""
    node, answers = Node(), iter([SAFE, SAFE - 30, SAFE, SAFE - 30])
    node.safe = lambda: next(answers)
    with pytest.raises(DoubtfulAnswer, match="before, now"):
        outputs(node).refresh()


def test_an_answer_that_changes_within_a_pass_is_found_before_anything_is_sent() -> None:
    node = Node()
    game = outputs(node)
    game.refresh()
    node.safe = lambda: SAFE - 1
    with pytest.raises(DoubtfulAnswer):
        game.confirm()


def test_between_an_older_and_a_newer_head_the_newer_is_remembered() -> None:
    """A record with a gap has an older head, so the node with the older one is never believed again."""
    node = Node(safe=SAFE - 20)
    game = outputs(node)
    game.refresh()
    node.safe = lambda: SAFE
    with pytest.raises(DoubtfulAnswer):
        game.refresh()
    game.refresh()
    assert game.safe_block_at_l1_head() == SAFE
    node.safe = lambda: SAFE - 20
    with pytest.raises(DoubtfulAnswer):
        game.refresh()


def test_nodes_that_disagree_about_what_was_safe_decide_nothing() -> None:
    game = outputs(Node(), Node(safe=SAFE - 1))
    for _ in range(3):
        with pytest.raises(DoubtfulAnswer):
            game.refresh()


def test_nodes_that_disagree_about_an_output_decide_nothing() -> None:
    other = Node()
    other.root_of = lambda number: number + 1 if number == 7 else number
    game = outputs(Node(), other)
    game.refresh()
    assert game.output_at_block(6) == l2.output(6)
    with pytest.raises(DoubtfulAnswer):
        game.output_at_block(7)


def test_a_node_without_a_block_that_was_safe_is_in_doubt() -> None:
    node = Node()
    game = outputs(node)
    game.refresh()

    def nothing(_number: int) -> int:
        raise NotFound("no such block")

    node.root_of = nothing
    with pytest.raises(DoubtfulAnswer):
        game.output_at_block(7)


def test_a_root_that_is_not_of_its_output_is_of_an_unknown_version() -> None:
    class Newer(Node):
        def output_at_block(self, number: int) -> OutputResponse:
            response = Node.output_at_block(self, number)
            return replace(response, output_root=keccak256(b"v1")) if number == 7 else response

    game = outputs(Newer())
    game.refresh()
    with pytest.raises(DoubtfulAnswer, match="unknown version"):
        game.output_at_block(7)


# --- what is kept


def test_outputs_are_asked_for_once_until_something_is_in_doubt() -> None:
    asked: list[int] = []
    node = Node()

    def count(number: int) -> int:
        asked.append(number)
        return number

    node.root_of = count
    game = outputs(node)
    game.refresh()
    asked.clear()
    game.output_at_block(7)
    game.output_at_block(7)
    assert asked == [7]
    node.safe = lambda: SAFE + 1
    with pytest.raises(DoubtfulAnswer):
        game.confirm()
    game.refresh()
    asked.clear()
    game.output_at_block(7)
    assert asked == [7]


def test_of_very_many_outputs_the_latest_are_kept() -> None:
    game = outputs(Node())
    game.refresh()
    for number in range(4_200):
        game.output_at_block(number)
    assert len(game._outputs) == 4_096


@pytest.mark.parametrize("number", [5, 10, 11])
def test_blocks_of_our_own_l1(number: int) -> None:
    if number <= 10:
        check_canonical(L1(10), block(number), "it")
        with pytest.raises(NotInSync):
            check_canonical(L1(10), block(number, fork=1).id, "it")
    else:
        with pytest.raises(NotInSync):
            check_canonical(L1(10), block(number), "it")
