"""Our challenger on the reference's contracts, games 1.2.0 and 1.3.0: random games with strangers in them.

Every transaction is executed by the model as well, so that a game ends as the model predicts. The honest
side wins unless it is wronged by the machine of these games: such games are not counted on, and all others
are. ``tests/disputes/alphabet_machine.py`` says when that is. ``PYOPROLLUP_REAL_GAMES=200`` plays so many of
each version.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from campaigns.dispute_contracts.run import Packages
from campaigns.dispute_contracts.views import check_all
from pyoprollup.challenger.game.claims import Game
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.model import FaultDisputeGame
from pyoprollup.devnet.dishonest import STRATEGIES
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_ADDRESS
from tests.disputes import chain as l2
from tests.disputes.alphabet_machine import misfits
from tests.disputes.model_l1 import ANCHOR
from tests.interop.real_l1 import HONEST, RealGames, RealL1, alphabet_setting

pytestmark = [pytest.mark.npm, pytest.mark.slow]

GAMES = int(os.environ.get("PYOPROLLUP_REAL_GAMES", "20"))
AT_ONCE = 5


@pytest.fixture
def real(l1_contracts: Path, newer_l1_contracts: Path) -> Packages:
    return Packages(l1_contracts, newer_l1_contracts)


@pytest.mark.parametrize("version", ["1.2.0", "1.3.0"])
@pytest.mark.parametrize("first", range(0, GAMES, AT_ONCE))
def test_random_games(real: Packages, tmp_path: Path, version: str, first: int) -> None:
    random = Random(first)
    safe = ANCHOR + random.randrange(6, 20)
    many = RealGames(RealL1(version, real, alphabet_setting(), first), safe, tmp_path)
    kinds = list(STRATEGIES.values())
    claimed = random.sample(range(ANCHOR + 1, ANCHOR + 16), AT_ONCE)
    for number in claimed:
        right = random.random() < 0.5
        root = l2.root(number) if right else keccak256(random.randbytes(8))
        many.create(root, number, *random.choices(kinds, k=random.randrange(1, 3)))
    blocks = many.play()
    many.pay_out()
    views = check_all(many.l1.twin, many.l1.time + 7)
    assert views > 100
    wronged = [_check(game, many, index) for index, game in enumerate(many.l1.state.games)]
    assert many.l1.state.chain.balances[HONEST] >= 0 or any(wronged)
    done = many.l1.twin.done
    steps = sum(count for (name, result), count in done.items() if (name, result) == ("step", "ok"))
    print(
        f"{version}, {first}: {blocks} blocks, {steps} steps, {sum(map(bool, wronged))} games not counted on"
    )


def _check(game: FaultDisputeGame, many: RealGames, index: int) -> list[str]:
    setup, trace = many.games[index].setup, many.traces[index]
    claims = Game(game.claims, setup.limits.max_depth)
    wronged = list(misfits(claims, trace, setup.limits.split_depth, HONEST))
    lines = [
        f"{claim.index}: {claim.claimant[:1].hex()} answers {claim.parent_index} at {claim.position},"
        f" {claim.value[:3].hex()}, countered by {claim.countered_by[:1].hex()}"
        for claim in game.claims
    ]
    told = "\n".join([f"game {index}, {setup}", *lines])
    expected = GameStatus.DEFENDER_WON if setup.is_right else GameStatus.CHALLENGER_WON
    assert game.credit(HONEST) == 0, told
    for claim in game.claims:
        if claim.claimant == HONEST:
            assert game.claims[claim.parent_index].claimant != HONEST, told
            assert claim.countered_by == ZERO_ADDRESS or wronged, told
    assert game.status is expected or wronged, told
    return wronged
