"""What the factory makes copies of: the implementation of a kind of game."""

from __future__ import annotations

from pyoprollup.challenger.model.chain import Call, Chain
from pyoprollup.challenger.model.fault_dispute_game import FaultDisputeGame, GameOrigin
from pyoprollup.challenger.model.parameters import GameLimits, GameParameters
from pyoprollup.challenger.model.permissioned_dispute_game import PermissionedDisputeGame
from pyoprollup.challenger.model.versions import GameRules
from pyoprollup.eth.types import Address, Hash32

__all__ = ["GameImplementation"]


class GameImplementation:
    """A kind of game: rules, depths and clocks.

    Games 1.x have their type and parameters from their implementation (``game_type``, ``parameters``), games
    2.x from the factory, with each game. Raises what :class:`GameLimits` refuses.
    """

    def __init__(
        self,
        chain: Chain,
        rules: GameRules,
        limits: GameLimits,
        *,
        permissioned: bool = False,
        game_type: int = 0,
        parameters: GameParameters | None = None,
        address: Address | None = None,
    ) -> None:
        assert rules.arguments_in_clone == (parameters is None)
        limits.check(rules)
        if parameters is not None:
            limits.check_challenge_period(rules, parameters.vm.oracle.challenge_period)
        self.chain = chain
        self.rules = rules
        self.limits = limits
        self.permissioned = permissioned
        self.game_type = game_type
        self.parameters = parameters
        self.address = chain.deploy(self, address)

    def clone(
        self, call: Call, game_type: int, root_claim: Hash32, extra_data: bytes, args: bytes
    ) -> FaultDisputeGame:
        """A game that has yet to be initialized, with the factory's arguments. Raises :class:`Revert`."""
        parameters = self.parameters
        if parameters is None:
            parameters = GameParameters.unpack(self.chain, args, permissioned=self.permissioned)
        else:
            game_type = self.game_type
        origin = GameOrigin(game_type, call.sender, root_claim, call.parent_hash, extra_data)
        kind = PermissionedDisputeGame if self.permissioned else FaultDisputeGame
        return kind(self.chain, self.rules, self.limits, parameters, origin)
