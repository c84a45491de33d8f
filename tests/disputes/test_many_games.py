"""A whole challenger among many games: alone, begun anew, over a bad L1, and with nodes that are half blind.

``PYOPROLLUP_MANY_GAMES=50`` plays more of each.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from pyoprollup.challenger.model import GameLimits
from pyoprollup.eth.types import ZERO_ADDRESS
from tests.disputes import chain as l2
from tests.disputes.many_games import Alternating, ManyGames, Node, check_games, random_games
from tests.disputes.model_l1 import ANCHOR, L1_BLOCK, ModelL1
from tests.disputes.world import HONEST, Setup

SEEDS = range(int(os.environ.get("PYOPROLLUP_MANY_GAMES", "2")))
LIMITS = GameLimits(max_depth=9, split_depth=4, clock_extension=1_200, max_clock_duration=93_000)
SAFE = 112
Trouble = Callable[[ManyGames, Random], None]


def play(
    seed: int, folder: Path, *, games: int = 3, keep: int = 1, trouble: Trouble = lambda _many, _random: None
) -> ManyGames:
    """Play some games to their end, with trouble before each block."""
    random = Random(seed)
    l1 = ModelL1(LIMITS, SAFE, keep=keep, seed=seed)
    many = ManyGames(l1, [Node(l1, SAFE)], SAFE, folder)
    random_games(random, many, games, LIMITS)
    many.turn(random)
    for _ in range(3_000):
        if many.over:
            break
        trouble(many, random)
        many.turn(random, random.choice((L1_BLOCK, 60, 300, 500)))
    l1.fails, l1.lag = (lambda: False), (lambda: 0)
    many.finish()
    check_games(many, f"seed {seed}")
    return many


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_goes_wrong(seed: int, tmp_path: Path) -> None:
    """No transaction is wasted but those that others' have overtaken."""
    many = play(seed, tmp_path)
    metrics = many.challenger.metrics
    assert metrics.game_errors == metrics.l1_errors == 0
    assert metrics.transactions_failed <= 0.05 * len(many.managers[0].sent)
    assert many.challenger.is_idle


@pytest.mark.parametrize("seed", SEEDS)
def test_begun_anew_at_any_time(seed: int, tmp_path: Path) -> None:
    """Killed with transactions on their way: nothing is said twice, since nothing is remembered."""

    def trouble(many: ManyGames, random: Random) -> None:
        if random.random() < 0.1:
            many.restart()

    many = play(100 + seed, tmp_path, trouble=trouble)
    assert len(many.managers) > 10
    moves = [
        (pending.candidate.to, pending.candidate.data)
        for manager in many.managers
        for pending in manager.sent
        if pending.receipt is not None and pending.receipt.succeeded and pending.candidate.value
    ]
    assert len(moves) == len(set(moves))


@pytest.mark.parametrize("seed", SEEDS)
def test_l1_reorgs_with_moves_pending(seed: int, tmp_path: Path) -> None:
    """Claims and games change places; what was decided by blocks that are gone is not sent."""

    held = 0

    def trouble(many: ManyGames, random: Random) -> None:
        nonlocal held
        held -= 1
        many.l1.leaves_out = lambda: held > 0 or random.random() < 0.3
        pending = any(each.sender == HONEST for each in many.l1.pool)
        if random.random() < (0.3 if pending else 0.03) and held < 0 and len(many.l1.refs) > 12:
            many.l1.reorg(random.randrange(1, 4))
            held = 5
        if held > 0:  # What was on its way still is when the challenger looks again.
            for each in many.l1.pool:
                each.skipped = False

    many = play(200 + seed, tmp_path, games=2, keep=8, trouble=trouble)
    assert any(happening.event == "transactions-dropped" for happening in many.told)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_l1_that_fails_and_goes_back(seed: int, tmp_path: Path) -> None:
    """One read in ten gets no answer, and behind the endpoint are nodes of several heights."""

    def trouble(many: ManyGames, random: Random) -> None:
        many.l1.fails = lambda: random.random() < 0.1
        many.l1.lag = lambda: random.choice((0, 0, 1, 2)) if random.random() < 0.2 else 0

    many = play(300 + seed, tmp_path, games=2, keep=8, trouble=trouble)
    assert many.challenger.metrics.l1_errors > 0
    assert many.challenger.metrics.heads_went_back > 0


# --- nodes that are half blind


