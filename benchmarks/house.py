"""What the house is made of, in numbers: ``python -m benchmarks.house [FOLDER]``.

Counts what should be few (see docs/house.md): protocols, families of "no answer", assemblies of a node,
shapes of stepping, modules that import py-evm, ``Any`` in the signatures of the EVM, places that decide the
version of a payload. ``FOLDER`` is a package to count in, by default this checkout's; another checkout can
stand beside it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent

_STEPPING = {
    "run",
    "step",
    "poll",
    "deliver",
    "wake",
    "next_due",
    "next_action",
    "next_step_at",
    "next_event_at",
}
"""Names under which a component is asked to do what is due, or when that is."""

_RUNNING = {"run", "step", "poll", "deliver"}
"""Those that make it do something. A part of such a component may just say when it is due."""

_NEXT_DUE = "next_due() -> float"

_NO_ANSWER = re.compile(r"Unavailable|TemporaryError$|^SourceError$|^BackendError$|^SignerError$")
"""Names of errors that mean that there is no answer now."""

_NODE_PARTS = {"EngineController", "Driver", "DerivationPipeline", "NodeCore"}
"""What a node is put together from: a module that makes two of them, or a driver, assembles a node."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the package: its path below it, and its tree."""

    path: str
    tree: ast.Module


def modules(package: Path) -> Iterator[Module]:
    """All modules of a package."""
    for path in sorted(package.rglob("*.py")):
        yield Module(str(path.relative_to(package)), ast.parse(path.read_text(encoding="utf-8")))


def _classes(module: Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef))


def _bases(node: ast.ClassDef) -> list[str]:
    return [ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases]


def protocols(all_modules: list[Module]) -> list[str]:
    """Classes that are protocols."""
    return [f"{m.path}: {c.name}" for m in all_modules for c in _classes(m) if "Protocol" in _bases(c)]


def families_of_no_answer(all_modules: list[Module]) -> list[str]:
    """Errors that mean "no answer" and derive from no other such error."""
    parents = {c.name: _bases(c) for m in all_modules for c in _classes(m)}

    def derives(name: str) -> bool:
        return any(_NO_ANSWER.search(base) or derives(base) for base in parents.get(name, ()))

    found = {
        c.name: m.path
        for m in all_modules
        for c in _classes(m)
        if _NO_ANSWER.search(c.name) and not c.name.endswith("Event") and not derives(c.name)
    }
    return [f"{path}: {name}" for name, path in sorted(found.items())]


def assemblies(all_modules: list[Module]) -> list[str]:
    """Modules that put a node together: they make a driver and a pipeline, or a driver."""
    found = []
    for module in all_modules:
        made = {
            node.func.id
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _NODE_PARTS
        }
        if len(made) > 1:
            found.append(f"{module.path}: {', '.join(sorted(made))}")
    return found


def shapes_of_stepping(all_modules: list[Module]) -> list[str]:
    """The different signatures under which components outside of derivation are run."""
    shapes: dict[str, str] = {}
    for module in all_modules:
        if module.path.startswith(("derive/", "evm/", "engine/evm/", "vectors/", "cli/", "txmgr/pending")):
            continue
        for node in _classes(module):
            parts = [
                f"{item.name}({', '.join(arg.arg for arg in item.args.args[1:])}) -> "
                f"{ast.unparse(item.returns) if item.returns else '?'}"
                for item in node.body
                if isinstance(item, ast.FunctionDef) and item.name in _STEPPING
            ]
            runs = any(part.partition("(")[0] in _RUNNING for part in parts)
            asks = [part for part in parts if part.startswith("next_") and part != _NEXT_DUE]
            if asks or (runs and any("float" in part for part in parts)):
                shapes.setdefault("; ".join(sorted(parts)), f"{module.path}: {node.name}")
    return [f"{shape}   ({where})" for shape, where in sorted(shapes.items())]


def py_evm_importers(all_modules: list[Module]) -> list[str]:
    """Modules that import py-evm, whose package is called ``eth``."""
    found = []
    for module in all_modules:
        names = {
            name.partition(".")[0]
            for node in ast.walk(module.tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        if "eth" in names:
            found.append(module.path)
    return found


def any_in_the_evm(all_modules: list[Module]) -> list[str]:
    """Parameters and results of the EVM's functions that are annotated with ``Any``."""
    found = []
    for module in all_modules:
        if not module.path.startswith(("evm/", "engine/evm/")):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef):
                args = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                noted = [arg.annotation for arg in args] + [node.returns]
                count = sum(
                    1 for note in noted if note is not None and re.search(r"\bAny\b", ast.unparse(note))
                )
                found += [f"{module.path}: {node.name}"] * count
    return found


def payload_version_decisions(all_modules: list[Module]) -> list[str]:
    """Functions that ask for rules of a fork to choose a version of payloads or of the Engine API."""
    asked = re.compile(
        r"rules\.(withdrawals|withdrawals_root_in_header|requests_hash|parent_beacon_block_root)\b"
        r"|self\.withdrawals_root_in_header|header\.requests_hash is not None"
    )
    chosen = re.compile(
        r"BlockVersion\.|isthmus=|L1Fork\.(SHANGHAI|CANCUN|PRAGUE)|engine_\w+V\d|return 4\b|params \+= \[\["
    )

    found = []
    for module in all_modules:
        if module.path.startswith("devnet/"):
            continue  # a genesis state has contracts by fork, but no version
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef):
                text = ast.unparse(node)
                if asked.search(text) and chosen.search(text) and "config=" not in text:
                    found.append(f"{module.path}: {node.name}")
    return found


COUNTS = {
    "protocols": protocols,
    'families of "no answer"': families_of_no_answer,
    "assemblies of a node": assemblies,
    "shapes of stepping": shapes_of_stepping,
    "modules that import py-evm": py_evm_importers,
    "Any in the EVM's signatures": any_in_the_evm,
    "decisions of the payload version": payload_version_decisions,
}


def main() -> None:
    """Print the counts; with ``--list``, what was counted too."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--list"]
    package = Path(arguments[0]) if arguments else ROOT / "pyoprollup"
    all_modules = list(modules(package))
    for name, count in COUNTS.items():
        found = count(all_modules)
        print(f"{len(found):>4}  {name}")
        if "--list" in sys.argv:
            print("".join(f"        {item}\n" for item in found), end="")


if __name__ == "__main__":
    main()
