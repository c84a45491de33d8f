"""Entry point: puts the commands together and turns errors into one line and an exit code.

A command's module is imported when the command is asked for: a short program on the fault-proof VM should not
wait for all that a node is made of.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pyoprollup import __version__
from pyoprollup.cli.output import print_error
from pyoprollup.errors import RollupError

__all__ = ["app", "main"]


COMMANDS = (
    *("batcher", "chains", "decode", "derive", "devnet", "challenger", "dispute-mon", "engine", "execute"),
    *("explain", "genesis", "node", "proposer", "record", "where", "cannon", "games", "program", "vectors"),
)
"""Each is in the module of its name: as a group ``app``, or as a function ``NAME_command``."""


def _command(name: str) -> Any:
    """Make a command of what is in its module."""
    stem = name.replace("-", "_")
    module = import_module(f"pyoprollup.cli.{stem}")
    group: typer.Typer | None = getattr(module, "app", None)
    if group is not None:
        return typer.main.get_group(group)
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    alone.command(name)(getattr(module, f"{stem}_command"))
    return typer.main.get_command(alone)


class Commands(TyperGroup):
    """The group of all commands; an error of the library ends the program with exit code 1."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - there are the same ones always
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.commands[cmd_name] = _command(cmd_name)
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except RollupError as exc:
            sys.stdout.flush()
            print_error(str(exc))
            raise typer.Exit(1) from exc


app = typer.Typer(
    name="pyoprollup",
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pyoprollup {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """The OP Stack's rollup node, in Python: look into L1 data and derive L2 from it."""


def main() -> None:
    """Run the command line."""
    app()
