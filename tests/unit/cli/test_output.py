"""How results look."""

from __future__ import annotations

import io
import sys

import pytest

from pyoprollup.cli import output
from pyoprollup.cli.output import clean, date, plural, short, table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_dates() -> None:
    assert date(0) == "1970-01-01 00:00:00 UTC"
    assert date(1710374401) == "2024-03-14 00:00:01 UTC"
    assert date((1 << 64) - 1) == "beyond the calendar"


def test_words() -> None:
    assert plural(1, "block") == "1 block"
    assert plural(12345, "block") == "12,345 blocks"
    assert plural(0, "batch", "batches") == "0 batches"
    assert short(bytes(range(32))) == "0x00010203..1e1f"


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\nb", "a\rb", "\x9b1m", "\udcff", "\u202e"])
def test_nothing_upsets_a_terminal(text: str) -> None:
    assert clean(text).isprintable()
    assert len(clean(text)) == len(text)


def test_errors_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_error("field: bad value 'a\nb' [red] \x1b[31m" + "x" * 200)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("error: field: bad value 'a b' [red] ?[31mxxx")


def test_tables_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(">N", "NAME")
    rows.add_row("1", "one")
    rows.add_row("22", "[b]" + "x" * 200)
    output.print_table(rows, indent=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["   N  NAME", "   1  one"]
    assert "".join(line.strip() for line in lines[2:]) == "22  [b]" + "x" * 200
    assert max(map(len, lines)) <= 100


def test_terminals_get_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", Terminal())
    output.print_head("head")
    assert "\x1b[1m" in sys.stdout.getvalue()  # type: ignore[attr-defined]


def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    for stream, shown in ((io.StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr(sys, "stderr", stream)
        with output.progress("working", total=2) as advance:
            advance(1)
        assert ("working" in stream.getvalue()) is shown


def test_no_progress_between_results_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(sys, "stderr", Terminal())
    with output.progress("working", streaming=True) as advance:
        advance(1)
    assert sys.stderr.getvalue() == ""  # type: ignore[attr-defined]
