"""From the definition's source to machine code.

All modules are put into one, with three changes: a number in a function becomes a constant of 64 bits
without a sign, imports and annotations go, and each function is compiled. Python's integers have no end and
numba's default ones have a sign, so without the first change ``(a + b) & M64`` would not be the same in
both.

The source is written to a folder whose name has a hash of the modules and the versions of numba and Python,
and numba keeps what it compiled beside it: a change anywhere makes another folder. Where no folder can be
written, compiling is done anew in each process.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

from pyoprollup.cannon.compiled.keccak import permutation_text

__all__ = ["MODULES", "TABLES", "cache_folder", "compiled_machine", "machine_source", "transformed"]

PACKAGE = Path(__file__).parent.parent

MODULES = (
    *("core/layout.py", "compiled/places.py", "core/words.py", "compiled/prelude.py"),
    *("core/alu.py", "core/flow.py", "core/access.py", "core/rmw.py", "core/threads.py"),
    *("core/io.py", "core/syscalls.py", "core/steps.py", "compiled/tree.py", "compiled/witnesses.py"),
)
"""The modules that are compiled, in the order of what stands on what. Not among them is ``core/plain.py``,
in whose place ``compiled/prelude.py`` is."""

TABLES = {
    "g": "words",
    "s": "words",
    "pages": "words",
    "page_keys": "words",
    "keys": "words",
    "slots": "words",
    "dirty": "words",
    "dirty_list": "words",
    "nodes": "words",
    "upper_keys": "words",
    "upper_slots": "words",
    "upper_of": "words",
    "upper_epoch": "words",
    "upper": "words",
    "todo": "words",
    "zeros": "words",
    "constants": "words",
    "k": "words",
    "hashes": "words",
    "thread_hash": "words",
    "buffer": "bytes",
    "buffer_words": "words",
    "noops": "words",
    "preimage": "bytes",
}
"""What a machine is made of, in the order of the table of addresses: words of 64 bits, or bytes."""

OUT_OF_LINE = {
    *("hash_tree", "make_page", "pair", "permute", "put_proof", "put_witness"),
    *("run", "stack_hash", "system_call", "time_slice"),
}
"""Functions that are called and not put in the place of the call: large, and not on the way of most steps."""

HEADER = '''"""Made by pyoprollup.cannon.compiled.loader; changes are lost."""
from collections import namedtuple
from numba import njit
from numpy import uint64
from pyoprollup.cannon.compiled.pointers import bytes_at, words_at
inlined = njit(forceinline=True, error_model="numpy")
called = njit(error_model="numpy")
entry = njit(cache=True, error_model="numpy")
Machine = namedtuple("Machine", {names!r})
'''


class _Change(ast.NodeTransformer):
    """The changes that make a function one that can be compiled."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if type(node.value) is not int:
            return node
        self.numbers.add(node.value)
        return ast.Name(f"n{node.value}", ast.Load())

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        self.generic_visit(node)
        kind = (
            "entry" if node.name.startswith("call_") else "called" if node.name in OUT_OF_LINE else "inlined"
        )
        node.decorator_list = [ast.Name(kind, ast.Load())]
        return node


def transformed(text: str) -> tuple[list[str], set[int]]:
    """The functions and constants of a module as source, and the numbers that its functions use."""
    change, found = _Change(), []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found.append(ast.unparse(ast.fix_missing_locations(change.visit(node))))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.BinOp):
            found.append(f"{ast.unparse(node.targets[0])} = uint64({ast.unparse(node.value)})")
    return found, change.numbers


def machine_source() -> str:
    """The whole source that is compiled."""
    addresses = ", ".join(f"{kind}_at(table[{i}])" for i, kind in enumerate(TABLES.values()))
    maker = f"def machine_at(address):\n    table = words_at(address)\n    return Machine({addresses})\n"
    texts = [(PACKAGE / name).read_text(encoding="utf-8") for name in MODULES]
    parts: list[str] = []
    numbers: set[int] = set()
    for text in (maker, permutation_text(), *texts):
        functions, used = transformed(text)
        parts += functions
        numbers |= used
    constants = [f"n{number} = uint64({number})" for number in sorted(numbers)]
    head = HEADER.format(names=" ".join(TABLES))
    return "\n".join([head, *constants, *parts]) + "\n"


def cache_folder() -> Path:
    """Where compiled code is kept: ``pyoprollup`` in the user's folder for such things."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pyoprollup"


def _digest(versions: str) -> str:
    """A hash of all that the compiled source is made from."""
    made_from = (*MODULES, "compiled/keccak.py", "compiled/loader.py", "compiled/pointers.py")
    found = hashlib.sha256(versions.encode())
    for name in made_from:
        found.update((PACKAGE / name).read_bytes())
    return found.hexdigest()[:20]


def _bases() -> Iterator[Path]:
    yield cache_folder()
    yield Path(tempfile.mkdtemp(prefix="pyoprollup-"))


def _place(digest: str) -> Path:
    """The file with the source, which is written if it is not there."""
    for base in _bases():
        file = base / f"cannon-{digest}" / "cannon_machine.py"
        try:
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                beside = file.with_name(f"{os.getpid()}.part")
                beside.write_text(machine_source(), encoding="utf-8")
                beside.replace(file)
        except OSError:
            continue
        return file
    raise OSError("no folder for compiled code can be written")


@cache
def compiled_machine() -> ModuleType:
    """The module with the compiled functions, each of which is compiled when it is called first.

    Raises :class:`ImportError` where numba is not installed.
    """
    import numba
    import numpy

    versions = f"{numba.__version__} {numpy.__version__} {sys.version}"
    file = _place(_digest(versions))
    name = f"pyoprollup_{file.parent.name.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
