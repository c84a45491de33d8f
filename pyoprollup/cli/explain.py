"""``pyoprollup explain``: the way of one L2 block back to L1."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyoprollup.cli.derive_execute import executed_replay
from pyoprollup.cli.l1_data import BundleOption, CaseOption, L1DataArgument, bundles_of, cases_of, told
from pyoprollup.cli.output import (
    date,
    hexed,
    plural,
    print_error,
    print_head,
    print_json,
    print_line,
    progress,
)
from pyoprollup.cli.provenance_text import event_line, source_lines
from pyoprollup.errors import RollupError
from pyoprollup.replay.explain import ExpiredWindow, Explanation, NotDerivedError, explain
from pyoprollup.replay.replay import RecordedCase
from pyoprollup.rollup import UpgradeBundles

__all__ = ["explain_command"]


def explain_command(
    l1data: L1DataArgument,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the L2 block.", min=0)],
    execute: Annotated[
        bool, typer.Option("--execute", help="Execute the blocks, as chains with real hashes need it.")
    ] = False,
    genesis: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --execute: the genesis file, if the recording has none."),
    ] = None,
    case: CaseOption = None,
    upgrade_bundle: BundleOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Explain an L2 block: the L1 transactions that it came from, and what was dropped on the way."""
    if not execute and genesis is not None:
        raise typer.BadParameter("--genesis goes with --execute")
    bundles = bundles_of(upgrade_bundle)
    cases = list(cases_of(l1data, case))
    failed: list[RollupError] = []
    for recorded in cases:
        label = "" if recorded.name is None else f"{recorded.name}: "
        try:
            with progress(f"{label}deriving"):
                explanation = _explained(recorded, bundles, number, execute, genesis)
        except RollupError as exc:
            print_error(label + told(exc))
            failed.append(exc)
            continue
        if as_json:
            print_json({"case": recorded.name, **explanation.to_json()})
        else:
            print_head(f"{label}L2 block {number}")
            _print(explanation)
            print_line()
    # That some recordings of a file are too short for the number is no failure.
    if len(failed) == len(cases) or not all(isinstance(exc, NotDerivedError) for exc in failed):
        raise typer.Exit(1)


def _explained(
    recorded: RecordedCase, bundles: UpgradeBundles, number: int, execute: bool, genesis: Path | None
) -> Explanation:
    if not execute:
        return explain(recorded.replay(bundles), number)
    with executed_replay(recorded, bundles, genesis) as replay:
        return explain(replay, number)


def _print(explanation: Explanation) -> None:
    _print_facts(explanation)
    print_line("from", indent=2)
    if explanation.source is not None:
        for line in source_lines(explanation.source):
            print_line(line, indent=4)
    if explanation.window is not None:
        for line in _window_lines(explanation.window):
            print_line(line, indent=4)
    _print_events(explanation)


def _print_facts(explanation: Explanation) -> None:
    block, attributes = explanation.derived.block, explanation.derived.attributes
    total, deposits = len(attributes.attributes.transactions), explanation.deposits
    for label, value in (
        ("hash", hexed(block.hash)),
        ("parent", hexed(attributes.parent.hash)),
        ("time", f"{block.time}  {date(block.time)}"),
        ("L1 origin", f"{block.l1_origin.number}  {hexed(block.l1_origin.hash)}"),
        ("", f"block {block.sequence_number} of this origin, counted from 0"),
        ("derived at", f"{attributes.derived_from.number}  {hexed(attributes.derived_from.hash)}"),
        ("transactions", f"{total}: {plural(deposits, 'deposit')}, {total - deposits} from the sequencer"),
    ):
        print_line(f"{label:<12} {value}", indent=2)


def _window_lines(window: ExpiredWindow) -> tuple[str, ...]:
    epoch = window.epoch.number
    return (
        "nothing: no batch for it came in time, so it fills in",
        f"the sequencing window of L1 block {epoch} is {window.size} L1 blocks, to L1 block {window.last}",
        f"it was over at L1 block {window.noticed.number}",
    )


def _print_events(explanation: Explanation) -> None:
    before = "the block before" if explanation.window is None else "the last block with a batch"
    sections = (
        (f"on the way, since {before}", explanation.events),
        ("of the same channel, at other times", explanation.channel_drops),
    )
    for title, events in sections:
        if not events:
            continue
        print_line(title, indent=2)
        for event in events:
            print_line(event_line(event), indent=4)
    for other in explanation.replaced:
        origin = other.block.l1_origin
        print_line(f"takes the place of {hexed(other.block.hash)}, L1 origin {origin}", indent=2)
