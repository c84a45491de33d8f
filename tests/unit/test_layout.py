"""How the house is laid out: the rules that no linter holds."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from pyoprollup.derive import DropReason, Verdict
from pyoprollup.derive.batch_queue import check_batch
from pyoprollup.replay.recording import read_json
from pyoprollup.vectors import derive_formats
from tests.golden import golden_path
from tests.recordings import derive, go_recordings, rust_recordings
from tests.support import ROOT
from tests.unit import modules
from tests.unit.modules import Source

MAX_LINES, MAX_FUNCTION_LINES = 500, 80


def layers() -> list[set[str]]:
    """From the bottom up, packages to come included: the table in ``pyproject.toml``."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = (contract for contract in contracts if contract["type"] == "layers")
    assert contract["exhaustive"]
    return [{name.strip(" ()") for name in row.split("|")} for row in reversed(contract["layers"])]


LAYERS = layers()
"""A package imports what is below it; those of one layer do not know each other."""

CORE = ("eth", "rollup", "derive", "sources")
IMPURE = {
    *("time", "datetime", "random", "secrets", "uuid"),
    *("socket", "ssl", "select", "selectors", "urllib", "http", "asyncio", "anyio", "httpx"),
    *("threading", "_thread", "queue", "concurrent", "multiprocessing", "subprocess", "signal"),
    *("logging", "structlog"),
}
"""What gives a module a clock, chance, a network, threads or a log of its own."""

PURE_OS = {"PathLike", "fspath"}
"""All of ``os`` that the core may use: a caller may name a file by a path object."""


def ids(source: Source) -> str:
    return source.name


def imported(source: Source) -> Iterator[str]:
    """Dotted names of all that a module imports, wherever in it."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{source.name} imports relatively"
            yield node.module or ""


# --- sizes, docstrings, names


@pytest.mark.parametrize("source", modules.sources(), ids=ids)
def test_modules_and_functions_are_small(source: Source) -> None:
    assert len(source.text.splitlines()) <= MAX_LINES
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            lines = node.end_lineno - node.lineno + 1
            assert lines <= MAX_FUNCTION_LINES, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("source", [source for source in modules.sources() if source.text], ids=ids)
def test_modules_say_what_they_are_and_export(source: Source) -> None:
    assert ast.get_docstring(source.tree)
    exported = source.exported()
    if source.area in (*CORE, "cli"):
        assert exported is not None or (source.is_package and not list(imported(source)))


SAYS_NOTHING = re.compile(
    r"(?:nothing|base class|the same|see below|see above|as above|ditto)\W*", re.IGNORECASE
)
SHORT: set[str] = set()
"""Names for which fewer than four words say all that there is; none so far."""


def public_docstrings(source: Source) -> Iterator[tuple[str, str]]:
    """Name and docstring of what a module makes public, without properties."""

    def walk(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, str]]:
        for node in body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
            text = ast.get_docstring(node)
            if node.name.startswith("_") or decorators & {"property", "cached_property", "setter"}:
                continue
            if text is not None:
                yield prefix + node.name, text
            if isinstance(node, ast.ClassDef):
                yield from walk(node.body, f"{prefix}{node.name}.")

    return walk(source.tree.body, f"{source.name}.")


@pytest.mark.parametrize("source", modules.sources(), ids=ids)
def test_docstrings_say_something(source: Source) -> None:
    """At least four words, and not only that there is nothing to say or that it is said elsewhere."""
    found = [
        (name, text)
        for name, text in public_docstrings(source)
        if SAYS_NOTHING.fullmatch(text) or (len(text.split()) < 4 and name not in SHORT)
    ]
    assert found == []


# --- layers and purity


def layer(area: str) -> int:
    """Which layer a package is in. A new package gets its place in ``LAYERS``."""
    return next(index for index, areas in enumerate(LAYERS) if area in areas)


@pytest.mark.parametrize("source", [s for s in modules.sources() if s.area], ids=ids)
def test_imports_point_downwards(source: Source) -> None:
    for name in imported(source):
        area = name.partition("pyoprollup.")[2].partition(".")[0]
        assert not area or area == source.area or layer(area) < layer(source.area), name


@pytest.mark.parametrize("source", modules.of(*CORE), ids=ids)
def test_core_is_pure(source: Source) -> None:
    assert not {name.partition(".")[0] for name in imported(source)} & IMPURE
    used = {
        node.attr
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    }
    assert used <= PURE_OS


DECISIONS = (
    "events",
    "engine",
    "driver",
    "finality",
    "sequencing",
    "batcher",
    "txmgr",
    "p2p",
    "replay",
    "node",
)
WITH_THREADS = {"pyoprollup.node.service", "pyoprollup.node.workers"}
"""All that the node's packages have of them; the rest is stepped by whoever has a thread."""


@pytest.mark.parametrize("source", modules.of(*DECISIONS), ids=ids)
def test_what_runs_is_stepped_and_has_no_thread(source: Source) -> None:
    threads = {"threading", "_thread", "queue", "concurrent", "multiprocessing", "asyncio", "time", "signal"}
    used = {name.partition(".")[0] for name in imported(source)} & threads
    assert bool(used) == (source.name in WITH_THREADS), used


@pytest.mark.parametrize("source", modules.of("engine", "driver", "finality", "sequencing", "node"), ids=ids)
def test_only_the_controller_moves_heads(source: Source) -> None:
    moved = {
        ast.unparse(target)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr == "heads"
    }
    assert not moved or source.name == "pyoprollup.engine.controller"


