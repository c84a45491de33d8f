"""The transactions of an action, all of them: for players who send and do not look back."""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.challenger.contracts import FaultDisputeGameContract
from pyoprollup.challenger.game.actions import Move, Step
from pyoprollup.challenger.pinned_game import PinnedGame
from pyoprollup.challenger.sender import candidate
from pyoprollup.txmgr import TxCandidate

__all__ = ["action_candidates"]


def action_candidates(
    view: PinnedGame, contract: FaultDisputeGameContract, action: Move | Step
) -> list[TxCandidate]:
    """A move, or what a step reads and the step. Raises what the contract's reads do."""
    if isinstance(action, Move):
        move = view.attack_tx if action.is_attack else view.defend_tx
        return [candidate(move(action.parent, action.value))]
    step = candidate(view.step_tx(action.parent.index, action.is_attack, action.prestate, action.proof))
    if action.preimage is None or view.preimage_exists(action.parent, action.preimage):
        return [step]
    # The step is refused until the part that it reads is mined.
    step = replace(step, give_up_if_refused=False)
    return [candidate(contract.update_oracle_tx(action.parent.index, action.preimage, view.block)), step]
