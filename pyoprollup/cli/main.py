"""Entry point: puts the commands together and turns errors into one line and an exit code."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pyoprollup import __version__
from pyoprollup.cli import (
    batcher,
    cannon,
    chains,
    challenger,
    decode,
    derive,
    devnet,
    dispute_mon,
    engine,
    execute,
    explain,
    games,
    genesis,
    node,
    program,
    proposer,
    record,
    vectors,
    where,
)
from pyoprollup.cli.output import print_error
from pyoprollup.errors import RollupError

__all__ = ["app", "main"]


class Commands(TyperGroup):
    """The group of all commands; an error of the library ends the program with exit code 1."""

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


app.command("batcher")(batcher.batcher_command)
app.add_typer(cannon.app, name="cannon")
app.command("chains")(chains.chains_command)
app.command("decode")(decode.decode_command)
app.command("derive")(derive.derive_command)
app.command("devnet")(devnet.devnet_command)
app.command("challenger")(challenger.challenger_command)
app.command("dispute-mon")(dispute_mon.dispute_mon_command)
app.command("engine")(engine.engine_command)
app.command("execute")(execute.execute_command)
app.command("explain")(explain.explain_command)
app.add_typer(games.app, name="games")
app.command("genesis")(genesis.genesis_command)
app.command("node")(node.node_command)
app.add_typer(program.app, name="program")
app.command("proposer")(proposer.proposer_command)
app.command("record")(record.record_command)
app.add_typer(vectors.app, name="vectors")
app.command("where")(where.where_command)


def main() -> None:
    """Run the command line."""
    app()
