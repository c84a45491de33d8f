"""PermissionedDisputeGame: a game that only its proposer begins, and only proposer and challenger play."""

from __future__ import annotations

from pyoprollup.challenger.model.chain import Call
from pyoprollup.challenger.model.fault_dispute_game import FaultDisputeGame
from pyoprollup.challenger.model.reverts import BadAuth
from pyoprollup.eth.types import Address, Hash32

__all__ = ["PermissionedDisputeGame"]


class PermissionedDisputeGame(FaultDisputeGame):
    """A game of two. Everybody may resolve it, and object to its block number."""

    def check_initialize(self, call: Call) -> None:
        """The proposer must have sent the transaction, through whichever contract.

        Games 1.x look at that first.
        """
        by_proposer = call.tx_origin == self.parameters.proposer
        if not by_proposer and not self.rules.arguments_in_clone:
            raise BadAuth
        super().check_initialize(call)
        if not by_proposer:
            raise BadAuth

    def move(self, call: Call, disputed: Hash32, index: int, value: Hash32, *, is_attack: bool) -> None:
        """As in all games, by the two parties; raises :class:`BadAuth` for others."""
        self._only_authorized(call.sender)
        super().move(call, disputed, index, value, is_attack=is_attack)

    def step(self, call: Call, index: int, state: bytes, proof: bytes, *, is_attack: bool) -> None:
        """As in all games, by the two parties; raises :class:`BadAuth` for others."""
        call.without_value()
        self._only_authorized(call.sender)
        super().step(call, index, state, proof, is_attack=is_attack)

    def _only_authorized(self, sender: Address) -> None:
        if sender not in (self.parameters.proposer, self.parameters.challenger):
            raise BadAuth
