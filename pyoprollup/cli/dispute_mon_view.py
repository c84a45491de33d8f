"""What ``pyoprollup dispute-mon --once`` prints: a table of games, what is owed, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyoprollup.challenger.game_types import game_type_name
from pyoprollup.cli.output import date, hexed, plural, print_head, print_line, print_table, table

if TYPE_CHECKING:
    from pyoprollup.dispute_mon import EnrichedGame, Notice, Report

__all__ = ["print_report"]

_ETHER = 10**18


def print_report(report: Report) -> None:
    """Print a report for people."""
    extraction = report.extraction
    print_head(f"{plural(len(extraction.games), 'game')} at L1 block {extraction.block.number:,}")
    print_line(f"{date(report.time)}  {hexed(extraction.block.hash)}", indent=2)
    print_line()
    if extraction.games:
        _print_games(report)
    _print_summary(report)
    _print_problems(report)


def _print_games(report: Report) -> None:
    rows = table(">INDEX", "GAME", "TYPE", ">L2 NUMBER", ">CLAIMS", ">BONDS", "AGREE", "RESULT")
    for game in sorted(report.extraction.games, key=lambda game: -game.common.metadata.index):
        rows.add_row(*_row(game))
    print_table(rows, indent=2, least=130)
    print_line()


def _row(game: EnrichedGame) -> tuple[str, ...]:
    from pyoprollup.dispute_mon import FaultGame, SuperPermissionedGame, game_agreement

    common = game.common
    found = game_agreement(game)
    claims = str(len(game.claims)) if isinstance(game, FaultGame) else ""
    bonds = ""
    if not isinstance(game, SuperPermissionedGame):
        bonds = ether(sum(bond.amount for bond in game.bond_data.bonds.records))
    result = found.value.partition("_")[2].replace("_", " ") + ("" if found.correct else "  (wrong)")
    return (
        str(common.metadata.index),
        hexed(common.proxy),
        game_type_name(common.metadata.game_type),
        str(common.l2_sequence_number),
        claims,
        bonds,
        "yes" if common.agreement.agree else "no",
        result,
    )


def ether(wei: int) -> str:
    """An amount as people read it."""
    whole, rest = divmod(wei, _ETHER)
    digits = f"{rest:018}".rstrip("0")[:6].rstrip("0")
    return f"{whole:,}.{digits or '0'}" if rest else f"{whole:,}"


def _print_summary(report: Report) -> None:
    extraction, forecast = report.extraction, report.forecast
    facts = [("newest right proposal", _proposal(forecast.latest_valid_proposal))]
    facts.append(("newest wrong proposal", _proposal(forecast.latest_invalid_proposal)))
    for weth, balance in report.credits.collateral.items():
        enough = "enough" if balance.required <= balance.actual else "NOT ENOUGH"
        held = f"{ether(balance.actual)} ETH held, {ether(balance.required)} owed: {enough}"
        facts.append(("collateral", f"{hexed(weth)}  {held}"))
    for actor, claims in sorted(report.claims.honest.items()):
        bonds, open_ = report.credits.honest[actor], report.withdrawals.honest[actor]
        facts.append(("honest account", hexed(actor)))
        facts.append(
            ("  claims", f"{claims.pending} open, {claims.valid} have stood, {claims.invalid} were countered")
        )
        amounts = f"{ether(bonds.pending)} ETH posted, {ether(bonds.won)} won, {ether(bonds.lost)} lost"
        facts.append(("  bonds", f"{amounts}, {ether(open_)} can be withdrawn"))
    for registry, number in extraction.anchors.items():
        facts.append(("anchor", f"L2 number {number}  in {hexed(registry)}"))
    nodes = report.endpoints
    if nodes.errors or nodes.out_of_sync:
        facts.append(
            ("nodes", f"{plural(nodes.errors, 'error')}, {plural(nodes.out_of_sync, 'answer')} out of sync")
        )
    if extraction.ignored:
        facts.append(("ignored", plural(extraction.ignored, "game")))
    for name, value in facts:
        print_line(f"{name:<23}{value}", indent=2)


def _proposal(time: int) -> str:
    return date(time) if time else "none in the window"


def _print_problems(report: Report) -> None:
    extraction = report.extraction
    if extraction.failed:
        print_line()
        print_head(f"{plural(len(extraction.failed), 'game')} could not be read")
        for metadata, why in extraction.failed.items():
            print_line(f"{hexed(metadata.proxy)}  {why}", indent=2)
    if extraction.waiting:
        print_line()
        print_head(f"{plural(len(extraction.waiting), 'game')} no node has come far enough for")
        for metadata in sorted(extraction.waiting, key=lambda metadata: metadata.index):
            print_line(hexed(metadata.proxy), indent=2)
    print_line()
    if not report.notices:
        print_head("Nothing is wrong")
        return
    print_head(plural(len(report.notices), "thing") + " to look at")
    for notice in sorted(report.notices, key=lambda notice: -notice.kind.level):
        print_line(_notice_text(notice), indent=2)


def _notice_text(notice: Notice) -> str:
    where = "" if notice.game is None else f"{hexed(notice.game)}  "
    details = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in notice.details.items())
    return f"{notice.kind.level.name:<8} {where}{notice.kind.text}" + (f" ({details})" if details else "")
