"""Metrics of the monitor of games, under op-dispute-mon's names, which begin with ``op_dispute_mon``.

Amounts are in ether, as they are there. Addresses in labels are in lower case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from pyoprollup.challenger.game_types import game_type_name
from pyoprollup.dispute_mon.claims import ClaimStatus
from pyoprollup.dispute_mon.credits import CreditExpectation
from pyoprollup.dispute_mon.forecast import GameAgreement
from pyoprollup.dispute_mon.monitor import DURATION_BUCKETS
from pyoprollup.dispute_mon.resolutions import ResolutionStatus
from pyoprollup.eth.types import to_hex
from pyoprollup.telemetry.prometheus import Sample

if TYPE_CHECKING:
    from pyoprollup.dispute_mon import GameMonitor, MonitorMetrics, Report

__all__ = ["dispute_mon_metrics"]

_ETHER = 10**18
_WAITED_FOR = ("zk",)
"""Types that have a sample even if no game of theirs waits."""


def dispute_mon_metrics(monitor: GameMonitor) -> Callable[[], Iterable[Sample]]:
    """A monitor's report and counters; of the report nothing before the first look."""

    def samples() -> Iterator[Sample]:
        yield "gauge", "up", "1 if it has begun its work", monitor.report is not None, {}
        yield from _monitor_samples(monitor.metrics)
        if (report := monitor.report) is not None:
            yield from report_samples(report)

    return samples


def report_samples(report: Report) -> Iterator[Sample]:
    """All that a report has."""
    yield from _game_samples(report)
    yield from _claim_samples(report)
    yield from _bond_samples(report)
    yield from _node_samples(report)


def _monitor_samples(m: MonitorMetrics) -> Iterator[Sample]:
    name, text = "monitor_duration_seconds", "Time that a look at all games has taken"
    for limit, count in zip(DURATION_BUCKETS, m.durations, strict=True):
        yield "gauge", f"{name}_bucket", text, count, {"le": f"{limit:g}"}
    yield "gauge", f"{name}_bucket", text, m.passes, {"le": "+Inf"}
    yield "gauge", f"{name}_sum", text, m.seconds, {}
    yield "gauge", f"{name}_count", text, m.passes, {}
    yield "gauge", "last_output_fetch", "When a node has told a root last", m.last_output_fetch, {}
    yield "counter", "failed_passes", "Looks that came to nothing", m.failed_passes, {}
    yield "counter", "l1_heads_went_back", "Times that L1's head was lower than before", m.heads_went_back, {}


def _game_samples(report: Report) -> Iterator[Sample]:
    forecast, extraction = report.forecast, report.extraction
    for found in GameAgreement:
        labels = {
            "status": found.value,
            "completion": "in_progress" if found.in_progress else "complete",
            "result_correctness": "correct" if found.correct else "incorrect",
            "root_agreement": "agree" if found.agree else "disagree",
        }
        yield "gauge", "games_agreement", "Games by result and agreement", forecast.games[found], labels
    number = forecast.latest_valid_l2_block
    yield "gauge", "latest_valid_proposal_l2_block", "Newest block with a right root claim", number, {}
    for agreement, time in (
        ("agree", forecast.latest_valid_proposal),
        ("disagree", forecast.latest_invalid_proposal),
    ):
        labels = {"root_agreement": agreement}
        yield "gauge", "latest_proposal", "Creation of the newest game, by agreement", time, labels
    for status in ResolutionStatus:
        labels = dict(zip(("completion", "max_duration"), status.value, strict=True))
        yield "gauge", "resolution_status", "Games by resolution", report.resolutions.statuses[status], labels
    for kind, count in sorted(report.game_types.items()):
        yield "gauge", "games", "Games in the window, by type", count, {"game_type": kind}
    waiting = Counter(game_type_name(metadata.game_type) for metadata in extraction.waiting)
    for kind in sorted({*waiting, *_WAITED_FOR}):
        text = "Games for which no node has come far enough"
        yield "gauge", "games_waiting_for_root_source", text, waiting[kind], {"game_type": kind}
    yield "gauge", "ignored_games", "Games that are ignored", extraction.ignored, {}
    yield "gauge", "failed_games", "Games that could not be read", len(extraction.failed), {}
    yield "gauge", "oldest_game_update_time", "When the oldest data were read", report.oldest_update, {}
    for agreement, count in (
        ("agree", report.l2_challenges.agree),
        ("disagree", report.l2_challenges.disagree),
    ):
        labels = {"root_agreement": agreement}
        yield "gauge", "l2_block_challenges", "Games with a challenged block number", count, labels
    for address, anchor in extraction.anchors.items():
        labels = {"anchor_state_registry": to_hex(address)}
        yield "gauge", "anchor_state_l2_sequence_number", "L2 number of the anchor", anchor, labels
    for action, count in (
        ("resolution", report.zk.resolution),
        ("bond_distribution", report.zk.bond_distribution),
    ):
        text = "ZK games with something to be done"
        yield "gauge", "zk_games_pending_lifecycle_action", text, count, {"action": action}


