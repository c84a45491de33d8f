"""``pyoprollup derive``: recorded L1 blocks in, the attributes of L2 blocks out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyoprollup.cli.derive_execute import ExecutedRun, executed_replay
from pyoprollup.cli.l1_data import BundleOption, CaseOption, L1DataArgument, bundles_of, cases_of, told
from pyoprollup.cli.output import (
    plural,
    print_error,
    print_head,
    print_json,
    print_line,
    print_table,
    progress,
    short,
    table,
)
from pyoprollup.cli.provenance_text import batch_cell, event_line, source_lines
from pyoprollup.derive.provenance import BatchSource
from pyoprollup.errors import RollupError
from pyoprollup.replay.explain import block_json, count_deposits, event_json
from pyoprollup.replay.pseudo_chain import DerivedBlock
from pyoprollup.replay.replay import (
    MADE_UP_HASHES,
    RecordedCase,
    Replay,
    ReplayedBlock,
    hashes_differ,
)
from pyoprollup.rollup import UpgradeBundles

if TYPE_CHECKING:
    from pyoprollup.replay.explained import ExplainedReplay

__all__ = ["derive_command"]


def derive_command(
    l1data: L1DataArgument,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print for each block where it came from, and what was dropped.")
    ] = False,
    execute: Annotated[
        bool, typer.Option("--execute", help="Execute the blocks, for their real hashes and output roots.")
    ] = False,
    genesis: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --execute: the genesis file, if the recording has none."),
    ] = None,
    datadir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="With --execute: keep the chain in this folder, and continue from it."
        ),
    ] = None,
    case: CaseOption = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Stop after N blocks (of each recording).")
    ] = None,
    upgrade_bundle: BundleOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: a line for each block, then a summary.")
    ] = False,
) -> None:
    """Derive the L2 blocks of recorded L1 blocks.

    Without --execute nothing is executed, so the hashes of L2 blocks are made up, by the rule of the golden
    vectors.
    """
    if not execute and (genesis is not None or datadir is not None):
        raise typer.BadParameter("--genesis and --datadir go with --execute")
    bundles = bundles_of(upgrade_bundle)
    failed = False
    for recorded in cases_of(l1data, case):
        run: _Run | ExecutedRun
        if execute and explain:
            run = _Run(
                recorded, bundles, limit, partial(executed_replay, recorded, bundles, genesis, datadir)
            )
            run.show(as_json, explain)
        elif execute:
            run = ExecutedRun(recorded, bundles, genesis, datadir, limit)
            run.show(as_json)
        else:
            run = _Run(recorded, bundles, limit)
            run.show(as_json, explain)
        if run.error:
            print_error(f"{run.label}{run.error}")
            failed = True
    if failed:
        raise typer.Exit(1)


@dataclass
class _Run:
    """One recording being derived, and its figures."""

    recorded: RecordedCase
    bundles: UpgradeBundles
    limit: int | None
    open: Callable[[], AbstractContextManager[Replay | ExplainedReplay]] | None = None
    """Opens another replay than one that makes hashes up."""
    replay: Replay | ExplainedReplay | None = None
    error: str = ""
    blocks: int = 0
    transactions: int = 0
    deposits: int = 0
    seconds: float = 0.0
    drops: Counter[str] = field(default_factory=Counter)

    @property
    def label(self) -> str:
        return "" if self.recorded.name is None else f"{self.recorded.name}: "

    def show(self, as_json: bool, explain: bool) -> None:
        """Run, and print block by block."""
        if as_json:
            _print_json(self, explain)
        elif explain:
            _print_explained(self)
        else:
            _print_table(self)

    def steps(self) -> Iterator[ReplayedBlock]:
        """The blocks; an error ends them and is kept. Only derivation itself is timed."""
        try:
            with self._opened() as self.replay:
                steps = islice(self.replay, self.limit)
                while (step := self._timed(steps)) is not None:
                    self._count(step.derived)
                    yield step
        except RollupError as exc:
            self.error = told(exc)
        if self.replay is not None:
            self.drops.update(drop.reason.value for drop in self.replay.drops)

    def _opened(self) -> AbstractContextManager[Replay | ExplainedReplay]:
        return nullcontext(self.recorded.replay(self.bundles)) if self.open is None else self.open()

    @property
    def hint(self) -> str:
        """Why there are fewer blocks than one may expect; empty if that is not known."""
        if self.replay is None or self.replay.is_executed or not hashes_differ(self.replay.drops):
            return ""
        return MADE_UP_HASHES

    def _timed(self, steps: Iterator[ReplayedBlock]) -> ReplayedBlock | None:
        start = time.perf_counter()
        try:
            return next(steps, None)
        finally:
            self.seconds += time.perf_counter() - start

    def _count(self, derived: DerivedBlock) -> None:
        self.blocks += 1
        self.transactions += len(derived.attributes.attributes.transactions)
        self.deposits += count_deposits(derived)

    @property
    def l1_blocks(self) -> int:
        return 0 if self.replay is None else self.replay.l1_blocks

    @property
    def resets(self) -> int:
        return 0 if self.replay is None else len(self.replay.resets)

    @property
    def speed(self) -> float:
        return self.blocks / self.seconds if self.seconds else 0.0


def _print_json(run: _Run, explain: bool) -> None:
    with progress(f"{run.label}deriving", streaming=True) as advance:
        for step in run.steps():
            line: dict[str, Any] = {"case": run.recorded.name, **block_json(step.derived)}
            if explain:
                line["events"] = [event_json(event) for event in step.events]
            print_json(line)
            advance(run.blocks)
    summary: dict[str, Any] = {
        "summary": True,
        "case": run.recorded.name,
        "blocks": run.blocks,
        "transactions": run.transactions,
        "deposits": run.deposits,
        "l1_blocks": run.l1_blocks,
        "drops": dict(sorted(run.drops.items())),
        "resets": run.resets,
        "seconds": round(run.seconds, 6),
        "blocks_per_second": round(run.speed, 1),
        "error": run.error or None,
    }
    if run.hint:
        summary["hint"] = run.hint
    if explain:
        pending = run.replay.pending if run.replay else ()
        summary["events"] = [event_json(event) for event in pending]
    print_json(summary)


def _print_table(run: _Run) -> None:
    rows = table(">NUMBER", "HASH", ">TIME", ">ORIGIN", ">SEQ", ">DERIVED", ">DEP", ">TXS", "FROM")
    with progress(f"{run.label}deriving") as advance:
        for step in run.steps():
            block, attributes = step.derived.block, step.derived.attributes
            deposits = count_deposits(step.derived)
            rows.add_row(
                str(block.number),
                short(block.hash),
                str(block.time),
                str(block.l1_origin.number),
                str(block.sequence_number),
                str(attributes.derived_from.number),
                str(deposits),
                str(len(attributes.attributes.transactions) - deposits),
                batch_cell(attributes.source),
            )
            advance(run.blocks)
    _print_name(run)
    if run.blocks:
        print_table(rows)
    _print_summary(run)


def _print_explained(run: _Run) -> None:
    _print_name(run)
    previous: BatchSource | None = None
    for step in run.steps():
        for event in step.events:
            print_line(event_line(event), indent=2)
        _print_block(step.derived, previous)
        previous = step.derived.attributes.source
    for event in run.replay.pending if run.replay else ():
        print_line(event_line(event), indent=2)
    _print_summary(run)


def _print_block(derived: DerivedBlock, previous: BatchSource | None) -> None:
    block, attributes = derived.block, derived.attributes
    deposits = count_deposits(derived)
    sequenced = len(attributes.attributes.transactions) - deposits
    print_head(
        f"block {block.number} {short(block.hash)}, time {block.time}, L1 origin {block.l1_origin.number} "
        f"+{block.sequence_number}: {plural(deposits, 'deposit')}, {sequenced:,} sequenced"
    )
    source = attributes.source
    if source is None:
        print_line(f"filled in at L1 block {attributes.derived_from.number}", indent=4)
    else:
        for line in source_lines(source, previous):
            print_line(line, indent=4)


def _print_name(run: _Run) -> None:
    if run.recorded.name is not None:
        print_head(run.recorded.name)


def _print_summary(run: _Run) -> None:
    print_line(
        f"{plural(run.blocks, 'block')}, {plural(run.transactions, 'transaction')} "
        f"({plural(run.deposits, 'deposit')}) from {plural(run.l1_blocks, 'L1 block')} "
        f"in {run.seconds:.3f} s, {run.speed:,.0f} blocks/s"
    )
    total = sum(run.drops.values())
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(run.drops.items()))
    print_line(f"{plural(total, 'drop')}{f' ({reasons})' if reasons else ''}, {plural(run.resets, 'reset')}")
    if run.hint:
        print_line(run.hint)
    if run.recorded.name is not None:
        print_line()
