"""Documentation that runs: finds the examples of a Markdown page, and what they really print.

Three things are run:

* the ``python`` blocks of a page, one after another in one namespace. A ``text`` block right after one
  is its output, to the character.
* the commands (``$ pyoprollup …``) of a ``console`` block that follows a line ``<!-- checked -->``, with
  their output up to the next command. ``…`` stands for anything within a line, and a line of ``…`` alone
  for any number of lines. ``| head -n N`` is understood.
* tables between ``<!-- table NAME -->`` and ``<!-- end -->``, which :mod:`tests.docs.tables` makes.

``python -m tests.docs`` writes the real outputs into the pages.
"""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from pyoprollup.cli.main import app
from tests.support import ROOT

DOCS = ROOT / "docs"
CHECKED = "<!-- checked -->"
ANYTHING = "…"

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"^<!-- table ([\w-]+) -->\n(.*?)^<!-- end -->$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """All pages with examples: the book, and the README."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and where the text is in the page."""

    language: str
    text: str
    start: int
    end: int


def blocks(page: str) -> list[Block]:
    return [Block(m[1], m[2], m.start(2), m.end(2)) for m in _FENCE.finditer(page)]


@dataclass(frozen=True)
class Example:
    """Something that is run. ``expected`` is the block with its output, if it has one."""

    code: Block
    expected: Block | None


def python_examples(page: str) -> Iterator[Example]:
    found = blocks(page)
    for index, block in enumerate(found):
        if block.language == "python":
            following = found[index + 1] if index + 1 < len(found) else None
            gap = "" if following is None else page[block.end : following.start]
            is_output = (
                following is not None and following.language == "text" and gap.split() == ["```", "```text"]
            )
            yield Example(block, following if is_output else None)


def console_blocks(page: str) -> Iterator[Block]:
    for block in blocks(page):
        before = page[: block.start].rsplit("```", 1)[0]
        if block.language == "console" and before.rstrip().endswith(CHECKED):
            yield block


def run_python(block: Block, namespace: dict[str, Any], name: str, page: str) -> str:
    """What the block prints. Errors have the page's line numbers."""
    line = page.count("\n", 0, block.start)
    code = compile("\n" * line + block.text, name, "exec", dont_inherit=True)
    out = io.StringIO()
    with redirect_stdout(out):
        exec(code, namespace)
    return out.getvalue()


def commands(block: Block) -> list[tuple[str, str]]:
    """The commands of a console block and their expected output."""
    parts = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def run_command(line: str) -> str:
    """What ``pyoprollup …`` prints, errors included."""
    command, _, pipe = line.partition(" | ")
    program, *arguments = shlex.split(command)
    if program != "pyoprollup":
        raise ValueError(f"only pyoprollup's own commands are run, not {line!r}")
    output = CliRunner().invoke(app, arguments).output
    if pipe:
        match = re.fullmatch(r"head -n (\d+)", pipe)
        if match is None:
            raise ValueError(f"of pipes only `| head -n N` is known, not {pipe!r}")
        output = "".join(output.splitlines(keepends=True)[: int(match[1])])
    return output


def matches(expected: str, actual: str) -> bool:
    """Whether an output fits an expectation with ``…`` in it."""
    pattern = "".join(_line_pattern(line) for line in expected.splitlines())
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in actual.splitlines())) is not None


def _line_pattern(line: str) -> str:
    if line.strip() == ANYTHING:
        return r"(?:[^\n]*\n)*"
    return "[^\n]*".join(map(re.escape, line.split(ANYTHING))) + "\n"


def tables(page: str) -> list[tuple[str, Block]]:
    return [(m[1], Block("", m[2], m.start(2), m.end(2))) for m in _TABLE.finditer(page)]