def right_and_wrong(folder: Path, nodes: Callable[[ModelL1], list[Node]], *, balanced: bool) -> ManyGames:
    """A right and a wrong proposal that nobody else looks at, with these nodes; a while of it."""
    l1 = ModelL1(LIMITS, SAFE)
    made = nodes(l1)
    many = ManyGames(l1, [Alternating(made)] if balanced else made, SAFE, folder)
    many.create(Setup(LIMITS, l2.root(ANCHOR + 8), ANCHOR + 8, SAFE), ())
    many.create(Setup(LIMITS, l2.root(ANCHOR + 999), ANCHOR + 8, SAFE), ())
    for _ in range(20):
        many.turn(Random(0))
    return many


def moves(many: ManyGames, game: int) -> int:
    return sum(claim.claimant == HONEST for claim in many.games[game].game.claims)


def blind(l1: ModelL1) -> Node:
    """A node that has a record only from long before the block that is claimed."""
    node = Node(l1, SAFE)
    node.remembers = lambda: ANCHOR + 3
    return node


def without_record(l1: ModelL1) -> Node:
    node = Node(l1, SAFE)
    node.remembers = lambda: None
    return node


def behind(l1: ModelL1) -> Node:
    node = Node(l1, SAFE)
    node.behind = lambda: len(l1.refs)
    return node


def test_a_node_that_knows_is_believed(tmp_path: Path) -> None:
    many = right_and_wrong(tmp_path, lambda l1: [Node(l1, SAFE)], balanced=False)
    assert (moves(many, 0), moves(many, 1)) == (0, 1)


@pytest.mark.parametrize("other", [without_record, behind])
def test_a_node_that_cannot_tell_makes_no_move(other: Callable[[ModelL1], Node], tmp_path: Path) -> None:
    """The incident of June 2026: a record that begins after the game is not taken for one."""
    many = right_and_wrong(tmp_path, lambda l1: [other(l1)], balanced=False)
    assert (moves(many, 0), moves(many, 1)) == (0, 0)
    assert any(happening.event in ("not-in-sync", "game-failed") for happening in many.told)


@pytest.mark.parametrize("order", [1, -1])
def test_a_balancer_before_a_half_blind_node(order: int, tmp_path: Path) -> None:
    """Answers contradict each other, so there is none: the right proposal is left alone."""
    many = right_and_wrong(tmp_path, lambda l1: [Node(l1, SAFE), blind(l1)][::order], balanced=True)
    assert moves(many, 0) == 0
    assert any("before, now" in str(happening.details.get("error")) for happening in many.told)


def test_several_nodes_must_agree(tmp_path: Path) -> None:
    many = right_and_wrong(tmp_path, lambda l1: [Node(l1, SAFE), blind(l1)], balanced=False)
    assert (moves(many, 0), moves(many, 1)) == (0, 0)


def test_of_several_nodes_those_that_lag_have_no_vote(tmp_path: Path) -> None:
    many = right_and_wrong(tmp_path, lambda l1: [behind(l1), Node(l1, SAFE)], balanced=False)
    assert (moves(many, 0), moves(many, 1)) == (0, 1)


def test_a_claim_of_our_own_is_never_countered(tmp_path: Path) -> None:
    """The node changes its mind about the chain after our move: what we said is not attacked."""
    l1 = ModelL1(LIMITS, SAFE)
    node = Node(l1, SAFE)
    many = ManyGames(l1, [node], SAFE, tmp_path)
    many.create(Setup(LIMITS, l2.root(ANCHOR + 999), ANCHOR + 8, SAFE), ())
    for _ in range(6):
        many.turn(Random(0))
    assert moves(many, 0) == 1
    node.remembers = lambda: ANCHOR + 2
    many.restart()  # it does not remember what the node has said before
    for _ in range(6):
        many.turn(Random(0))
    claims = many.games[0].game.claims
    assert moves(many, 0) == 1
    assert claims[1].countered_by == ZERO_ADDRESS


# --- many at once


def test_a_hundred_games_and_a_broken_one(tmp_path: Path) -> None:
    """A game that answers nonsense stops no other; each game is looked at by itself."""
    l1 = ModelL1(LIMITS, SAFE)
    many = ManyGames(l1, [Node(l1, SAFE)], SAFE, tmp_path)
    for number in range(100):
        root = l2.root(10_000 + number)
        many.create(Setup(LIMITS, root, ANCHOR + 1 + number % 10, SAFE), ())
    many.turn(Random(0))
    l1.state.games[50].claims.clear()  # a contract whose list of claims is empty
    for _ in range(3):
        many.turn(Random(0))
    assert [moves(many, number) for number in range(100) if number != 50] == [1] * 99
    assert many.challenger.metrics.game_errors > 0
