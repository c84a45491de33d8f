"""Counters of the keccak challenger."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KeccakMetrics"]


@dataclass(slots=True)
class KeccakMetrics:
    """Counts since the start."""

    large_preimage_count: int = 0
    """Uploads that the oracle looked at last has."""
    preimages_challenged: int = 0
    """Challenges that were mined."""
    preimage_challenge_failed: int = 0
    """Batches of challenges that were not sent, or of which one reverted."""
    preimages_unverified: int = 0
    """Times that an upload could not be checked."""
    passes: int = 0
    skipped: int = 0
    """L1 blocks that came while others were dealt with."""
