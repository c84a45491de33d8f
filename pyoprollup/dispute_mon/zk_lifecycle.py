"""ZK games for which somebody has to do something: resolve them, or close them.

Specification: fault-proof/stage-one/zk/zk-dispute-game.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyoprollup.challenger.contracts import BondDistributionMode, ProposalStatus
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon.types import NO_PARENT_GAME, ZKGame

__all__ = ["PendingActions", "check_zk_lifecycle", "needs_resolution"]

_PROVEN = (ProposalStatus.UNCHALLENGED_AND_PROVEN, ProposalStatus.CHALLENGED_AND_PROVEN)


@dataclass(frozen=True, slots=True)
class PendingActions:
    """How many games are to be resolved, and of how many the bonds are to be decided about."""

    resolution: int = 0
    bond_distribution: int = 0


def check_zk_lifecycle(games: Iterable[ZKGame], now: int) -> PendingActions:
    """Count what is to be done for some games at a time."""
    resolution = bond_distribution = 0
    for game in games:
        resolution += needs_resolution(game, now)
        over = game.common.status is not GameStatus.IN_PROGRESS
        bond_distribution += over and game.bond_data.mode is BondDistributionMode.UNDECIDED
    return PendingActions(resolution, bond_distribution)


def needs_resolution(game: ZKGame, now: int) -> bool:
    """Whether a game can be resolved: proven, or past its deadline, once its parent is."""
    if game.common.status is not GameStatus.IN_PROGRESS or game.proposal_status is ProposalStatus.RESOLVED:
        return False
    if game.parent_index != NO_PARENT_GAME:
        if game.parent_status in (None, GameStatus.IN_PROGRESS):
            return False
        if game.parent_status is GameStatus.CHALLENGER_WON:
            return True
    return game.proposal_status in _PROVEN or game.deadline < now
