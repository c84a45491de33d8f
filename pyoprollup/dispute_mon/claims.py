"""The claims of all games: resolved or not, in time or not, and those of honest accounts.

A game's clocks give each side ``max_clock_duration``, so that in the first half of the time that both have
together no claim can be resolved. A claim can be once its own clock has run out and those of all below it.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Game Clock".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product

from pyoprollup.challenger.game.clock import chess_clock
from pyoprollup.dispute_mon.notices import Notice, NoticeKind
from pyoprollup.dispute_mon.types import EnrichedClaim, FaultGame, HonestActors
from pyoprollup.eth.types import ZERO_ADDRESS, Address, to_hex

__all__ = ["RESPONSE_BUFFER", "ClaimStatus", "ClaimsCheck", "HonestClaims", "check_claims"]

RESPONSE_BUFFER = 60
"""Seconds in which somebody may resolve a claim before it counts as overdue."""


@dataclass(frozen=True, slots=True)
class ClaimStatus:
    """``clock_expired``: nobody can counter the claim itself. ``resolvable``: nor any claim below it."""

    resolved: bool
    clock_expired: bool
    first_half: bool
    resolvable: bool

    @classmethod
    def all(cls) -> list[ClaimStatus]:
        """All that there are."""
        return [cls(*flags) for flags in product((True, False), repeat=4)]

    @property
    def labels(self) -> tuple[str, str, str, str]:
        """In the order of the fields."""
        return (
            "resolved" if self.resolved else "unresolved",
            "expired" if self.clock_expired else "not_expired",
            "first_half" if self.first_half else "second_half",
            "resolvable" if self.resolvable else "unresolvable",
        )


@dataclass(slots=True)
class HonestClaims:
    """How many claims of an honest account are open, have stood, and were countered for good."""

    pending: int = 0
    valid: int = 0
    invalid: int = 0


@dataclass(slots=True)
class ClaimsCheck:
    """All claims by status, and those of honest accounts."""

    statuses: Counter[ClaimStatus] = field(default_factory=Counter)
    honest: dict[Address, HonestClaims] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)


def check_claims(games: Iterable[FaultGame], now: int, honest: HonestActors) -> ClaimsCheck:
    """Look at the claims of some games at a time, which is that of the monitor."""
    check = ClaimsCheck(honest={actor: HonestClaims() for actor in honest})
    for game in games:
        _check_game(check, game, now)
    return check


def _check_game(check: ClaimsCheck, game: FaultGame, now: int) -> None:
    elapsed = now - game.common.timestamp
    first_half = elapsed <= game.max_clock_duration
    proxy = game.common.proxy
    least = _least_clocks(game, now)
    for enriched in reversed(game.claims):
        claim = enriched.claim
        _count_honest(check, enriched, proxy)
        if first_half and enriched.resolved:
            details = {"claim": claim.index, "elapsed": elapsed}
            check.notices.append(Notice(NoticeKind.RESOLVED_IN_FIRST_HALF, proxy, details))
        over = least[claim.index] - game.max_clock_duration
        expired = _clock(game, enriched, now) >= game.max_clock_duration
        check.statuses[ClaimStatus(enriched.resolved, expired, first_half, over >= 0)] += 1
        if not enriched.resolved and over >= RESPONSE_BUFFER:
            details = {"claim": claim.index, "delay": over}
            check.notices.append(Notice(NoticeKind.CLAIM_OVERDUE, proxy, details))


def _clock(game: FaultGame, enriched: EnrichedClaim, now: int) -> int:
    claim = enriched.claim
    parent = None if claim.is_root else game.claims[claim.parent_index].claim.clock
    return chess_clock(now, claim.clock, parent)


def _least_clocks(game: FaultGame, now: int) -> list[int]:
    """By claim: the least that is on the clock of any claim in its subgame, itself included."""
    least = [_clock(game, enriched, now) for enriched in game.claims]
    for enriched in reversed(game.claims):
        claim = enriched.claim
        if not claim.is_root:
            least[claim.parent_index] = min(least[claim.parent_index], least[claim.index])
    return least


def _count_honest(check: ClaimsCheck, enriched: EnrichedClaim, proxy: Address) -> None:
    claim = enriched.claim
    found = check.honest.get(claim.claimant)
    if found is None:
        return
    if not enriched.resolved:
        found.pending += 1
    elif claim.countered_by == ZERO_ADDRESS:
        found.valid += 1
    else:
        found.invalid += 1
        details = {
            "claim": claim.index,
            "actor": to_hex(claim.claimant),
            "countered_by": to_hex(claim.countered_by),
            "bond": claim.bond,
        }
        check.notices.append(Notice(NoticeKind.HONEST_CLAIM_LOST, proxy, details))
