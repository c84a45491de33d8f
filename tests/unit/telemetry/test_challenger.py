"""The challenger's metrics: op-challenger's names, and what each shows."""

from __future__ import annotations

from collections import Counter

from prometheus_client import CollectorRegistry, generate_latest

from pyoprollup.challenger.keccak import KeccakMetrics
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.telemetry.challenger import challenger_metrics
from pyoprollup.telemetry.prometheus import MetricsExporter

METRICS = ChallengerMetrics(
    is_up=True,
    moves=3,
    steps=2,
    l2_challenges=1,
    act_seconds=7.5,
    acts=4,
    bonds_claimed=25 * 10**17,
    claim_failures=6,
    games_in_progress=8,
    games_defender_won=9,
    games_challenger_won=10,
    games_in_flight=11,
    busy_workers=1,
    idle_workers=5,
    highest_acted_l1_block=12,
    game_errors=13,
    l1_errors=14,
    heads_went_back=15,
    transactions_failed=16,
)


def samples() -> dict[tuple[str, str], float]:
    found = {}
    for _, name, text, value, labels in challenger_metrics(METRICS, KeccakMetrics())():
        assert text
        found[name, labels.get("status", "")] = float(value)
    return found


def test_the_references_names_are_there() -> None:
    found = samples()
    reference = {
        ("up", ""): 1,
        ("executors", "active"): 1,
        ("executors", "idle"): 5,
        ("moves", ""): 3,
        ("steps", ""): 2,
        ("l2_challenges", ""): 1,
        ("bonds", ""): 2.5,
        ("claim_failures", ""): 6,
        ("tracked_games", "in_progress"): 8,
        ("tracked_games", "defender_won"): 9,
        ("tracked_games", "challenger_won"): 10,
        ("inflight_games", ""): 11,
        ("highest_acted_l1_block", ""): 12,
        ("preimage_challenged", ""): 0,
        ("preimage_challenge_failed", ""): 0,
        ("preimage_count", ""): 0,
    }
    assert {name: found[name] for name in reference} == reference
    assert (found["game_act_time_sum", ""], found["game_act_time_count", ""]) == (7.5, 4)


def test_nothing_is_there_twice_and_prometheus_takes_it() -> None:
    rows = list(challenger_metrics(METRICS, KeccakMetrics())())
    assert max(Counter((row[1], str(row[4])) for row in rows).values()) == 1
    exporter, registry = MetricsExporter("op_challenger"), CollectorRegistry()
    exporter.add(challenger_metrics(METRICS, KeccakMetrics()))
    exporter.register(registry)
    assert b"op_challenger_default_moves" in generate_latest(registry)


def test_an_l1_without_a_blob_fee_changes_nothing() -> None:
    """Public failure 26: no metric of ours needs it."""
    assert not any("blob" in name for name, _ in samples())
