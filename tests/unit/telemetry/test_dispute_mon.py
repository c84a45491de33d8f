"""The monitor's metrics: op-dispute-mon's names and labels, and nothing twice."""

from __future__ import annotations

from collections import Counter

from prometheus_client import CollectorRegistry, generate_latest

from pyoprollup.telemetry.dispute_mon import dispute_mon_metrics, report_samples
from pyoprollup.telemetry.prometheus import MetricsExporter
from tests.unit.dispute_mon.test_extract import right
from tests.unit.dispute_mon.test_monitor import World
from tests.unit.dispute_mon.test_report import report

NAMES = {
    "up": (),
    "info": ("version",),
    "last_output_fetch": (),
    "oldest_game_update_time": (),
    "honest_actor_claims": ("honest_actor_address", "state"),
    "honest_actor_bonds": ("honest_actor_address", "state"),
    "resolution_status": ("completion", "max_duration"),
    "credits": ("credit", "withdrawable"),
    "honest_actor_pending_withdrawals": ("actor",),
    "claims": ("resolved", "clock", "game_time_period", "resolvable"),
    "withdrawal_requests": ("delayedWETH", "credits"),
    "games_agreement": ("status", "completion", "result_correctness", "root_agreement"),
    "latest_valid_proposal_l2_block": (),
    "anchor_state_l2_sequence_number": ("anchor_state_registry",),
    "latest_proposal": ("root_agreement",),
    "ignored_games": (),
    "bond_collateral_required": ("delayedWETH", "balance"),
    "failed_games": (),
    "bond_collateral_available": ("delayedWETH", "balance"),
    "l2_block_challenges": ("root_agreement",),
    "node_endpoint_errors": (),
    "node_endpoint_error_count": (),
    "node_endpoint_out_of_sync_count": (),
    "mixed_availability_games": (),
    "mixed_safety_games": (),
    "different_root_games": (),
    "games": ("game_type",),
    "games_waiting_for_root_source": ("game_type",),
    "zk_games_pending_lifecycle_action": ("action",),
}
"""Those of op-dispute-mon, with their labels; a histogram of durations besides."""


def test_names_and_labels_are_op_dispute_mons() -> None:
    found = {name: tuple(labels) for _, name, _, _, labels in report_samples(report())}
    missing = {name for name in NAMES if name not in found} - {"up", "info", "last_output_fetch"}
    assert missing == set()
    assert {name: labels for name, labels in found.items() if NAMES.get(name) != labels} == {}


def test_no_sample_is_there_twice() -> None:
    samples = Counter((name, tuple(labels.items())) for _, name, _, _, labels in report_samples(report()))
    assert max(samples.values()) == 1
    by_name = Counter(name for name, _ in samples)
    assert (by_name["claims"], by_name["games_agreement"], by_name["credits"]) == (16, 8, 6)


def test_amounts_are_in_ether_and_only_one_label_of_the_balance_counts() -> None:
    found = {(name, labels.get("balance")): value for _, name, _, value, labels in report_samples(report())}
    assert found["bond_collateral_required", "sufficient"] == 700 / 10**18
    assert found["bond_collateral_required", "insufficient"] == 0


def test_they_can_be_scraped_before_and_after_the_first_look() -> None:
    world = World(right())
    exporter, registry = MetricsExporter("op_dispute", "mon"), CollectorRegistry()
    exporter.add(dispute_mon_metrics(world.monitor))
    exporter.register(registry)
    before = generate_latest(registry).decode()
    assert "op_dispute_mon_up 0.0" in before and "op_dispute_mon_games" not in before
    world.step(0)
    text = generate_latest(registry).decode()
    assert "op_dispute_mon_up 1.0" in text
    assert 'op_dispute_mon_games{game_type="cannon"} 1.0' in text
    assert 'op_dispute_mon_monitor_duration_seconds_bucket{le="+Inf"} 1.0' in text
    assert 'op_dispute_mon_monitor_duration_seconds_bucket{le="10"} 1.0' in text
