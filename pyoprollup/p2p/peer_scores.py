"""Application scores of peers, by how they serve requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pyoprollup.p2p.transport import PeerID
from pyoprollup.sources.lru import Lru

__all__ = ["ApplicationScorer", "ReqRespScores", "score_decay"]

_DECAY_TO_ZERO = 0.01
"""What is less than this becomes nothing."""

_VALID_CAP, _VALID_WEIGHT = 10, 0.5
_ERROR_CAP, _ERROR_WEIGHT = 9, -1.0
_REJECTED_CAP, _REJECTED_WEIGHT = 20, -20.0
_DECAY_SLOTS = 60
_MAX_PEERS = 10_000


@dataclass(frozen=True, slots=True)
class ReqRespScores:
    """Counters of a peer's responses, which decay over time."""

    valid_responses: float = 0.0
    error_responses: float = 0.0
    rejected_payloads: float = 0.0

    @property
    def total(self) -> float:
        """The peer's score."""
        return (
            self.valid_responses * _VALID_WEIGHT
            + self.error_responses * _ERROR_WEIGHT
            + self.rejected_payloads * _REJECTED_WEIGHT
        )


def score_decay(slots: int) -> float:
    """By what a count is multiplied in each slot, so that of 1 there is next to nothing after ``slots``."""
    return float(_DECAY_TO_ZERO ** (1 / slots))


class ApplicationScorer:
    """Implements :class:`PeerScorer`, with the weights of the reference's "light" scoring.

    :meth:`decay` is to be called once in a block time. Scores of peers that are gone stay.
    """

    def __init__(self) -> None:
        self._scores: Lru[PeerID, ReqRespScores] = Lru(_MAX_PEERS)
        self._factor = score_decay(_DECAY_SLOTS)

    def scores(self, peer: PeerID) -> ReqRespScores:
        """The counts of a peer."""
        return self._scores.get(peer) or ReqRespScores()

    def application_score(self, peer: PeerID) -> float:
        """Good if positive; gossip ends below -10, and a ban comes at -100."""
        return self.scores(peer).total

    def on_valid_response(self, peer: PeerID) -> None:
        counts = self.scores(peer)
        count = min(counts.valid_responses + 1, _VALID_CAP)
        self._scores.put(peer, replace(counts, valid_responses=count))

    def on_response_error(self, peer: PeerID) -> None:
        counts = self.scores(peer)
        count = min(counts.error_responses + 1, _ERROR_CAP)
        self._scores.put(peer, replace(counts, error_responses=count))

    def on_rejected_payload(self, peer: PeerID) -> None:
        counts = self.scores(peer)
        count = min(counts.rejected_payloads + 1, _REJECTED_CAP)
        self._scores.put(peer, replace(counts, rejected_payloads=count))

    def decay(self, connected: Iterable[PeerID]) -> None:
        """Let the counts of connected peers fade by one slot."""
        for peer in connected:
            counts = self._scores.get(peer)
            if counts is not None:
                faded = ReqRespScores(
                    self._faded(counts.valid_responses),
                    self._faded(counts.error_responses),
                    self._faded(counts.rejected_payloads),
                )
                self._scores.put(peer, faded)

    def _faded(self, count: float) -> float:
        count *= self._factor
        return count if count >= _DECAY_TO_ZERO else 0.0
