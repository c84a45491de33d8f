"""Looks names up in ``go-map.toml``: where a rule is in this package, and where it is in the Go reference."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pyoprollup

__all__ = ["Entry", "GoSymbol", "entries", "find", "near"]

_PACKAGE = Path(pyoprollup.__file__).parent
_FILE = _PACKAGE / "data" / "go-map.toml"

RELEASE = "v1.16.11"
"""The release of the reference that the map is about, unless an entry says otherwise."""

_GETH = "go-ethereum/"
_GETH_RELEASES = {RELEASE: "v1.101608.0-rc.1", "v1.19.6": "v1.101702.3-rc.7"}
_GITHUB = "https://github.com/ethereum-optimism"


@dataclass(frozen=True, slots=True)
class GoSymbol:
    """A symbol of the reference: ``file`` in its repository, ``name`` as ``Name`` or ``Owner.Name``.

    ``module`` is ``optimism`` or ``op-geth``, ``release`` the release of it that the symbol was looked up in.
    """

    file: str
    name: str
    module: str
    release: str

    @property
    def path(self) -> str:
        """The file as ``go-map.toml`` names it; op-geth's are under ``go-ethereum/``."""
        return f"{_GETH if self.module == 'op-geth' else ''}{self.file}"

    @property
    def url(self) -> str:
        return f"{_GITHUB}/{self.module}/blob/{self.release}/{self.file}"

    @property
    def key(self) -> str:
        """The symbol with its Go package: ``derive.FrameQueue.NextFrame``."""
        return ".".join([self.file.rpartition("/")[0].rpartition("/")[2], self.name])


@dataclass(frozen=True)
class Entry:
    """A name of ours. ``go`` is ``None`` if it has no counterpart; ``why`` then says why."""

    module: str
    name: str
    go: GoSymbol | None
    why: str | None
    specification: list[str]
    follows: str
    tests: str
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.module}.{self.name}")

    @property
    def file(self) -> str:
        """The module's file, from the root of a checkout."""
        return f"{_PACKAGE.name}/{_source(self.module).relative_to(_PACKAGE).as_posix()}"

    @cached_property
    def line(self) -> int | None:
        """Where the name is defined in the file; ``None`` if it is only imported there."""
        return _line(_tree(self.module).body, self.name.split("."))


def find(query: str) -> list[Entry]:
    """Entries whose name, ours or Go's, is ``query``; if there is none, those whose name contains it.

    A name may be qualified: ``NextFrame``, ``FrameQueue.NextFrame`` or ``derive.FrameQueue.NextFrame``. Case
    and underscores are ignored unless there is an exact match.
    """
    parts = query.split(".")
    for same in (str, _plain):
        wanted = [same(part) for part in parts]
        hits = [
            entry
            for entry in entries()
            if any([same(part) for part in key.split(".")][-len(parts) :] == wanted for key in _keys(entry))
        ]
        if hits:
            return hits
    plain = _plain(query).strip(".")
    return [entry for entry in entries() if plain and any(plain in _plain(key) for key in _keys(entry))]


def near(query: str) -> list[str]:
    """Up to five names that look like ``query``."""
    last = query.rpartition(".")[2]
    names = {key.rpartition(".")[2] for entry in entries() for key in _keys(entry)}
    return get_close_matches(last, sorted(names), n=5, cutoff=0.6)


def _plain(text: str) -> str:
    return text.replace("_", "").lower()


def _keys(entry: Entry) -> Iterator[str]:
    yield entry.key
    if entry.go is not None:
        yield entry.go.key


@cache
def entries() -> tuple[Entry, ...]:
    """All names of the package."""
    return tuple(_load(tomllib.loads(_FILE.read_text(encoding="utf-8"))))


def _load(tables: dict[str, dict[str, Any]]) -> Iterator[Entry]:
    for module, table in tables.items():
        if table.get("whole"):
            for inside in _modules(module):
                for name in _exported(inside):
                    yield _entry(inside, name, {"go": "-"}, {"tests": _tests(module), **table})
        for name, entry in [*table.get("names", {}).items(), *table.get("methods", {}).items()]:
            yield _entry(module, name, {"go": entry} if isinstance(entry, str) else entry, table)


def _entry(module: str, name: str, entry: dict[str, str], table: dict[str, Any]) -> Entry:
    file, _, symbol = entry["go"].rpartition(" ")
    go = None
    if symbol != "-":
        release = entry.get("since", RELEASE)
        path = file or table["go"]
        if path.startswith(_GETH):
            go = GoSymbol(path.removeprefix(_GETH), symbol, "op-geth", _GETH_RELEASES[release])
        else:
            go = GoSymbol(path, symbol, "optimism", release)
    return Entry(
        module=module,
        name=name,
        go=go,
        why=None if go else entry.get("why", table.get("why")),
        specification=table["spec"],
        follows=table.get("follows", RELEASE),
        tests=table.get("tests", _tests(module)),
    )


def _tests(module: str) -> str:
    """The test module of a module, where the tests mirror the package."""
    *folders, last = module.split(".")[1:]
    name = last if _source(module).name == "__init__.py" else f"test_{last}.py"
    return "/".join(["tests", "unit", *folders, name])


def _source(module: str) -> Path:
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _modules(package: str) -> list[str]:
    """The modules in a package, as they lie on the disk: nothing is imported to look names up."""
    folder = _source(package).parent
    files = (file.relative_to(_PACKAGE).with_suffix("").parts for file in sorted(folder.rglob("*.py")))
    return [".".join([_PACKAGE.name, *parts]) for parts in files if parts[-1] != "__init__"]


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module).read_text(encoding="utf-8"))


def _exported(module: str) -> list[str]:
    for node in _tree(module).body:
        if isinstance(node, ast.Assign) and _targets(node) == ["__all__"]:
            return list(ast.literal_eval(node.value))
    return []


def _line(body: list[ast.stmt], names: list[str]) -> int | None:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name == names[0]:
                inside = _line(node.body, names[1:]) if len(names) > 1 else None
                return inside or node.lineno
        elif names[0] in _targets(node):
            return node.lineno
        elif isinstance(node, ast.If | ast.Try) and (line := _line(node.body, names)) is not None:
            return line
    return None


def _targets(node: ast.stmt) -> list[str]:
    """The names that a statement assigns."""
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        return []
    found = (part for target in targets for part in ast.walk(target))
    return [part.id for part in found if isinstance(part, ast.Name)]
