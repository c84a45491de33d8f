"""A whole challenger on the model of L1: heads, reorgs, restarts, tasks, what it counts, and its methods."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.keccak import KeccakMetrics
from pyoprollup.challenger.large_preimages import LargePreimageTask
from pyoprollup.challenger.model import GameLimits
from pyoprollup.challenger.sender import Outbox
from pyoprollup.challenger.service import ChallengerAPI
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.crypto import keccak256
from tests.disputes import chain as l2
from tests.disputes.many_games import ManyGames, Node, check_games
from tests.disputes.model_l1 import L1_BLOCK, ModelL1, Pending
from tests.disputes.world import HONEST, PROPOSER, Setup

LIMITS = GameLimits(8, 4, 600, 91_200)
SAFE = 112


def right(number: int) -> Setup:
    return Setup(LIMITS, l2.root(number), number, SAFE)


def wrong(number: int) -> Setup:
    return Setup(LIMITS, keccak256(b"wrong %d" % number), number, SAFE)


Make = Callable[..., ManyGames]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A challenger with games, which are in the factory once the next block is mined."""

    def make(*setups: Setup, keep: int = 40, **config: Any) -> ManyGames:
        l1 = ModelL1(LIMITS, SAFE, keep=keep)
        many = ManyGames(l1, [Node(l1, SAFE)], SAFE, tmp_path, config=config)
        for setup in setups:
            many.create(setup, ())
        many.l1.mine()
        return many

    return make


def turns(many: ManyGames, count: int = 1, seconds: int = L1_BLOCK) -> None:
    """The challenger looks, and a block comes; so many times, and one look at the end."""
    for _ in range(count):
        many.step()
        many.l1.mine(seconds)
    many.step()


def to_the_end(many: ManyGames) -> None:
    """Until all games are over, final, and paid out."""
    turns(many, 3)
    many.l1.mine(LIMITS.max_clock_duration + 100)
    turns(many, 12)
    many.finish()
    many.step()


def events(many: ManyGames, name: str) -> list[Any]:
    return [told for told in many.told if told.event == name]


def ours(many: ManyGames, index: int) -> list[int]:
    """Our claims in a game."""
    return [claim.index for claim in many.l1.state.games[index].claims if claim.claimant == HONEST]


# --- from the first look to the last bond


def test_right_games_stand_wrong_ones_fall_and_bonds_come_back(make: Make) -> None:
    many = make(right(105), wrong(106), Setup(LIMITS, l2.root(SAFE), SAFE + 3, SAFE))
    to_the_end(many)
    check_games(many)
    games = many.l1.state.games
    assert [game.status for game in games] == [
        GameStatus.DEFENDER_WON,
        GameStatus.CHALLENGER_WON,
        GameStatus.CHALLENGER_WON,
    ]
    assert games[2].l2_block_number_challenged
    metrics = many.challenger.metrics
    assert (metrics.moves, metrics.steps, metrics.l2_challenges) == (1, 0, 1)
    assert (metrics.games_defender_won, metrics.games_challenger_won, metrics.games_in_progress) == (1, 2, 0)
    assert metrics.is_up and metrics.acts and metrics.bonds_claimed
    assert metrics.game_errors == metrics.transactions_failed == metrics.claim_failures == 0
    assert (metrics.busy_workers, metrics.idle_workers) == (0, many.challenger.config.max_concurrency)
    assert many.challenger.is_idle


def test_nothing_is_done_twice_while_it_is_on_its_way(make: Make) -> None:
    many = make(wrong(105))
    for _ in range(5):
        many.step()
    assert len(many.managers[-1].sent) == 1
    turns(many, 4)
    assert ours(many, 0) == [1] and len(many.managers[-1].sent) == 1


@pytest.mark.parametrize("mined_before", [True, False])
def test_a_restart_waits_for_what_was_sent_before(make: Make, mined_before: bool) -> None:
    many = make(wrong(105))
    many.step()
    if mined_before:
        many.l1.mine()
    many.restart()
    many.step()
    assert many.managers[-1].sent == []
    turns(many, 3)
    assert ours(many, 0) == [1] and many.managers[-1].sent == []


def test_what_an_earlier_life_has_sent_is_not_waited_for_for_ever(make: Make) -> None:
    """It may have been too cheap: then nobody mines it."""
    many = make(wrong(105))
    many.step()
    many.restart()
    stuck = list(many.l1.pool)
    for _ in range(30):
        many.l1.pool = []
        many.l1.mine()
        many.l1.pool = list(stuck) if not many.managers[-1].sent else many.l1.pool
        many.step()
    assert len(many.managers[-1].sent) >= 1


def test_one_block_is_looked_at_once(make: Make) -> None:
    many = make(right(105))
    many.step()
    calls = many.l1.calls_made
    many.challenger.wake()
    many.step()
    assert many.l1.calls_made == calls + 1  # the head, which is still the same


