"""``pyoprollup games``: dispute games on L1, read, explained, drawn, and played by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import typer

from pyoprollup.challenger.game_types import game_type_name
from pyoprollup.cli.dispute_mon_view import ether
from pyoprollup.cli.games_moves import (
    create_command,
    move_command,
    resolve_claim_command,
    resolve_command,
)
from pyoprollup.cli.games_options import (
    GAME,
    FactoryOptions,
    L1ReadOptions,
    OutputOptions,
    any_game,
    fault_game,
    head_of,
)
from pyoprollup.cli.games_truth import draw_command, explain_command, run_trace_command
from pyoprollup.cli.options import option, service_command
from pyoprollup.cli.output import date, hexed, plural, print_head, print_json, print_line, print_table, table
from pyoprollup.cli.service_options import addresses
from pyoprollup.errors import ConfigError, RollupError
from pyoprollup.eth.types import Address, Hash32, to_hex

if TYPE_CHECKING:
    from pyoprollup.bindings import GameMetadata
    from pyoprollup.challenger.contracts import FaultDisputeGameContract
    from pyoprollup.eth.refs import L1BlockRef
    from pyoprollup.l1.rpc import L1Client

__all__ = ["GAMES_OPTIONS", "app"]

app = typer.Typer(
    no_args_is_help=True, help="Dispute games on L1: read, explained, drawn, and played by hand."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """Which games are listed."""

    last: int = option("--last", "Games at most, the newest; 0: all.", default=50, metavar="N")
    game_window: float = option(
        "--game-window", "Age of the oldest; 0: any.", default=2_419_200.0, metavar="SECONDS", unit="s"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditOptions:
    """Whose credit is shown."""

    recipients: tuple[str, ...] = option(
        "--recipient",
        "Accounts to show; without any, all that have made or countered a claim.",
        default=(),
        metavar="ADDRESS",
    )


GAMES_OPTIONS = (L1ReadOptions, FactoryOptions, ListOptions, CreditOptions, OutputOptions)
"""The classes of the options of commands that read."""


# --- list


def _list_command(
    l1: L1ReadOptions, factory: FactoryOptions, which: ListOptions, output: OutputOptions
) -> None:
    """List the games of a factory, the newest first."""
    from pyoprollup.challenger.contracts import GameFactoryContract

    with l1.client() as client:
        head = head_of(client)
        contract = GameFactoryContract.detect(factory.factory, client, head.hash)
        since = max(0, head.time - round(which.game_window)) if which.game_window else 0
        games = contract.games_at_or_after(since, head.hash)
        shown = list(islice(games, which.last or None))
        rows = [_listed(game, client, head.hash) for game in shown]
    if output.as_json:
        print_json({"l1_block": to_hex(head.hash), "games": rows})
        return
    print_head(f"{plural(len(rows), 'game')} at L1 block {head.number:,}, the newest first")
    made = table(">INDEX", "GAME", "TYPE", ">CREATED", ">L2 NUMBER", ">CLAIMS", "STATUS", "ROOT CLAIM")
    for row in rows:
        made.add_row(
            str(row["index"]),
            row["game"],
            row["type_name"],
            date(row["created"]),
            row["l2_number"] or "",
            "" if row["claims"] is None else str(row["claims"]),
            row["status"] or f"({row['error']})",
            (row["root_claim"] or "")[:12],
        )
    print_table(made, indent=2, least=180)


def _listed(game: GameMetadata, l1: L1Client, block: Hash32) -> dict[str, Any]:
    from pyoprollup.challenger.contracts import FaultDisputeGameContract, dispute_game_contract

    row: dict[str, Any] = {
        "index": game.index,
        "game": to_hex(game.proxy),
        "type": game.game_type,
        "type_name": game_type_name(game.game_type),
        "created": game.timestamp,
        "l2_number": None,
        "claims": None,
        "status": None,
        "root_claim": None,
        "error": None,
    }
    try:
        contract = dispute_game_contract(game.game_type, game.proxy, l1, block)
        about = contract.metadata(block)
        row["l2_number"], row["root_claim"] = str(about.l2_sequence_number), to_hex(about.root_claim)
        row["status"] = str(about.status).lower()
        if isinstance(contract, FaultDisputeGameContract):
            row["claims"] = contract.claim_count(block)
    except RollupError as error:
        # One game that nobody can read, or whose type has no name, must not hide the others.
        row["error"] = str(error)
    return row


# --- claims


def _claims_command(game: str, l1: L1ReadOptions, output: OutputOptions) -> None:
    """Show the claims of a game: who has claimed what against whom, clocks and bonds."""
    with l1.client() as client:
        head = head_of(client)
        contract = fault_game(game, client, head.hash)
        report = _claims_report(contract, head)
    if output.as_json:
        print_json(report)
        return
    print_head(f"Game {report['game']}: {report['status']}")
    print_line(
        f"L2 number {report['l2_number']}, agreed at {report['l2_start']}; depth {report['max_depth']}, split"
        f" at {report['split_depth']}; {report['max_clock_duration']:,} s for each side",
        indent=2,
    )
    if report["l2_block_challenged"]:
        print_line("the claimed block number was proven wrong", indent=2)
    print_line()
    columns = (">CLAIM", "MOVE", ">DEPTH", "VALUE", "CLAIMANT", ">BOND", ">TIME LEFT", "STANDS")
    made = table(*columns)
    for row in report["claims"]:
        made.add_row(
            str(row["index"]),
            row["kind"] if row["parent"] is None else f"{row['kind']} {row['parent']}",
            str(row["depth"]),
            row["value"][:12],
            row["claimant"],
            f"{ether(int(row['bond']))} ETH",
            f"{max(0, report['max_clock_duration'] - row['elapsed']):,} s",
            _stands(row),
        )
    print_table(made, indent=2, least=150)


def _stands(row: dict[str, Any]) -> str:
    said = f"countered by {row['countered_by'][:10]}" if row["countered_by"] else ""
    return f"{said}, resolved".removeprefix(", ") if row["resolved"] else said


def _claims_report(contract: FaultDisputeGameContract, head: L1BlockRef) -> dict[str, Any]:
    block = head.hash
    about, depths, numbers = (
        contract.extended_metadata(block),
        contract.depths(block),
        contract.game_range(block),
    )
    tree = contract.game(block)
    resolved = contract.is_resolved([claim.index for claim in tree.claims], block)
    rows = []
    for claim, is_resolved in zip(tree.claims, resolved, strict=True):
        kind = "root" if claim.is_root else "defend" if tree.defends_parent(claim) else "attack"
        rows.append(
            {
                "index": claim.index,
                "parent": None if claim.is_root else claim.parent_index,
                "kind": kind,
                "depth": claim.depth,
                "position": str(claim.position.gindex),
                "value": to_hex(claim.value),
                "claimant": to_hex(claim.claimant),
                "countered_by": to_hex(claim.countered_by) if claim.is_countered else None,
                "bond": str(claim.bond),
                "clock": {"duration": claim.clock.duration, "timestamp": claim.clock.timestamp},
                "elapsed": min(tree.chess_clock(head.time, claim), about.max_clock_duration),
                "resolved": is_resolved,
            }
        )
    return {
        "game": to_hex(contract.address),
        "l1_block": to_hex(block),
        "status": str(about.status).lower(),
        "l2_start": str(numbers.prestate),
        "l2_number": str(about.l2_sequence_number),
        "l2_block_challenged": about.l2_block_number_challenged,
        "max_depth": depths.max_depth,
        "split_depth": depths.split_depth,
        "max_clock_duration": about.max_clock_duration,
        "claims": rows,
    }


# --- credits


def _credits_command(game: str, l1: L1ReadOptions, which: CreditOptions, output: OutputOptions) -> None:
    """Show what a game owes to whom, and when it can be had."""
    from pyoprollup.challenger.contracts import BondedGameContract, FaultDisputeGameContract

    with l1.client() as client:
        head = head_of(client)
        contract = any_game(game, client, head.hash)
        if not isinstance(contract, BondedGameContract):
            raise ConfigError(f"game: {game} has no bonds")
        recipients: Sequence[Address] = addresses("recipients", which.recipients)
        if not recipients and isinstance(contract, FaultDisputeGameContract):
            claims = contract.all_claims(head.hash)
            countered = {claim.countered_by for claim in claims if claim.is_countered}
            recipients = sorted({claim.claimant for claim in claims} | countered)
        mode, weth = contract.bond_distribution_mode(head.hash), contract.balance_and_delay(head.hash)
        credits = contract.credits(recipients, head.hash)
        withdrawals = contract.withdrawals(recipients, head.hash)
    rows = [
        {
            "recipient": to_hex(recipient),
            "credit": str(credit),
            "unlocked": str(request.amount),
            "payable_at": request.timestamp + weth.delay if request.timestamp else None,
        }
        for recipient, credit, request in zip(recipients, credits, withdrawals, strict=True)
    ]
    if output.as_json:
        about = {"game": to_hex(contract.address), "l1_block": to_hex(head.hash), "mode": mode.name.lower()}
        print_json(about | {"weth": to_hex(weth.weth), "delay": weth.delay, "credits": rows})
        return
    print_head(f"Credit in game {to_hex(contract.address)}: {mode.name.lower()} mode")
    print_line(f"held by {hexed(weth.weth)}, {weth.delay:,} s from unlocking to payment", indent=2)
    made = table("RECIPIENT", ">CREDIT", ">UNLOCKED", "PAYABLE")
    for row in rows:
        at = row["payable_at"]
        made.add_row(
            str(row["recipient"]),
            f"{ether(int(str(row['credit'])))} ETH",
            f"{ether(int(str(row['unlocked'])))} ETH",
            date(int(at)) if at else "",
        )
    print_table(made, indent=2, least=120)


app.command("list")(
    service_command("games", L1ReadOptions, FactoryOptions, ListOptions, OutputOptions)(_list_command)
)
app.command("claims")(service_command("games", L1ReadOptions, OutputOptions, arguments=GAME)(_claims_command))
app.command("credits")(
    service_command("games", L1ReadOptions, CreditOptions, OutputOptions, arguments=GAME)(_credits_command)
)
app.command("create")(create_command)
app.command("move")(move_command)
app.command("resolve")(resolve_command)
app.command("resolve-claim")(resolve_claim_command)
app.command("run-trace")(run_trace_command)
app.command("explain")(explain_command)
app.command("draw")(draw_command)
