"""How a game ends, if nothing more is said: by the leftmost claim that stands.

A claim stands unless it is countered: by a step against it, or by a claim below it that stands itself. Of
several of these the leftmost counts, the one with the smallest trace index, and its claimant gets the bond of
the claim that it counters. The defender wins if the root claim stands.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Resolution", "Leftmost Claim Incentives".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.errors import GameError
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.eth.types import ZERO_ADDRESS, Address

__all__ = ["Resolution", "resolve"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """The end of a game: its claims with those who counter them, and who has won."""

    claims: tuple[Claim, ...]
    status: GameStatus

    def credits(self) -> dict[Address, int]:
        """Who gets how much of the bonds, in wei: each goes to the one who counters the claim, or back."""
        credit: dict[Address, int] = {}
        for claim in self.claims:
            winner = claim.countered_by if claim.is_countered else claim.claimant
            credit[winner] = credit.get(winner, 0) + claim.bond
        return credit


def resolve(game: Game) -> Resolution:
    """The end of a game in its present state; raises :class:`GameError` if it has no claims.

    A claim that is countered already, by a step or as its subgame was resolved, stays so, though a claim
    below it that stands takes precedence, as in the contract.
    """
    if not game.claims:
        raise GameError("a game without a root claim")
    leftmost: dict[int, Claim] = {}
    countered_by: list[Address] = [ZERO_ADDRESS] * len(game.claims)
    # Children come after their parents in the list, so from its end each has been decided before its parent.
    for claim in reversed(game.claims):
        counter = leftmost.get(claim.index)
        by = claim.countered_by if counter is None else counter.claimant
        countered_by[claim.index] = by
        if by == ZERO_ADDRESS and not claim.is_root:
            _offer(leftmost, claim, game.max_depth)
    claims = _with_counters(game.claims, countered_by)
    won = GameStatus.DEFENDER_WON if not claims[0].is_countered else GameStatus.CHALLENGER_WON
    return Resolution(claims, won)


def _offer(leftmost: dict[int, Claim], claim: Claim, max_depth: int) -> None:
    """A claim that stands, to its parent. Of two at the same place the earlier one counts."""
    best = leftmost.get(claim.parent_index)
    if best is None or claim.position.trace_index(max_depth) <= best.position.trace_index(max_depth):
        leftmost[claim.parent_index] = claim


def _with_counters(claims: Sequence[Claim], countered_by: Sequence[Address]) -> tuple[Claim, ...]:
    return tuple(
        claim if claim.countered_by == counter else replace(claim, countered_by=counter)
        for claim, counter in zip(claims, countered_by, strict=True)
    )
