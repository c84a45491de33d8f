"""The artefacts are what the sources compile to."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.challenger.model import GAME_RULES, GameLimits, Revert
from pyoprollup.devcontracts import CONTRACTS, contract
from pyoprollup.eth.abi import encode_arguments
from pyoprollup.eth.types import Address
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.message import Call, run
from tests.compile_contracts import FOLDER, artifact_path, compiled, creation_code
from tests.unit.devcontracts.support import DEPOSITOR, USER, Evm

COMPILER = "0.4.3"


@pytest.mark.parametrize("name", CONTRACTS)
def test_artefacts_match_their_sources(name: str) -> None:
    try:
        found = version("vyper")
    except PackageNotFoundError:
        pytest.skip(f"needs the Vyper compiler, version {COMPILER} (the dev extra has it)")
    if found != COMPILER:
        pytest.skip(f"needs the Vyper compiler {COMPILER}, has {found}")
    assert json.loads(artifact_path(name).read_text()) == compiled(name)


def test_nothing_but_the_contracts_is_there() -> None:
    sources = {path.stem: path.parent.name for path in FOLDER.glob("*/*.vy")}
    assert sources == CONTRACTS
    assert {path.stem for path in FOLDER.glob("artifacts/*.json")} == set(CONTRACTS)


@pytest.mark.parametrize("name", CONTRACTS)
def test_code_runs_on_the_oldest_fork(name: str) -> None:
    """No instruction that is younger than the Merge: chains may begin with Bedrock."""
    code, position = contract(name).runtime, 0
    end = json.loads(artifact_path(name).read_text())["code_size"]
    assert len(code) - 1_000 < end <= len(code) <= 24_576
    while position < end:
        op = code[position]
        assert op not in (0x49, 0x4A, 0x5C, 0x5D, 0x5E, 0x5F), hex(op)
        position += 1 + max(op - 0x5F, 0) * (op < 0x80)


@pytest.mark.parametrize("name", CONTRACTS)
def test_init_code_deploys(name: str) -> None:
    evm = Evm({})
    rules = evm.l1.config.rules.evm
    outcome = run(evm.state, rules, Call(USER, None, 0, contract(name).init_code, 10**7, 0))
    assert outcome.success
    created = Address(outcome.frame.msg.storage_address)
    assert evm.state.get_code(created) == contract(name).runtime


CONSTRUCTED: dict[str, tuple[list[str], list[Any], dict[str, int | bytes]]] = {
    "AlphabetVM": (
        ["bytes32", "address", "uint256"],
        [b"\3" * 32, USER, 1],
        {"ABSOLUTE_PRESTATE": b"\3" * 32, "ORACLE": USER, "FIRST_STEP": 1},
    ),
    "DelayedWETH": (
        ["uint256", "address", "address"],
        [5, USER, DEPOSITOR],
        {"DELAY_SECONDS": 5, "OWNER": USER, "CONFIG": DEPOSITOR},
    ),
    "MIPS64": (["address", "uint256"], [USER, 8], {"ORACLE": USER}),
    "PreimageOracle": (["uint256", "uint256"], [6, 7], {"MIN_PROPOSAL_SIZE": 6, "CHALLENGE_PERIOD": 7}),
    **dict.fromkeys(
        ("FaultDisputeGame", "PermissionedDisputeGame"),
        (
            ["(uint256,uint256,uint64,uint64)"],
            [(73, 30, 8, 90)],
            {"MAX_GAME_DEPTH": 73, "SPLIT_DEPTH": 30, "CLOCK_EXTENSION": 8, "MAX_CLOCK_DURATION": 90},
        ),
    ),
}
"""Types and arguments of constructors, and what they set."""


def test_all_that_have_a_constructor_are_here() -> None:
    assert set(CONSTRUCTED) == {name for name in CONTRACTS if contract(name).immutables}


@pytest.mark.parametrize("name", CONSTRUCTED)
def test_what_a_constructor_sets_is_behind_the_code(name: str) -> None:
    pytest.importorskip("vyper")
    types, arguments, immutables = CONSTRUCTED[name]
    success, code = deployed(creation_code(name) + encode_arguments(types, arguments))
    assert success
    made = contract(name).deployed_with(**immutables)
    assert code == made.runtime and made.immutables == ()
    with pytest.raises(ValueError, match=next(iter(immutables))):
        contract(name).deployed_with(other=1)


def deployed(creation: bytes) -> tuple[bool, bytes]:
    """Whether a contract could be created, and its code, or what its constructor reverted with."""
    evm = Evm({})
    outcome = run(evm.state, evm.l1.config.rules.evm, Call(USER, None, 0, creation, 10**7, 0))
    if not outcome.success:
        return False, bytes(outcome.output)
    return True, bytes(evm.state.get_code(Address(outcome.frame.msg.storage_address)))


DEPTHS = st.one_of(st.integers(0, 130), st.just((1 << 256) - 1))
TIMES = st.one_of(st.integers(0, 10), st.integers((1 << 63) - 1, (1 << 64) - 1))


@settings(max_examples=60)
@given(DEPTHS, DEPTHS, TIMES, TIMES)
def test_constructors_of_games_refuse_what_the_model_refuses(
    max_depth: int, split: int, extension: int, clock: int
) -> None:
    pytest.importorskip("vyper")
    arguments = encode_arguments(["(uint256,uint256,uint64,uint64)"], [(max_depth, split, extension, clock)])
    success, output = deployed(_game_code() + arguments)
    expected: bytes | None = None
    try:
        GameLimits(max_depth, split, extension, clock).check(GAME_RULES["2.4.2"])
    except Revert as exc:
        expected = exc.data
    assert (None if success else output) == expected


@cache
def _game_code() -> bytes:
    return creation_code("FaultDisputeGame")


def test_functions_by_name() -> None:
    system_config = contract("SystemConfig")
    assert system_config.call("setGasLimit", 7).hex() == "b40a817c" + (7).to_bytes(32, "big").hex()
    with pytest.raises(KeyError):
        system_config.call("setNothing")
    with pytest.raises(ValueError, match="uint64"):
        system_config.call("setGasLimit", 1 << 64)
    assert Evm({USER: Account()}).slot(USER, 0) == 0
