"""The package's modules, as source and imported, for tests about the package itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.support import ROOT

PACKAGE = ROOT / "pyoprollup"


@dataclass(frozen=True)
class Source:
    """A module's file. ``name`` is its dotted name."""

    name: str
    path: Path
    text: str = field(repr=False)
    tree: ast.Module = field(repr=False)

    @property
    def area(self) -> str:
        """The package below the root that it belongs to; empty at the root itself."""
        return self.name.split(".")[1] if self.name.count(".") else ""

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    def exported(self) -> list[str] | None:
        """``__all__`` as it is written, ``None`` if there is none."""
        for node in self.tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if isinstance(target, ast.Name) and target.id == "__all__":
                assert isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
                return list(ast.literal_eval(node.value))
        return None


@cache
def sources() -> tuple[Source, ...]:
    """All modules."""
    return tuple(_load())


def _load() -> Iterator[Source]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        yield Source(name, path, text, ast.parse(text, str(path)))


def of(*areas: str) -> list[Source]:
    """The modules of some packages below the root."""
    return [source for source in sources() if source.area in areas]
