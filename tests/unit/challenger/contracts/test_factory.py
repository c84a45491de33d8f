"""The factory as the challenger uses it: what games of a type are made of, and how to make one."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.bindings import GameMetadata, load_contract
from pyoprollup.challenger.contracts import (
    FaultDisputeGameContract,
    GameArgs,
    GameFactoryContract,
    InvalidGameArgs,
    UnsupportedGameType,
    game_parameters,
)
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import ZERO_ADDRESS
from tests.unit.challenger.contracts.support import (
    BLOCK,
    FACTORY,
    GAME,
    ORACLE,
    REGISTRY,
    VM,
    WETH,
    FakeContracts,
    value,
)

ARGS = GameArgs(value(5), VM, REGISTRY, WETH, 901)


def factory(version: str, **values: Any) -> tuple[GameFactoryContract, FakeContracts]:
    l1 = FakeContracts()
    l1.add(FACTORY, load_contract("DisputeGameFactory", version), {"version": version, **values})
    game = {"gameType": 0, "version": "1.2.0", "vm": GAME, "absolutePrestate": value(6), "status": 2}
    l1.add(GAME, load_contract("FaultDisputeGame", "1.2.0"), game)
    found = GameFactoryContract.detect(FACTORY, l1, BLOCK)
    assert isinstance(found, GameFactoryContract)
    return found, l1


def test_vm_and_prestate_are_arguments_since_1_3() -> None:
    made, l1 = factory("1.3.0", gameArgs=ARGS.pack_permissionless())
    assert made.game_vm(0, BLOCK).address == VM
    assert made.game_prestate(0, BLOCK) == value(5)
    assert {block for block, _ in l1.asked} == {BLOCK}
    made, _ = factory("1.4.0", gameArgs=ARGS.pack_permissioned())
    assert made.game_prestate(1, BLOCK) == value(5)


@pytest.mark.parametrize(("version", "values"), [("1.2.0", {}), ("1.3.0", {"gameArgs": b""})])
def test_vm_and_prestate_are_the_implementations_else(version: str, values: dict[str, Any]) -> None:
    made, l1 = factory(version, gameImpls=GAME, **values)
    assert made.game_vm(0, BLOCK).address == GAME
    assert made.game_prestate(0, BLOCK) == value(6)
    assert {block for block, _ in l1.asked} == {BLOCK}


@pytest.mark.parametrize("size", [1, 40, 123, 140, 165])
def test_arguments_of_no_known_layout(size: int) -> None:
    made, _ = factory("1.3.0", gameArgs=bytes(size))
    with pytest.raises(InvalidGameArgs):
        made.game_vm(0, BLOCK)


def test_a_type_that_the_factory_does_not_have() -> None:
    made, _ = factory("1.2.0", gameImpls=ZERO_ADDRESS)
    assert not made.has_game_impl(8, BLOCK)
    with pytest.raises(UnsupportedGameType):
        made.game_prestate(8, BLOCK)


def test_the_vm_leads_to_the_oracle_in_its_version() -> None:
    made, l1 = factory("1.3.0", gameArgs=ARGS.pack_permissionless())
    l1.add(VM, load_contract("MIPS64"), {"oracle": ORACLE})
    l1.add(ORACLE, load_contract("PreimageOracle"), {"version": "1.0.0"})
    oracle = made.game_vm(0, BLOCK).oracle(BLOCK)
    assert (oracle.address, oracle.version) == (ORACLE, "1.0.0")


def test_the_game_at_a_place_of_the_list() -> None:
    made, _ = factory("1.3.0", gameAtIndex=(0, 100, GAME))
    assert made.game_status(3, BLOCK) is GameStatus.DEFENDER_WON
    contract = made.game_contract(GameMetadata(3, 0, 100, GAME), BLOCK)
    assert isinstance(contract, FaultDisputeGameContract)


def test_a_game_by_what_it_claims() -> None:
    made, _ = factory("1.3.0", games=(GAME, 100))
    assert made.game_from_parameters(0, value(1), 2**64, BLOCK) == GAME
    made, _ = factory("1.3.0", games=(ZERO_ADDRESS, 0))
    assert made.game_from_parameters(0, value(1), 7, BLOCK) is None


def test_a_new_game_about_an_output_root() -> None:
    made, _ = factory("1.3.0", initBonds=80)
    transaction = made.create_tx(8, value(1), 7, 901, BLOCK)
    assert transaction.value == 80
    arguments = load_contract("DisputeGameFactory").decode_call(transaction.data)[1]
    assert arguments == (8, value(1), (7).to_bytes(32, "big"))


@pytest.mark.parametrize("game_type", [5, 9])
def test_a_new_game_about_a_super_root_of_one_chain(game_type: int) -> None:
    root, extra = game_parameters(game_type, value(1), 7, 901)
    assert extra == b"\x01" + (7).to_bytes(8, "big") + (901).to_bytes(32, "big") + value(1)
    assert root == keccak256(extra)
