"""``python -m tests.docs [PAGE …]``: writes what the examples really print into the pages.

Look at the difference before you commit it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tests.docs import figures, pages
from tests.docs.tables import TABLES
from tests.support import ROOT


def refresh(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    changes: list[tuple[int, int, str]] = []
    namespace: dict[str, Any] = {}
    for example in pages.python_examples(page):
        output = pages.run_python(example.code, namespace, str(path), page)
        if example.expected is not None:
            changes.append((example.expected.start, example.expected.end, output))
        elif output:
            print(f"{path}: output without a block for it:\n{output}")
    for block in pages.console_blocks(page):
        parts = []
        for line, expected in pages.commands(block):
            actual = pages.run_command(line)
            keep = expected.strip() and pages.matches(expected, actual)
            parts.append(f"$ {line}\n{expected if keep else actual}")
        changes.append((block.start, block.end, "".join(parts)))
    for name, block in pages.tables(page):
        changes.append((block.start, block.end, TABLES[name]()))
    for start, end, text in sorted(changes, reverse=True):
        page = page[:start] + text + page[end:]
    path.write_text(page, encoding="utf-8")


def draw() -> None:
    """Write the pictures."""
    figures.FOLDER.mkdir(exist_ok=True)
    for name, content in figures.files():
        (figures.FOLDER / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    os.chdir(ROOT)
    draw()
    for wanted in [Path(name) for name in sys.argv[1:]] or pages.pages():
        refresh(wanted)
