"""Games between two known parties: nobody takes a step in them, so nothing decides about one."""

from __future__ import annotations

from pyoprollup.challenger.game.trace import TraceError, TraceProvider
from pyoprollup.challenger.register import BottomTraces, GameContext
from pyoprollup.challenger.trace.outputs import ProposalTraceCreator
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.eth.types import Hash32

__all__ = ["PermissionedTraces"]


class PermissionedTraces(BottomTraces):
    """No lower traces: neither VM nor pre-state are needed, and what a game says of them is not looked at."""

    @property
    def is_validated(self) -> bool:
        return False

    def absolute_prestate(self, _context: GameContext) -> Hash32:
        raise TraceError("permissioned games have no pre-state of ours")

    def creator(self, _context: GameContext) -> ProposalTraceCreator:
        return _no_trace


def _no_trace(_context: Hash32, _depth: int, _agreed: Proposal, _disputed: Proposal) -> TraceProvider:
    raise TraceError("a permissioned game comes to no step")
