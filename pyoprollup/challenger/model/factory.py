"""DisputeGameFactory: creates games, and lists them.

Specification: fault-proof/stage-one/dispute-game-interface.md, "`DisputeGameFactory` Interface".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoprollup.challenger.model.chain import Call, Chain
from pyoprollup.challenger.model.reverts import (
    ErrorString,
    GameAlreadyExists,
    IncorrectBondAmount,
    NoImplementation,
)
from pyoprollup.eth.abi import encode_arguments
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32

if TYPE_CHECKING:
    from pyoprollup.challenger.model.fault_dispute_game import FaultDisputeGame
    from pyoprollup.challenger.model.implementation import GameImplementation

__all__ = ["CreatedGame", "DisputeGameFactory", "game_uuid"]


def game_uuid(game_type: int, root_claim: Hash32, extra_data: bytes) -> Hash32:
    """What there is one game of: the hash of type, root claim and extra data, ABI-encoded."""
    return keccak256(encode_arguments(["uint32", "bytes32", "bytes"], [game_type, root_claim, extra_data]))


@dataclass(frozen=True, slots=True)
class CreatedGame:
    """An entry of the factory's list; ``timestamp`` is when it was created."""

    game_type: int
    timestamp: int
    game: FaultDisputeGame


class DisputeGameFactory:
    """The factory. Its ``owner`` says which games there are, and what it costs to begin one.

    ``looks_first`` says whether it looks for a game of the same identity before the new one is initialized;
    that of version 1.0 does so afterwards, and what the game refuses comes first.
    """

    def __init__(
        self,
        chain: Chain,
        owner: Address,
        *,
        looks_first: bool = True,
        address: Address | None = None,
    ) -> None:
        self.looks_first = looks_first
        self.chain = chain
        self.owner = owner
        self.address = chain.deploy(self, address)
        self.game_impls: dict[int, GameImplementation] = {}
        self.game_args: dict[int, bytes] = {}
        self.init_bonds: dict[int, int] = {}
        self.created: list[CreatedGame] = []
        self._by_uuid: dict[Hash32, CreatedGame] = {}

    def set_implementation(
        self, call: Call, game_type: int, implementation: GameImplementation, args: bytes | None = None
    ) -> None:
        """The owner says what games of a type are, with arguments for each of them (games 2.x)."""
        self._only_owner(call)
        self.game_impls[game_type] = implementation
        self.chain.emit(self.address, "ImplementationSet", implementation.address, game_type)
        if args is not None:
            self.game_args[game_type] = args
            self.chain.emit(self.address, "ImplementationArgsSet", game_type, args)

    def set_init_bond(self, call: Call, game_type: int, wei: int) -> None:
        """The owner says what a game of a type costs."""
        self._only_owner(call)
        self.init_bonds[game_type] = wei
        self.chain.emit(self.address, "InitBondUpdated", game_type, wei)

    def create(
        self,
        call: Call,
        game_type: int,
        root_claim: Hash32,
        extra_data: bytes,
        address: Address | None = None,
    ) -> FaultDisputeGame:
        """Create a game, at ``address`` if one is given.

        Raises :class:`NoImplementation`, :class:`IncorrectBondAmount`, :class:`GameAlreadyExists`, and what
        the game refuses.
        """
        implementation = self.game_impls.get(game_type)
        if implementation is None:
            raise NoImplementation(game_type)
        if call.value != self.init_bonds.get(game_type, 0):
            raise IncorrectBondAmount
        uuid = game_uuid(game_type, root_claim, extra_data)
        if self.looks_first and uuid in self._by_uuid:
            raise GameAlreadyExists(uuid)
        args = self.game_args.get(game_type, b"")
        game = implementation.clone(call, game_type, root_claim, extra_data, args)
        by_factory = call.by(self.address, call.value)
        game.check_initialize(by_factory)
        if uuid in self._by_uuid:
            raise GameAlreadyExists(uuid)
        self.chain.transfer(call.sender, self.address, call.value)
        game.initialize(by_factory, address)
        entry = CreatedGame(game_type, call.time, game)
        self._by_uuid[uuid] = entry
        self.created.append(entry)
        self.chain.emit(self.address, "DisputeGameCreated", game.address, game_type, root_claim)
        return game

    def games(self, game_type: int, root_claim: Hash32, extra_data: bytes) -> CreatedGame | None:
        """The game of a type, root claim and extra data, if there is one."""
        return self._by_uuid.get(game_uuid(game_type, root_claim, extra_data))

    def game_count(self) -> int:
        """How many games there are, of all types."""
        return len(self.created)

    def _only_owner(self, call: Call) -> None:
        call.without_value()
        if call.sender != self.owner:
            raise ErrorString("Ownable: caller is not the owner")
