"""What ``pyoprollup devnet`` shows: lines or a live view while it runs, then the summary."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from pyoprollup.cli.output import hexed, plural, print_head, print_json, print_line, short, table

if TYPE_CHECKING:
    from pyoprollup.devnet import Devnet
    from pyoprollup.devnet.report import DevnetReport
    from pyoprollup.events import Happening

__all__ = ["View", "print_summary", "view"]

_LAST_EVENTS = 6
_REFRESH_SECONDS = 0.1


View: TypeAlias = "_JsonView | _LineView | _LiveView"
"""Shows a running devnet: ``listen`` is told what happens, ``tick`` that time goes on, ``progress`` that
an L1 block has been lived through."""


@contextmanager
def view(as_json: bool) -> Iterator[View]:
    """The view that fits standard output: JSON if wanted, live on a terminal, else lines."""
    if as_json:
        yield _JsonView()
    elif sys.stdout.isatty():
        live = _LiveView()
        with live.live:
            yield live
    else:
        yield _LineView()


def _told(happening: Happening) -> str:
    """What is worth a line; empty if it is not."""
    details = happening.details
    match happening.source, happening.event:
        case "l1", "reorg":
            return f"L1 reorg: {plural(details['depth'], 'block')}, from L1 block {details['number']} back"
        case "devnet", "restart":
            return f"the {happening.targets[0]} is killed and begins anew"
        case "devnet", "stop":
            return "users and sequencer stop; what there is becomes safe and final"
        case "batcher", "send-transaction":
            return f"the batcher sends transaction {_cut(details['transaction'])}"
        case "proposer", "proposed":
            return f"L1 block {details['l1'].number} has the proposal of L2 block {details['block']}"
        case "bad proposer", "proposing":
            return f"a bad proposal of L2 block {details['block']}: {details['kind']}"
        case _, "game-resolved":
            return f"{happening.source} is resolved: {details['status'].lower()}"
        case _, "acting" if "claim" in details:
            return f"{happening.source}: {_answer(details)} claim {details['claim']}"
        case "l1", "receipt":
            number = details["block"]["number"]
            return f"L1 block {number} has the batcher's transaction {_cut(details['transaction'])}"
        case _ if happening.event == "reset" and happening.time:
            return f"{happening.node}: reset: {details['error']}"
    return ""


def _answer(details: Mapping[str, Any]) -> str:
    """What is done to a claim."""
    if details.get("action") == "step":
        return "a step against"
    return "an attack on" if details["attack"] else "a defence of"


def _cut(text: str) -> str:
    return short(bytes.fromhex(text[2:]))


class _JsonView:
    def listen(self, happening: Happening) -> None:
        pass

    def tick(self, devnet: Devnet) -> None:
        pass

    def progress(self, devnet: Devnet) -> None:
        from pyoprollup.devnet.report import NodeHeads

        block = devnet.l1.head_block
        print_json(
            {
                "seconds": devnet.elapsed,
                "l1_block": {"number": block.number, "hash": hexed(block.hash)},
                "heads": {
                    name: NodeHeads.of(node.driver.heads).to_json() for name, node in devnet.nodes.items()
                },
                "transactions": devnet.traffic.sent.total(),
            }
        )


class _LineView:
    """A line for each L1 block; what is out of the ordinary has lines of its own."""

    def __init__(self) -> None:
        self._begun = False
        self._news: list[str] = []

    def listen(self, happening: Happening) -> None:
        if happening.source == "devnet" or (happening.source, happening.event) == ("l1", "reorg"):
            self._news.append(_told(happening))

    def tick(self, devnet: Devnet) -> None:
        pass

    def progress(self, devnet: Devnet) -> None:
        heads = devnet.heads()
        if not self._begun:
            self._begun = True
            print_line("".join([" " * 8, *(f"{name:>22}" for name in heads)]))
            print_line("".join(["L1 BLOCK", *(f"{'UNSAFE':>10}{'SAFE':>6}{'FINAL':>6}" for _ in heads)]))
        for line in self._news:
            print_line(f"  {line}")
        self._news.clear()
        numbers = "".join(f"{unsafe:>10}{safe:>6}{final:>6}" for unsafe, safe, final in heads.values())
        print_line(f"{devnet.l1.head_block.number:>8}{numbers}")
        sys.stdout.flush()


class _LiveView:
    """Three heads of each node, rates and the last events, on a terminal."""

    def __init__(self) -> None:
        self.live = Live(console=Console(highlight=False, markup=False), auto_refresh=False)
        self._events: deque[str] = deque(maxlen=_LAST_EVENTS)
        self._started = time.perf_counter()
        self._shown = 0.0

    def listen(self, happening: Happening) -> None:
        text = _told(happening)
        if text:
            self._events.append(f"{happening.time:8.1f} s  {text}")

    def tick(self, devnet: Devnet) -> None:
        now = time.perf_counter()
        if now - self._shown >= _REFRESH_SECONDS:
            self._shown = now
            self.live.update(self._picture(devnet, now - self._started), refresh=True)

    def progress(self, devnet: Devnet) -> None:
        self._shown = 0.0
        self.tick(devnet)

    def _picture(self, devnet: Devnet, seconds: float) -> Group:
        rows = table("NODE", ">UNSAFE", "", ">SAFE", "", ">FINALIZED", "")
        for name, node in devnet.nodes.items():
            heads = node.driver.heads
            cells: list[str] = []
            for ref in (heads.unsafe, heads.safe, heads.finalized):
                cells += [str(ref.number), short(ref.hash)]
            rows.add_row(name, *cells)
        block = devnet.l1.head_block
        l2 = devnet.sequencer.driver.heads.unsafe.number
        head = f"L1 block {block.number} {short(block.hash)}   {devnet.elapsed:.1f} s of virtual time"
        rates = (
            f"{l2 / seconds:.1f} L2 blocks/s   {devnet.traffic.sent.total():,} transactions sent   "
            f"{plural(devnet.batcher_metrics.txs_sent, 'transaction')} by the batcher"
        )
        news = [Text(line, style="dim") for line in self._events]
        return Group(Text(head, style="bold"), rows, Text(rates), Text(), *news)


# --- summary


def print_summary(report: DevnetReport, peak_bytes: int | None, as_json: bool) -> None:
    """The figures of a run; as JSON in one line."""
    if as_json:
        print_json({"summary": True, **report.to_json(), "peak_memory_bytes": peak_bytes})
        return
    print_line()
    agrees = f"all {len(report.heads)} nodes agree" if report.agrees else "the nodes do NOT agree"
    print_head(agrees)
    for name, text in [*_heads(report), *_rows(report, peak_bytes)]:
        print_line(f"{name:<13} {text}", indent=2)


def _heads(report: DevnetReport) -> Iterator[tuple[str, str]]:
    for name, heads in report.heads.items():
        for label in ("unsafe", "safe", "finalized"):
            head = getattr(heads, label)
            title = label if report.agrees else f"{name} {label}"
            yield title, f"{head.number} {head.hash}"
        if report.agrees:
            return


def _rows(report: DevnetReport, peak_bytes: int | None) -> Iterator[tuple[str, str]]:
    batcher = report.batcher
    yield "L1", f"{plural(report.l1_blocks, 'block')}, {plural(report.l1_reorgs, 'reorg')}"
    yield "L2", f"{plural(report.l2_blocks, 'block')} in {report.seconds:,.0f} s of virtual time"
    sent = _counts(report.transactions)
    yield "sent", sent or "nothing"
    if report.refused:
        yield "refused", _counts(report.refused)
    yield "in L2 blocks", f"{plural(report.included, 'transaction')}, {plural(report.deposits, 'deposit')}"
    yield (
        "batcher",
        (
            f"{plural(batcher.transactions, 'transaction')} on L1, {batcher.blob_transactions} of them with "
            f"{plural(batcher.blobs, 'blob')}; {batcher.size:,} bytes"
        ),
    )
    per_transaction = f"{report.bytes_per_transaction:.1f} bytes a transaction"
    if report.included:
        per_transaction += f", of {report.transaction_bytes / report.included:.1f} on L2"
    yield "data on L1", f"{per_transaction}; channels compressed to {report.compression_ratio:.1%}"
    received = _counts(report.gossip_received) or "nothing received"
    yield "gossip", f"{plural(report.gossip_published, 'block')} sent; {received}; {report.gossip_lost} lost"
    for name, drops in report.drops.items():
        if drops:
            yield "drops", f"{name}: {_counts(drops)}"
    for game in report.proposals:
        verdict = "the verifiers' root" if game.agrees else "NOT the verifiers' root"
        stands = f"{game.status.lower()}, {plural(game.claims, 'claim')}"
        yield "proposal", f"{game.game}, L2 block {game.block}, {verdict}; {stands}"
    yield "resets", _counts(report.resets)
    if report.sequencer_restarts or report.batcher_restarts:
        yield "restarts", f"sequencer {report.sequencer_restarts}, batcher {report.batcher_restarts}"
    memory = "" if peak_bytes is None else f", {peak_bytes / 1e6:.0f} MB"
    yield "speed", f"{report.l2_blocks_per_second:.1f} L2 blocks/s, {report.wall_seconds:.1f} s{memory}"


def _counts(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