def test_a_head_that_found_a_game_busy_is_looked_at_afterwards(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = make(wrong(105))
    turns(many, 2)
    game, sent = many.games[0], many.managers[-1].sent
    assert ours(many, 0) == [1] and len(sent) == 1
    workers: Any = many.challenger._workers
    with monkeypatch.context() as patch:
        patch.setattr(type(workers), "collect", lambda _self: [])
        many.l1.mine()
        many.challenger.step(many.now)
        game.move(PROPOSER, game.game.claims[1], True, keccak256(b"a lie"))
        many.l1.mine()
        many.challenger.step(many.now)
    assert len(sent) == 1
    many.step()
    assert len(sent) == 2


def test_between_looks_at_all_games_some_time_of_l1_may_have_to_pass(make: Make) -> None:
    many = make(wrong(105), min_update_interval=10 * L1_BLOCK)
    turns(many, 2)
    many.create(wrong(106), ())
    turns(many, 4)
    assert ours(many, 0) == [1] and ours(many, 1) == []
    turns(many, 10)
    assert ours(many, 1) == [1]


# --- an L1 that fails, lags or is reorganized


def test_an_l1_that_fails_is_asked_again(make: Make) -> None:
    many = make(wrong(105))
    many.l1.fails = lambda: True
    turns(many, 2)
    assert many.challenger.metrics.l1_errors == 3 and not many.challenger.metrics.is_up
    many.l1.fails = lambda: False
    turns(many, 2)
    assert ours(many, 0) == [1]


def test_a_look_that_failed_in_its_midst_is_taken_again_at_the_same_block(make: Make) -> None:
    many = make(wrong(105))
    calls = 0

    def second_call_fails() -> bool:
        nonlocal calls
        calls += 1
        return calls == 2

    many.l1.fails = second_call_fails
    many.step()
    assert many.challenger.metrics.l1_errors == 1 and many.managers[-1].sent == []
    many.challenger.wake()
    many.step()
    assert len(many.managers[-1].sent) == 1


def test_a_head_that_goes_back_decides_nothing(make: Make) -> None:
    """A node that lags behind a load balancer does not know our move yet, and would have it made again."""
    many = make(wrong(105))
    turns(many, 2)
    assert ours(many, 0) == [1]
    many.l1.lag = lambda: 2
    many.challenger.wake()
    many.step()
    assert many.challenger.metrics.heads_went_back == 1
    assert len(many.managers[-1].sent) == 1


def test_games_that_a_reorg_has_swapped_are_looked_at_anew(make: Make) -> None:
    """Public failure 14: the factory gives addresses by number, so each address is another game now.

    Both are right, and neither is of the block that was looked for at its address before.
    """
    many = make(right(105), right(110))
    turns(many, 2)
    before = [(game.address, game.created_at, game.l2_block_number) for game in many.l1.state.games]
    many.l1.reorg(3)
    many.l1.mine(order=lambda pool: pool.reverse())
    after = [(game.address, game.created_at, game.l2_block_number) for game in many.l1.state.games]
    assert [entry[:2] for entry in before] == [entry[:2] for entry in after] and before != after
    turns(many, 10)
    assert ours(many, 0) == ours(many, 1) == []
    assert events(many, "l1-reorganized")


@pytest.mark.parametrize("swapped", [True, False])
def test_a_move_against_a_game_that_is_another_one_now_costs_nothing(make: Make, swapped: bool) -> None:
    """Public failure 14: with the move on its way. It names the value that it disputes."""
    many = make(wrong(105), right(110))
    many.step()
    assert len(many.l1.pool) == 1  # our move against the first
    many.l1.reorg(1)

    def order(pool: list[Pending]) -> None:
        first, second = (pending for pending in pool if pending.sender != HONEST)
        move = next(pending for pending in pool if pending.sender == HONEST)
        pool[:] = [second, first, move] if swapped else [first, second, move]

    many.l1.mine(order=order)
    turns(many, 12)
    assert all(game.claims[0].value != l2.root(110) or len(game.claims) == 1 for game in many.l1.state.games)
    assert sum(len(game.claims) for game in many.l1.state.games) == 3


def test_a_game_that_was_over_on_a_chain_that_is_gone_is_resolved_again(make: Make) -> None:
    many = make(right(105))
    turns(many)
    many.l1.mine(LIMITS.max_clock_duration + 100)
    turns(many, 3)
    assert many.l1.state.games[0].status is GameStatus.DEFENDER_WON
    many.l1.reorg(3)
    many.l1.pool.clear()  # what had resolved it is lost
    many.l1.mine()
    assert many.l1.state.games[0].status is GameStatus.IN_PROGRESS
    turns(many, 12)
    assert many.l1.state.games[0].status is GameStatus.DEFENDER_WON


def test_a_bond_that_was_claimed_on_a_chain_that_is_gone_is_claimed_again(make: Make) -> None:
    many = make(wrong(105), keep=100)
    to_the_end(many)
    game = many.l1.state.games[0]
    assert game.credit(HONEST) == 0
    turns(many, 2)
    depth = 0
    while not many.l1.state.games[0].credit(HONEST):
        many.l1.reorg(1)
        depth += 1
    many.l1.pool.clear()
    for _ in range(depth):
        many.l1.mine()
    assert many.l1.state.games[0].credit(HONEST)
    turns(many, 10)
    assert many.l1.state.games[0].credit(HONEST) == 0


# --- one game and the others


def test_a_game_that_cannot_be_read_stops_no_other(make: Make) -> None:
    """Public failure 11: one unreadable game is one unreadable game."""
    many = make(wrong(105), wrong(106), wrong(107))
    broken = many.l1.state.games[1]
    broken.claims[0] = object()  # type: ignore[call-overload]
    with pytest.raises(AttributeError):
        many.l1.state.chain.at(broken.address).claims[0].value  # noqa: B018
    many.l1._states.clear()
    many.l1.mine()
    turns(many, 3)
    assert len(many.l1.state.games[0].claims) == len(many.l1.state.games[2].claims) == 2
    assert events(many, "game-failed")


def test_a_node_that_is_behind_is_waited_for_and_no_move_is_made(make: Make) -> None:
    """Public failures 9 and 11: unknown, until the node is past the game's L1 head."""
    many = make(wrong(105))
    node = many.nodes[0]
    assert isinstance(node, Node)
    node.behind = lambda: len(many.l1.refs)
    turns(many, 5)
    assert ours(many, 0) == []
    node.behind = lambda: -1
    turns(many, 2)
    assert ours(many, 0) == [1]


# --- tasks, methods, settings


class Failing:
    """A scheduler that fails at whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise Unavailable(name)


def test_a_game_type_without_an_oracle_stops_no_pass(make: Make) -> None:
    many = make(right(105))
    news: list[Any] = []
    task = LargePreimageTask(
        many.challenger.config,
        many.l1,  # type: ignore[arg-type]
        Failing(),  # type: ignore[arg-type]
        Outbox(HONEST),
        KeccakMetrics(),
        news.append,
    )
    task((), many.l1.head_ref)
    assert news == []  # the oracle has no large pre-images
    many.l1.fails = lambda: True
    with pytest.raises(Unavailable):
        task((), many.l1.head_ref)
    task.begin_anew()


def test_a_defect_in_a_task_does_not_end_the_play(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    many = make(wrong(105))

    def broken(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("pyoprollup.challenger.claimer.Claimer.claim_bonds", broken)
    turns(many, 2)
    assert ours(many, 0) == [1]
    (first, *_) = events(many, "claims-failed")
    assert "ZeroDivisionError: ours" in str(first.details["error"])


def test_who_is_stopped_looks_at_nothing_until_it_is_started(make: Make) -> None:
    many = make(wrong(105))
    methods = ChallengerAPI(many.challenger).methods()
    assert sorted(methods) == ["admin_startChallenger", "admin_stopChallenger"]
    methods["admin_stopChallenger"]()
    turns(many, 3)
    assert many.managers[-1].sent == []
    methods["admin_startChallenger"]()
    assert many.challenger.next_due <= many.now
    turns(many, 2)
    assert ours(many, 0) == [1]


def test_who_is_stopped_finishes_what_it_has_begun(make: Make) -> None:
    many = make(wrong(105))
    many.step()
    ChallengerAPI(many.challenger).stop()
    turns(many, 2)
    assert ours(many, 0) == [1] and many.challenger.is_idle


def test_settings_are_checked_before_anything_is_done(make: Make) -> None:
    with pytest.raises(ConfigError, match="max_concurrency"):
        make(max_concurrency=0)


def test_players_of_many_games_are_let_go_when_these_are_over(make: Make) -> None:
    many = make(*(wrong(number) for number in range(101, 117)))
    assert len(many.l1.state.games) == 16
    to_the_end(many)
    check_games(many)
    many.challenger.config  # noqa: B018
    turns(many, 2, seconds=many.challenger.config.game_window + 100)
    assert many.challenger._coordinator._states == {}


def test_the_same_seed_is_the_same_game(tmp_path: Path) -> None:
    """The challenger has no chance of its own."""

    def sent(folder: str) -> list[bytes]:
        l1 = ModelL1(LIMITS, SAFE)
        many = ManyGames(l1, [Node(l1, SAFE)], SAFE, tmp_path / folder)
        many.create(wrong(105), ())
        for _ in range(6):
            many.turn(Random(4))
        return [pending.candidate.data for pending in many.managers[-1].sent]

    assert sent("a") == sent("b") != []
