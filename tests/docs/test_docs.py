"""The examples in the documentation do what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.docs import figures, pages
from tests.docs.tables import TABLES
from tests.support import ROOT

PAGES = pages.pages()


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples name files as they are seen from the top of the checkout."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_python_examples(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    namespace: dict[str, Any] = {}
    for example in pages.python_examples(page):
        output = pages.run_python(example.code, namespace, ids(path), page)
        expected = "" if example.expected is None else example.expected.text
        assert output == expected, f"line {page.count(chr(10), 0, example.code.start)} of {ids(path)}"


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_console_examples(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    for block in pages.console_blocks(page):
        for line, expected in pages.commands(block):
            actual = pages.run_command(line)
            assert pages.matches(expected, actual), f"{line}\n{actual}"


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_tables(path: Path) -> None:
    for name, block in pages.tables(path.read_text(encoding="utf-8")):
        assert block.text == TABLES[name](), f"table {name}: run python -m tests.docs"


def test_examples_are_found() -> None:
    """So that a change of form cannot silence all of the tests above."""
    texts = {ids(path): path.read_text(encoding="utf-8") for path in PAGES}
    assert len(list(pages.python_examples(texts["README.md"]))) >= 1
    chapter = list(pages.python_examples(texts["docs/chapters/l1-to-attributes.md"]))
    assert sum(example.expected is not None for example in chapter) >= 10
    assert len(list(pages.console_blocks(texts["docs/cli.md"]))) >= 5
    assert sorted(name for text in texts.values() for name, _ in pages.tables(text)) == sorted(TABLES)


def test_expectations_with_gaps() -> None:
    actual = "one\ntwo three\nfour\n"
    assert pages.matches("one\ntwo three\nfour\n", actual)
    assert pages.matches("one\ntwo …\nfour\n", actual)
    assert pages.matches("one\n…\n", actual)
    assert pages.matches("…\nfour\n", actual)
    assert not pages.matches("one\nfour\n", actual)
    assert not pages.matches("one\n… four\nfour\n", actual)


def test_figures() -> None:
    """What is committed is what the code draws; ``python -m tests.docs`` draws it."""
    found = {path.name: path.read_text(encoding="utf-8") for path in figures.FOLDER.glob("*.svg")}
    assert found == dict(figures.files())
