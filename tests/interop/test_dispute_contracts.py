"""The model against the real contracts of disputes, games 1.2.0 and 1.3.0, on the engine's EVM.

``python -m campaigns.dispute_contracts`` plays more, and games 2.x as well.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from campaigns.dispute_contracts.deployment import Deployer
from campaigns.dispute_contracts.evm import OwnEvm
from campaigns.dispute_contracts.run import Packages, play
from campaigns.dispute_contracts.setting import OWNER, PRESTATE
from pyoprollup.bindings import load_contract
from pyoprollup.challenger.game.bonds import MAX_GAME_DEPTH, required_bond
from pyoprollup.challenger.game.position import Position
from pyoprollup.eth.types import ZERO_ADDRESS

pytestmark = [pytest.mark.npm, pytest.mark.slow]

GAMES = int(os.environ.get("PYOPROLLUP_DISPUTES", "60"))
CHUNK = 30


@pytest.fixture
def real(l1_contracts: Path, newer_l1_contracts: Path) -> Packages:
    return Packages(l1_contracts, newer_l1_contracts)


@pytest.mark.parametrize("version", ["1.2.0", "1.3.0"])
@pytest.mark.parametrize("first", range(0, GAMES, CHUNK))
def test_games(real: Packages, version: str, first: int) -> None:
    for seed in range(first, min(first + CHUNK, GAMES)):
        outcome = play(version, "games", seed, real)
        assert outcome.disagreement == "", seed
        assert outcome.views > 100


@pytest.mark.parametrize("version", ["1.2.0", "1.3.0"])
@pytest.mark.parametrize("seed", [813, 1168])
def test_games_that_found_something(real: Packages, version: str, seed: int) -> None:
    """A game that exists is refused by the old factory only after the game itself has refused it."""
    outcome = play(version, "games", seed, real)
    assert outcome.disagreement == ""
    assert outcome.calls["create", "BadAuth" if seed == 813 else "UnexpectedRootClaim"]


@pytest.mark.parametrize("version", ["1.2.0", "1.3.0"])
def test_the_oracle(real: Packages, version: str) -> None:
    for seed in range(GAMES // 8):
        outcome = play(version, "oracle", seed, real)
        assert outcome.disagreement == "", seed


@pytest.mark.parametrize("max_depth", [4, 5, 8, 30, 47, 64, 73, 100, MAX_GAME_DEPTH])
def test_bonds_of_all_depths(l1_contracts: Path, max_depth: int) -> None:
    evm = OwnEvm()
    made = Deployer(evm, l1_contracts)
    addresses = [ZERO_ADDRESS] * 3
    game = made.deploy("FaultDisputeGame", 0, PRESTATE, max_depth, 2, 1, 9, *addresses, 901)
    getter = load_contract("FaultDisputeGame", "1.2.0").function("getRequiredBond")
    for depth in range(max_depth + 1):
        done = evm.call(OWNER, game, getter.encode(Position(depth, 0).gindex))
        assert done.success
        assert getter.decode_result(done.output) == required_bond(depth, max_depth), depth
