"""A whole challenger among games about super roots: wrong ones, right ones, and ones about times to come.

``PYOPROLLUP_MANY_GAMES=50`` plays more of each.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.model import GameLimits
from pyoprollup.eth.super_root import super_root
from tests.disputes.many_games import check_games, random_games
from tests.disputes.model_l1 import ANCHOR, L1_BLOCK
from tests.disputes.super_games import (
    Balancer,
    Source,
    SuperL1,
    SuperManyGames,
    SuperSetup,
    output,
    random_setup,
)
from tests.disputes.world import HONEST

SEEDS = range(int(os.environ.get("PYOPROLLUP_MANY_GAMES", "2")))
LIMITS = GameLimits(max_depth=14, split_depth=9, clock_extension=1_200, max_clock_duration=93_000)
SAFE = ANCHOR + 2
Trouble = Callable[[SuperManyGames, Random], None]


def begin(l1: SuperL1, folder: Path, *sources: Source | Balancer) -> SuperManyGames:
    return SuperManyGames(l1, (), SAFE, folder, super_nodes=sources or (Source(l1, SAFE),))


def play(many: SuperManyGames, random: Random, trouble: Trouble = lambda _many, _random: None) -> None:
    """Play until all games are resolved, with trouble before each block."""
    for _ in range(3_000):
        if many.over:
            return
        trouble(many, random)
        many.turn(random, random.choice((L1_BLOCK, 300, 900)))


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_goes_wrong(seed: int, tmp_path: Path) -> None:
    random, l1 = Random(seed), SuperL1(LIMITS, SAFE, seed=seed)
    many = begin(l1, tmp_path)
    random_games(random, many, 4, LIMITS, random_setup)
    play(many, random)
    many.finish()
    check_games(many, f"seed {seed}")
    metrics = many.challenger.metrics
    assert metrics.game_errors == metrics.l1_errors == 0


@pytest.mark.parametrize(
    ("claimed", "salt", "status"),
    [
        (SAFE, 0, GameStatus.DEFENDER_WON),
        (SAFE, 1000, GameStatus.CHALLENGER_WON),
        (SAFE + 1, 0, GameStatus.CHALLENGER_WON),
        (SAFE + 2, 0, GameStatus.CHALLENGER_WON),
    ],
    ids=["right", "wrong", "half derived", "not derived"],
)
def test_a_proposal(claimed: int, salt: int, status: GameStatus, tmp_path: Path) -> None:
    """One that L1 did not have the data of at the game's L1 head is wrong, whatever comes later."""
    random, l1 = Random(claimed), SuperL1(LIMITS, SAFE)
    many = begin(l1, tmp_path)
    many.create(SuperSetup(LIMITS, super_root(output(claimed, salt)), claimed, SAFE, salt), ())
    play(many, random)
    assert many.games[0].game.status is status


@pytest.mark.parametrize("seed", SEEDS)
def test_half_blind_sources_and_a_challenger_that_is_killed(seed: int, tmp_path: Path) -> None:
    """Behind a load balancer is one that lags, and one that has lost what it knew for a while."""
    random, l1 = Random(seed), SuperL1(LIMITS, SAFE, keep=5, seed=seed)
    good, bad = Source(l1, SAFE), Source(l1, SAFE)
    many = begin(l1, tmp_path, Balancer([good, bad]))
    random_games(random, many, 3, LIMITS, random_setup)

    def trouble(many: SuperManyGames, random: Random) -> None:
        lost = random.choice((SAFE, SAFE, SAFE - 1, ANCHOR))
        behind = random.choice((0, 0, 0, 5))
        bad.safe, bad.behind = (lambda: lost), (lambda: behind)
        if random.random() < 0.05:
            many.restart()

    play(many, random, trouble)
    bad.safe, bad.behind = (lambda: SAFE), (lambda: 0)
    many.finish()
    for game in many.games:
        ours = [claim for claim in game.game.claims if claim.claimant == HONEST]
        assert all(claim.countered_by == bytes(20) for claim in ours), f"seed {seed}, game {game.index}"
