"""What we lean on in py-evm is there: an upgrade that takes it away fails here, and says what is gone."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest
from eth.vm.forks.berlin.logic import selfdestruct_eip2929
from eth.vm.forks.cancun.logic import selfdestruct_eip6780
from eth.vm.logic.system import _selfdestruct, selfdestruct_eip161_on_address

from pyoprollup.evm import py_evm
from pyoprollup.evm.frame import Frame
from pyoprollup.evm.state import State
from pyoprollup.rollup.evm_rules import BaseEvm
from tests.support import ROOT
from tests.unit import modules

CREATE, CREATE2, SELFDESTRUCT = 0xF0, 0xF5, 0xFF
AT_HAND = {"state", "msg", "transaction_context", "logger", "contracts_created"}
"""What a frame has of its own, or as py-evm's computations have it."""


def parameters(function: Any) -> tuple[str, ...]:
    names = tuple(inspect.signature(function).parameters)
    return names[1:] if names[:1] == ("self",) else names


@pytest.mark.parametrize("name", py_evm.RELIED_ON)
def test_what_we_lean_on_is_there(name: str) -> None:
    owner, _, attribute = name.partition(".")
    kind, wanted = getattr(py_evm, owner), py_evm.RELIED_ON[name]
    if not hasattr(kind, attribute):
        assert re.search(rf"self\.{attribute}\b.* = ", inspect.getsource(kind)), (
            f"py-evm {version('py-evm')} has no {name}: see what pyoprollup.evm does with it, and mend that"
        )
        return
    if wanted is not None:
        found = parameters(getattr(kind, attribute))
        assert found == wanted, f"{name} of py-evm {version('py-evm')} takes {found}, we know {wanted}"


def sources() -> Iterator[str]:
    """The text of what runs in our frames: creations and self-destructions of all forks."""
    functions = selfdestruct_eip2929, selfdestruct_eip6780, selfdestruct_eip161_on_address, _selfdestruct
    yield from map(inspect.getsource, functions)
    for base in BaseEvm:
        for op in (CREATE, CREATE2):
            for kind in type(py_evm.OPCODES[base][op]).__mro__:
                if "Create" in kind.__qualname__ and kind.__module__.startswith("eth."):
                    yield inspect.getsource(kind)
        for kind in py_evm.COMPUTATIONS[base].__mro__:
            if "apply_create_message" in vars(kind):
                yield inspect.getsource(kind.apply_create_message)  # type: ignore[attr-defined]
                break


def test_the_forks_self_destructions_are_the_known_ones() -> None:
    for base in BaseEvm:
        opcode = py_evm.OPCODES[base][SELFDESTRUCT]
        logic = getattr(opcode, "__wrapped__", opcode).logic_fn  # type: ignore[attr-defined]
        name = "selfdestruct_eip6780" if base >= BaseEvm.CANCUN else "selfdestruct_eip2929"
        assert logic.__name__ == name, f"SELFDESTRUCT of {base.name} is {logic.__name__} in py-evm now"


def test_states_and_frames_have_all_that_runs_in_them_asks_for() -> None:
    text = "\n".join(sources())
    of_states = set(re.findall(r"\bstate\.(\w+)", text))
    of_frames = set(re.findall(r"\bcomputation\.(\w+)", text)) - AT_HAND
    assert {"get_balance", "delete_storage", "snapshot"} <= of_states
    assert {"consume_gas", "apply_child_computation", "beneficiaries"} <= of_frames
    assert not {name for name in of_states if not hasattr(State, name)}, "states lack what py-evm asks for"
    frame = set(Frame.__init__.__code__.co_names) | set(dir(Frame))
    assert not of_frames - frame, "frames lack what py-evm asks for"


def test_prices_and_precompiles_are_there() -> None:
    for base in BaseEvm:
        assert {CREATE, CREATE2, SELFDESTRUCT} <= py_evm.OPCODES[base].keys()
        assert len(py_evm.PRECOMPILES[base]) >= 9


def test_one_module_imports_it() -> None:
    importers = {
        source.name
        for source in modules.sources()
        for node in ast.walk(source.tree)
        for name in imported(node)
        if name.partition(".")[0] in ("eth", "trie")
    }
    assert importers == {"pyoprollup.evm.py_evm"}


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


@pytest.mark.parametrize("module", ["evm.accounts", "evm.fees", "evm.genesis", "cli.decode"])
def test_what_works_without_it(module: str) -> None:
    code = f"import sys, pyoprollup.{module}; sys.exit('eth' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
