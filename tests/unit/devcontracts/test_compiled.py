"""The artefacts are what the sources compile to."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version

import pytest

from pyoprollup.devcontracts import CONTRACTS, contract
from pyoprollup.eth.types import Address
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.message import Call, run
from tests.compile_contracts import FOLDER, artifact_path, compiled
from tests.unit.devcontracts.support import USER, Evm

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


def test_functions_by_name() -> None:
    system_config = contract("SystemConfig")
    assert system_config.call("setGasLimit", 7).hex() == "b40a817c" + (7).to_bytes(32, "big").hex()
    with pytest.raises(KeyError):
        system_config.call("setNothing")
    with pytest.raises(ValueError, match="uint64"):
        system_config.call("setGasLimit", 1 << 64)
    assert Evm({USER: Account()}).slot(USER, 0) == 0
