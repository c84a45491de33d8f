"""Turns the actions of a game into transactions."""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.bindings import ContractTransaction
from pyoprollup.challenger.game.actions import Action, ChallengeL2BlockNumber, Move, Step
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.pinned_game import GameView
from pyoprollup.challenger.preimages.errors import ChallengePeriodNotOver
from pyoprollup.challenger.preimages.ports import PreimageUploader
from pyoprollup.challenger.sender import TxSender, candidate

__all__ = ["FaultResponder"]


class FaultResponder:
    """Acts in one game, as it is seen in ``view``. Everything may raise what the sender and the view do."""

    def __init__(self, view: GameView, sender: TxSender, uploader: PreimageUploader) -> None:
        self._view = view
        self._sender = sender
        self._uploader = uploader

    def call_resolve(self) -> GameStatus:
        """How the game would end now; raises the contract's error if it would not."""
        return self._view.call_resolve()

    def resolve(self) -> None:
        """End the game, by the claims as they stand."""
        self._sender.send_and_wait("resolve game", [candidate(self._view.resolve_tx())])

    def call_resolve_claim(self, claim_index: int) -> None:
        """Raises the contract's error if the claim cannot be resolved now."""
        self._view.call_resolve_claim(claim_index)

    def resolve_claims(self, claim_indices: Sequence[int]) -> None:
        """Resolve claims, all at once."""
        transactions = [candidate(self._view.resolve_claim_tx(index)) for index in claim_indices]
        self._sender.send_and_wait("resolve claim", transactions)

    def perform_action(self, action: Action) -> None:
        """Move, step, or challenge. What a step reads is brought to the oracle before it.

        A large pre-image can be challenged for a while: then nothing more is done now.
        """
        if isinstance(action, Step) and action.preimage is not None:
            try:
                if not self._view.preimage_exists(action.parent, action.preimage):
                    self._uploader.upload_preimage(action.parent.index, action.preimage)
            except ChallengePeriodNotOver:
                return
        self._sender.send_and_wait("perform action", [candidate(self._transaction(action))])

    def _transaction(self, action: Action) -> ContractTransaction:
        match action:
            case Move(parent, is_attack, value):
                move = self._view.attack_tx if is_attack else self._view.defend_tx
                return move(parent, value)
            case Step(parent, is_attack, prestate, proof):
                return self._view.step_tx(parent.index, is_attack, prestate, proof)
            case ChallengeL2BlockNumber(challenge):
                return self._view.challenge_l2_block_number_tx(challenge)
