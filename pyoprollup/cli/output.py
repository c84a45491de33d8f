"""What all commands print with: tables, lines, JSON, dates, progress.

A table is at most 100 columns wide when it goes to a file or a pipe, and has neither colour nor
trailing blanks there. Lines are never wrapped.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = [
    "clean",
    "date",
    "hexed",
    "plural",
    "print_error",
    "print_head",
    "print_json",
    "print_line",
    "print_note",
    "print_table",
    "progress",
    "short",
    "table",
]

_WIDTH = 100


def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    # Made anew each time: the streams may be replaced while the program runs.
    file = sys.stderr if stderr else sys.stdout
    return Console(file=file, width=None if file.isatty() else _WIDTH, highlight=False, markup=False)


def clean(text: str) -> str:
    """``text`` without characters that could upset a terminal; it may come from a hostile file."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def print_line(text: str = "", indent: int = 0) -> None:
    """A line of plain text."""
    sys.stdout.write(" " * indent + clean(text) + "\n")


def print_head(text: str) -> None:
    """A line that heads what follows."""
    from rich.text import Text

    _console().print(Text(clean(text), style="bold"), soft_wrap=True)


def print_error(text: str) -> None:
    """The one line that says what went wrong."""
    from rich.text import Text

    line = Text("error: ", style="bold red")
    line.append(clean(" ".join(text.split("\n"))), style="not bold default")
    _console(stderr=True).print(line, soft_wrap=True)


def print_note(text: str) -> None:
    """A line about something that may be wrong, beside the output."""
    from rich.text import Text

    line = Text("note: ", style="bold yellow")
    line.append(clean(" ".join(text.split("\n"))), style="not bold default")
    _console(stderr=True).print(line, soft_wrap=True)


def print_json(value: Any) -> None:
    """A JSON value on a line of its own."""
    sys.stdout.write(json.dumps(value, separators=(",", ":")) + "\n")


def table(*columns: str) -> Table:
    """An empty table. A column whose name starts with ``>`` is aligned to the right."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, show_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        if name.startswith(">"):
            made.add_column(name[1:], justify="right", no_wrap=True)
        else:
            made.add_column(name, overflow="fold")
    return made


def print_table(made: Table, indent: int = 0, least: int = 20) -> None:
    """Print a table, its lines indented; ``least`` is what it may take in width whatever there is."""
    console = _console()
    console.width = max(least, console.width - indent)
    with console.capture() as capture:
        console.print(made)
    for line in capture.get().splitlines():
        sys.stdout.write((" " * indent + line).rstrip() + "\n")


@contextmanager
def progress(what: str, total: int | None = None, streaming: bool = False) -> Iterator[Callable[[int], None]]:
    """Show progress on standard error if that is a terminal; yields a function that reports it.

    With ``streaming`` there is none while results appear on a terminal themselves.
    """
    if not sys.stderr.isatty() or (streaming and sys.stdout.isatty()):
        yield lambda _done: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def hexed(data: bytes) -> str:
    """All of some bytes, in hex."""
    return "0x" + data.hex()


def short(data: bytes) -> str:
    """Enough of a hash to know it again."""
    return f"0x{data[:4].hex()}..{data[-2:].hex()}"


def plural(count: int, noun: str, nouns: str = "") -> str:
    """``1 block``, ``2 blocks``; with thousands separated."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def date(seconds: int) -> str:
    """A time since the Unix epoch as a date in UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "beyond the calendar"