def test_derivation_does_not_load_the_evm() -> None:
    """py-evm's package is called ``eth`` and takes a second to load."""
    code = "import sys, pyoprollup.derive; sys.exit('eth' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


# --- fast paths beside plain ones

TWIN = re.compile(
    r"^Twin: (?P<twin>[\w.]+(?::\w+)?); held equal by\s+(?P<tests>tests/[\w/]+\.py)\.$", re.MULTILINE
)
FAST = {
    "pyoprollup.cannon.compiled.engine",
    "pyoprollup.cannon.compiled.keccak",
    "pyoprollup.cannon.compiled.prelude",
    "pyoprollup.cannon.compiled.tree",
    "pyoprollup.cannon.compiled.witnesses",
    "pyoprollup.derive.codec.span_batch_txs",
    "pyoprollup.derive.codec.uvarint",
    "pyoprollup.derive.compression.decompress",
    "pyoprollup.derive.compression.inflate",
    "pyoprollup.derive.compression.unbrotli",
    "pyoprollup.derive.compression.unbrotli.quick",
    "pyoprollup.eth.crypto",
    "pyoprollup.eth.rlp",
    "pyoprollup.eth.trie",
    "pyoprollup.evm.accounts",
    "pyoprollup.evm.bn254",
    "pyoprollup.evm.bn254_fields",
    "pyoprollup.evm.fastlz",
    "pyoprollup.evm.inlined",
    "pyoprollup.evm.state_trie",
}
"""Modules that do quickly what another one does plainly, and say so: see ``CONTRIBUTING.md``."""


def twins() -> dict[str, re.Match[str]]:
    """What each fast module says about its plain twin."""
    found = {}
    for source in modules.sources():
        text = ast.get_docstring(source.tree) or ""
        if "Twin:" in text:
            said = TWIN.search(text)
            assert said is not None, f"{source.name}: not of the form 'Twin: NAME; held equal by TESTS.'"
            found[source.name] = said
    return found


def test_fast_modules_name_their_twins() -> None:
    assert FAST - set(twins()) == set()


@pytest.mark.parametrize("name", twins())
def test_twins_are_there_and_held_equal(name: str) -> None:
    said = twins()[name]
    module, _, member = said["twin"].partition(":")
    assert hasattr(import_module(module), member or "__name__")
    tests = (ROOT / said["tests"]).read_text(encoding="utf-8")
    for mentioned in (name.rpartition(".")[2], member or module.rpartition(".")[2]):
        assert re.search(rf"\b{mentioned}\b", tests), f"{said['tests']} does not mention {mentioned}"


# --- forks


def fork_members(source: Source) -> Iterator[ast.Attribute]:
    """Uses of a fork by name, except to ask whether it is active."""
    allowed = {
        argument
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "is_active"
        for argument in node.args
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node not in allowed:
            value = node.value
            if isinstance(value, ast.Name) and value.id == "Fork":
                yield node


@pytest.mark.parametrize("source", modules.of("eth", "derive"), ids=ids)
def test_only_rollup_compares_forks(source: Source) -> None:
    """Everybody else asks for the rule: one place per rule."""
    assert [ast.unparse(node) for node in fork_members(source)] == []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            assert not any(isinstance(side, ast.Attribute) and side.attr == "fork" for side in sides)


# --- evidence


def reasons_of_derivations() -> set[DropReason]:
    recordings = [*go_recordings(), *rust_recordings()]
    return {drop.reason for _, recording in recordings for drop in derive(recording).drops}


def reasons_of_checks(monkeypatch: pytest.MonkeyPatch) -> set[DropReason]:
    """Those of the batches in the vectors."""
    met: set[DropReason | None] = set()

    def check(*args: Any) -> Verdict:
        verdict = check_batch(*args)
        met.add(verdict.reason)
        return verdict

    monkeypatch.setattr(derive_formats, "check_batch", check)
    for name in ("check_batch_singular", "check_batch_span"):
        for case in read_json(golden_path(name))["cases"]:
            derive_formats.check_check_batch(case)
    return {reason for reason in met if reason is not None}


def named_in(paths: Iterator[str]) -> set[str]:
    return {name for text in paths for name in re.findall(r"\bDropReason\.([A-Z0-9_]+)\b", text)}


def test_every_drop_reason_is_given_somewhere() -> None:
    given = named_in(s.text for s in modules.of("derive") if s.name != "pyoprollup.derive.drops")
    assert [reason for reason in DropReason if reason.name not in given] == []


def test_every_drop_reason_is_met(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a fixture, or by a test that expects it by name."""
    met = reasons_of_derivations() | reasons_of_checks(monkeypatch)
    tests = (
        path.read_text() for path in (ROOT / "tests").rglob("test_*.py") if path.name != "test_layout.py"
    )
    named = named_in(tests)
    missing = [r.name for r in DropReason if r.name not in named and r not in met]
    assert missing == []


def test_no_test_fails_by_time() -> None:
    """Neither in a checkout nor in CI: the profile says it once, and no test says anything else."""
    assert settings.default is not None and settings.default.deadline is None
    for name in ("local", "ci"):
        profile = settings.get_profile(name)
        assert profile.deadline is None and HealthCheck.too_slow in profile.suppress_health_check
    said = [path for path in (ROOT / "tests").rglob("*.py") if "deadline" + "=" in path.read_text("utf-8")]
    assert said == [ROOT / "tests" / "conftest.py"]
