"""From source to machine code."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pyoprollup.cannon.compiled import loader
from pyoprollup.cannon.compiled.loader import MODULES, TABLES, cache_folder, machine_source, transformed

MODULE = '''"""A module."""
from elsewhere import thing

LIMIT = 7
"""What it is."""
WIDE = 1 << 3


def double(x: int, y: int = 0) -> int:
    """Twice a number."""
    flag = True
    return x * 2 + 0xFF if flag else LIMIT
'''


def test_changes_of_a_module() -> None:
    parts, numbers = transformed(MODULE)
    assert parts[:2] == ["LIMIT = uint64(7)", "WIDE = uint64(1 << 3)"]
    assert parts[2].splitlines() == [
        "@inlined",
        "def double(x, y=n0):",
        "    flag = True",
        "    return x * n2 + n255 if flag else LIMIT",
    ]
    assert numbers == {0, 2, 255}


def test_the_whole_source() -> None:
    tree = ast.parse(machine_source())
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert len(names) == len(set(names)), "two modules have a function of one name"
    assert {"machine_at", "permute", "run", "system_call", "load64", "call_prove"} <= set(names)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            numbers = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
            assert all(isinstance(each, bool) or not isinstance(each, int) for each in numbers), node.name


def test_every_module_of_the_definition_is_compiled() -> None:
    there = {f"core/{path.name}" for path in (loader.PACKAGE / "core").glob("*.py")}
    assert there - set(MODULES) == {"core/__init__.py", "core/plain.py"}
    assert len(TABLES) == len(set(TABLES))


def test_where_compiled_code_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "pyoprollup"
    one = loader._place(loader._digest("1"))
    assert one.read_text() == machine_source() and one.is_relative_to(tmp_path)
    assert loader._place(loader._digest("1")) == one != loader._place(loader._digest("2"))
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    elsewhere = loader._place(loader._digest("1"))
    assert elsewhere != one and elsewhere.read_text() == machine_source()


def test_every_source_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "cannon"
    shutil.copytree(loader.PACKAGE, package)
    monkeypatch.setattr(loader, "PACKAGE", package)
    digests = {loader._digest("")}
    for name in (*MODULES, "compiled/keccak.py", "compiled/loader.py", "compiled/pointers.py"):
        (package / name).write_text((package / name).read_text() + "\n")
        digests.add(loader._digest(""))
    assert len(digests) == len(MODULES) + 4


def test_nothing_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys, pyoprollup.cannon.compiled, pyoprollup.cannon.engines; sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
