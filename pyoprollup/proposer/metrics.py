"""Counters of the proposer."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.eth.refs import L2BlockRef

__all__ = ["ProposerMetrics"]


@dataclass(slots=True)
class ProposerMetrics:
    """Counts since the start."""

    is_up: bool = False
    """Whether the factory was reached and, if asked for, the node is in sync."""
    proposed: L2BlockRef | None = None
    """The block of the latest proposal."""
    polls: int = 0
    proposals: int = 0
    """Transactions that created a game."""
    proposals_reverted: int = 0
    proposals_failed: int = 0
    """Transactions that were not sent, or are not known to have been."""
    games_existed: int = 0
    """Times that there was nothing to do because somebody has proposed the same."""
    unreadable_games: int = 0
    """Games of our type in the factory's list that do not answer, each time that they were met."""
    source_errors: int = 0
    l1_errors: int = 0
    heads_went_back: int = 0
    """Times that L1's head was lower than before, so that nothing was decided by it."""
    unpaid: int = 0
    """Times that the account had too little for bond and fees."""
