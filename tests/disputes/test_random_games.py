"""Random games of one to five dishonest players, to their end: whoever is right wins, and keeps its bonds.

A campaign: ``PYOPROLLUP_RANDOM_GAMES=10000 pytest tests/disputes/test_random_games.py``, about five minutes
of one core; ``PYOPROLLUP_RANDOM_GAMES_SEED=N`` begins at another seed.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.honest_claims import HonestClaims
from pyoprollup.challenger.game.solver import GameSolver
from tests.disputes import world
from tests.disputes.games import play

GAMES = int(os.environ.get("PYOPROLLUP_RANDOM_GAMES", "500"))
FIRST = int(os.environ.get("PYOPROLLUP_RANDOM_GAMES_SEED", "0"))
PARTS = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_the_honest_side_wins(part: int) -> None:
    met: Counter[str] = Counter()
    for seed in range(FIRST + part, FIRST + GAMES, PARTS):
        played = play(seed)
        met["right"] += played.world.setup.is_right
        met["deep"] += played.world.setup.limits.max_depth >= 30
        met["steps"] += any(
            claim.depth == played.world.setup.limits.max_depth for claim in played.world.game.claims
        )
        met["restarts"] += played.restarts
        met["reverted"] += len(played.world.reverted)
    # The games are not all of one kind.
    assert met["right"] and met["deep"] and met["steps"] and met["restarts"] and met["reverted"]


class Eager(GameSolver):
    """A player who answers everything that is not its own, as the first rules for freeloaders had it."""


def always(_game: Game, claim: Claim, honest: HonestClaims) -> bool:
    return not honest.is_honest(claim)


def never_freeloaders(game: Game, claim: Claim, honest: HonestClaims) -> bool:
    parent = game.parent(claim)
    return not honest.is_honest(claim) and (parent is None or honest.is_honest(parent))


@pytest.mark.parametrize("rule", [always, never_freeloaders])
def test_these_games_tell_a_wrong_rule(rule: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another rule of what is to be countered some games are lost: the checks can fail."""
    monkeypatch.setattr("pyoprollup.challenger.game.solver.should_counter", rule)
    monkeypatch.setattr(world.CheckedSolver, "calculate_next_actions", GameSolver.calculate_next_actions)
    with pytest.raises(AssertionError):
        for seed in range(200):
            play(seed)
