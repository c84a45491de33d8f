"""Which contract a game is, by type and version."""

from __future__ import annotations

import pytest

from pyoprollup.bindings import Contract, parse_member
from pyoprollup.challenger.contracts import (
    FaultDisputeGameContract,
    SuperPermissionedDisputeGameContract,
    UnsupportedGameType,
    ZKDisputeGameContract,
    detect_game_type,
    dispute_game_contract,
    fault_dispute_game_contract,
)
from pyoprollup.errors import DecodeError
from pyoprollup.sources.l1 import ExecutionReverted
from tests.unit.challenger.contracts.support import BLOCK, GAME, FakeContracts, Raw

ANY_GAME = Contract.of(
    "game", [parse_member("gameType() view -> (uint32)"), parse_member("version() view -> (string)")]
)


def l1(version: object = "1.2.0", game_type: object = 0) -> FakeContracts:
    made = FakeContracts()
    made.add(GAME, ANY_GAME, {"version": version, "gameType": game_type})
    return made


@pytest.mark.parametrize("game_type", [0, 1, 8, 254, 255])
def test_games_about_output_roots(game_type: int) -> None:
    contract = dispute_game_contract(game_type, GAME, l1(), BLOCK)
    assert isinstance(contract, FaultDisputeGameContract)
    assert contract.version.prefix == "1.2." and contract.address == GAME


def test_games_about_super_roots_have_one_version() -> None:
    backend = l1()
    contract = fault_dispute_game_contract(9, GAME, backend, BLOCK)
    assert contract.version.contract == "SuperFaultDisputeGame" and backend.asked == []


def test_games_without_claims() -> None:
    assert isinstance(dispute_game_contract(5, GAME, l1(), BLOCK), SuperPermissionedDisputeGameContract)
    assert isinstance(dispute_game_contract(10, GAME, l1(), BLOCK), ZKDisputeGameContract)
    for game_type in (5, 10):
        with pytest.raises(UnsupportedGameType):
            fault_dispute_game_contract(game_type, GAME, l1(), BLOCK)


@pytest.mark.parametrize("game_type", [2, 3, 4, 6, 7, 11, 1337, 2**32 - 1])
def test_types_that_are_only_named_or_not_even_that(game_type: int) -> None:
    with pytest.raises(UnsupportedGameType):
        dispute_game_contract(game_type, GAME, l1(), BLOCK)
    with pytest.raises(UnsupportedGameType):
        detect_game_type(GAME, l1(game_type=game_type), BLOCK)


@pytest.mark.parametrize("game_type", [0, 1, 5, 8, 9, 10, 254, 255])
def test_the_type_that_a_game_says(game_type: int) -> None:
    assert detect_game_type(GAME, l1(game_type=game_type), BLOCK) == game_type


def test_a_foreign_game_ends_in_a_typed_error() -> None:
    """A proxy without code, one that reverts, and one that answers something else (failure 1)."""
    with pytest.raises(DecodeError):
        dispute_game_contract(0, GAME, l1(version=Raw(b"")), BLOCK)
    with pytest.raises(DecodeError):
        dispute_game_contract(0, GAME, l1(version=Raw(b"\xff" * 96)), BLOCK)
    with pytest.raises(ExecutionReverted):
        dispute_game_contract(0, GAME, l1(version=ExecutionReverted()), BLOCK)
