"""Metrics of the challenger, under op-challenger's names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from pyoprollup.telemetry.prometheus import Sample

if TYPE_CHECKING:
    from pyoprollup.challenger.keccak import KeccakMetrics
    from pyoprollup.challenger.metrics import ChallengerMetrics

__all__ = ["challenger_metrics"]

_ETHER = 10**18


def challenger_metrics(
    metrics: ChallengerMetrics, preimages: KeccakMetrics
) -> Callable[[], Iterable[Sample]]:
    """The counters of a challenger, and those of its looks at large pre-images."""

    def samples() -> Iterator[Sample]:
        m = metrics
        yield "gauge", "up", "1 if it has begun its work", m.is_up, {}
        for status, count in (("active", m.busy_workers), ("idle", m.idle_workers)):
            yield "gauge", "executors", "Workers, busy or not", count, {"status": status}
        for status, count in (
            ("in_progress", m.games_in_progress),
            ("defender_won", m.games_defender_won),
            ("challenger_won", m.games_challenger_won),
        ):
            yield "gauge", "tracked_games", "Games by how they stand", count, {"status": status}
        for name, text, value in (
            (
                "inflight_games",
                "Games that are looked at, or have transactions on their way",
                m.games_in_flight,
            ),
            (
                "highest_acted_l1_block",
                "L1 block after which all games were looked at",
                m.highest_acted_l1_block,
            ),
            ("preimage_count", "Large pre-images that the oracle has", preimages.large_preimage_count),
        ):
            yield "gauge", name, text, value, {}
        for name, text, total in (
            ("moves", "Moves", m.moves),
            ("steps", "Steps", m.steps),
            ("l2_challenges", "Challenges of block numbers", m.l2_challenges),
            ("claim_failures", "Looks for bonds in which something failed", m.claim_failures),
            ("bonds", "Bonds that were claimed, in ether", m.bonds_claimed / _ETHER),
            ("preimage_challenged", "Large pre-images that were challenged", preimages.preimages_challenged),
            ("preimage_challenge_failed", "Challenges that failed", preimages.preimage_challenge_failed),
            ("game_act_time_sum", "Seconds spent looking at games", m.act_seconds),
            ("game_act_time_count", "Looks at games", m.acts),
            ("game_errors", "Looks at games that failed", m.game_errors),
            ("l1_errors", "Looks that came to nothing as L1 gave no answer", m.l1_errors),
            ("l1_heads_went_back", "Times that L1's head was lower than before", m.heads_went_back),
            ("transactions_failed", "Transactions that were given up or reverted", m.transactions_failed),
        ):
            yield "counter", name, text, total, {}

    return samples
