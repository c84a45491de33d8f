"""Counters of the challenger."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ChallengerMetrics"]


@dataclass(slots=True)
class ChallengerMetrics:
    """Counts since the start, and how things stand. Workers add to them, so they are close, not exact."""

    is_up: bool = False
    """Whether the factory was reached."""
    moves: int = 0
    steps: int = 0
    l2_challenges: int = 0
    """Challenges of block numbers."""
    act_seconds: float = 0.0
    """Spent looking at games, all together."""
    acts: int = 0
    """Looks at games."""
    bonds_claimed: int = 0
    """Wei."""
    claim_failures: int = 0
    """Passes of the claimer in which something failed."""
    games_in_progress: int = 0
    games_defender_won: int = 0
    games_challenger_won: int = 0
    games_in_flight: int = 0
    """Games that are looked at now, or have transactions on their way."""
    busy_workers: int = 0
    idle_workers: int = 0
    highest_acted_l1_block: int = 0
    """The L1 block up to which all games were looked at."""
    game_errors: int = 0
    """Looks at a game that failed, or games that could not be set up."""
    l1_errors: int = 0
    """Passes that ended since L1 gave no answer."""
    heads_went_back: int = 0
    """Times that L1's head was lower than before, and nothing was decided by it."""
    transactions_failed: int = 0
    """Transactions that were given up or reverted."""