def _claim_samples(report: Report) -> Iterator[Sample]:
    names = ("resolved", "clock", "game_time_period", "resolvable")
    for status in ClaimStatus.all():
        labels = dict(zip(names, status.labels, strict=True))
        yield "gauge", "claims", "Claims by status", report.claims.statuses[status], labels
    for actor, claims in report.claims.honest.items():
        for state in ("pending", "invalid", "valid"):
            labels = {"honest_actor_address": to_hex(actor), "state": state}
            yield (
                "gauge",
                "honest_actor_claims",
                "Claims of an honest account",
                getattr(claims, state),
                labels,
            )


def _bond_samples(report: Report) -> Iterator[Sample]:
    for expectation in CreditExpectation:
        labels = dict(zip(("credit", "withdrawable"), expectation.value, strict=True))
        yield "gauge", "credits", "Credits by expectation", report.credits.credits[expectation], labels
    for actor, bonds in report.credits.honest.items():
        for state in ("pending", "lost", "won"):
            labels = {"honest_actor_address": to_hex(actor), "state": state}
            amount = getattr(bonds, state) / _ETHER
            yield "gauge", "honest_actor_bonds", "Bonds of an honest account, in ether", amount, labels
    for actor, wei in report.withdrawals.honest.items():
        text = "What an honest account could withdraw, in ether"
        yield "gauge", "honest_actor_pending_withdrawals", text, wei / _ETHER, {"actor": to_hex(actor)}
    for weth, counts in report.withdrawals.requests.items():
        for credits, count in (("matching", counts.matching), ("divergent", counts.divergent)):
            labels = {"delayedWETH": to_hex(weth), "credits": credits}
            yield "gauge", "withdrawal_requests", "Withdrawals against credits", count, labels
    for weth, balance in report.credits.collateral.items():
        enough = balance.required <= balance.actual
        for name, text, wei in (
            ("bond_collateral_required", "What is owed for bonds, in ether", balance.required),
            ("bond_collateral_available", "What is held for bonds, in ether", balance.actual),
        ):
            for label, applies in (("sufficient", enough), ("insufficient", not enough)):
                labels = {"delayedWETH": to_hex(weth), "balance": label}
                yield "gauge", name, text, wei / _ETHER if applies else 0.0, labels


def _node_samples(report: Report) -> Iterator[Sample]:
    nodes = report.endpoints
    for name, text, value in (
        ("node_endpoint_errors", "Nodes with an error for any game", nodes.failing),
        ("node_endpoint_error_count", "Errors of nodes", nodes.errors),
        (
            "node_endpoint_out_of_sync_count",
            "Answers of nodes that had not come far enough",
            nodes.out_of_sync,
        ),
        ("mixed_availability_games", "Games of which not all nodes have the block", nodes.mixed_availability),
        ("mixed_safety_games", "Games about whose safety nodes disagree", nodes.mixed_safety),
        ("different_root_games", "Games about whose root nodes disagree", nodes.different_roots),
    ):
        yield "gauge", name, text, value, {}
