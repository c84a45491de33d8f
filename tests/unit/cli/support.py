"""Running the command line inside a test."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from pyoprollup.cli.main import app

__all__ = ["Outcome", "run"]


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self) -> list[Any]:
        """The JSON value of each line."""
        return [json.loads(line) for line in self.lines]


def run(*args: object, stdin: bytes | None = None, code: int = 0) -> Outcome:
    """Run ``pyoprollup`` with these arguments; the exit code must be ``code``.

    What goes to a file or a pipe is plain: no colour, no trailing blanks, at most 100 columns in
    tables. An error is one line on standard error.
    """
    result = CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)
    assert result.exit_code == code, (result.output, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "\x1b" not in result.output
    assert all(line == line.rstrip() for line in result.stdout.splitlines())
    if code == 1 and result.stderr:
        assert all(line.startswith(("error: ", "note: ")) for line in result.stderr.splitlines()), (
            result.stderr
        )
    return Outcome(result.exit_code, result.stdout, result.stderr)
