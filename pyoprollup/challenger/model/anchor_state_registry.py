"""AnchorStateRegistry: what new games begin from, and what the result of a game is worth.

Specification: fault-proof/stage-one/anchor-state-registry.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoprollup.challenger.model.chain import Call, Chain
from pyoprollup.challenger.model.reverts import (
    AnchorStateRegistry_InvalidAnchorGame,
    AnchorStateRegistry_Unauthorized,
    Revert,
    UnregisteredGame,
)
from pyoprollup.challenger.model.system_config import SystemConfig
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32

if TYPE_CHECKING:
    from pyoprollup.challenger.model.factory import DisputeGameFactory
    from pyoprollup.challenger.model.game_state import GameState

__all__ = ["AnchorStateRegistry", "LegacyAnchorStateRegistry", "OutputRoot"]


@dataclass(frozen=True, slots=True)
class OutputRoot:
    """An output root, and the L2 block that it is of."""

    root: Hash32
    number: int


class AnchorStateRegistry:
    """The newest generation: one anchor for all types of games, moved when a game is closed.

    The anchor only moves forward, to a game that has been won by the defender, ``finality_delay`` seconds
    ago, whose type was respected when it was created, and that the guardian has not ruled out meanwhile.
    """

    def __init__(
        self,
        chain: Chain,
        config: SystemConfig,
        factory: DisputeGameFactory,
        starting_anchor: OutputRoot,
        respected_game_type: int,
        finality_delay: int,
        retirement_timestamp: int = 0,
        address: Address | None = None,
    ) -> None:
        self.chain = chain
        self.config = config
        self.factory = factory
        self.starting_anchor = starting_anchor
        self.respected_game_type = respected_game_type
        self.finality_delay = finality_delay
        self.retirement_timestamp = retirement_timestamp
        self.address = chain.deploy(self, address)
        self.anchor_game: GameState | None = None
        self.blacklist: set[Address] = set()

    def anchor_root(self, _game_type: int = 0) -> OutputRoot:
        """What a new game begins from, whatever its type."""
        game = self.anchor_game
        return self.starting_anchor if game is None else OutputRoot(game.root_claim, game.l2_block_number)

    @property
    def paused(self) -> bool:
        return self.config.paused

    def is_registered(self, game: GameState) -> bool:
        """Whether it is the factory's game of its type, root claim and extra data."""
        found = self.factory.games(game.game_type, game.root_claim, game.extra_data)
        return found is not None and found.game is game

    def is_retired(self, game: GameState) -> bool:
        """Whether it was created before, or in the second of, the last general retirement."""
        return game.created_at <= self.retirement_timestamp

    def is_proper(self, game: GameState) -> bool:
        """Whether nobody has ruled it out: bonds are distributed as the game says."""
        ruled_out = game.address in self.blacklist or self.is_retired(game) or self.paused
        return self.is_registered(game) and not ruled_out

    def is_finalized(self, game: GameState, now: int) -> bool:
        """Whether it was resolved more than the finality delay ago."""
        return game.resolved_at != 0 and now - game.resolved_at > self.finality_delay

    def is_claim_valid(self, game: GameState, now: int) -> bool:
        """Whether the root claim can be relied on."""
        return (
            self.is_proper(game)
            and game.was_respected_game_type_when_created
            and self.is_finalized(game, now)
            and game.defender_has_won
        )

    def set_anchor_state(self, call: Call, game: GameState) -> None:
        """Make a game the anchor. Raises :class:`AnchorStateRegistry_InvalidAnchorGame`."""
        call.without_value()
        if not self.is_claim_valid(game, call.time) or game.l2_block_number <= self.anchor_root().number:
            raise AnchorStateRegistry_InvalidAnchorGame
        self.anchor_game = game
        self.chain.emit(self.address, "AnchorUpdated", game.address)

    def try_set_anchor_state(self, call: Call, game: GameState) -> None:
        """The same for a game that is closed, and is not kept from it."""
        try:
            self.set_anchor_state(call, game)
        except Revert:
            return

    def set_respected_game_type(self, call: Call, game_type: int) -> None:
        """The guardian says which type of game counts from now on."""
        self._only_guardian(call)
        self.respected_game_type = game_type
        self.chain.emit(self.address, "RespectedGameTypeSet", game_type)

    def update_retirement_timestamp(self, call: Call) -> None:
        """The guardian rules out all games that there are."""
        self._only_guardian(call)
        self.retirement_timestamp = call.time
        self.chain.emit(self.address, "RetirementTimestampSet", call.time)

    def blacklist_dispute_game(self, call: Call, game: Address) -> None:
        """The guardian rules out one game. The anchor does not move back, and new games are created."""
        self._only_guardian(call)
        self.blacklist.add(game)
        self.chain.emit(self.address, "DisputeGameBlacklisted", game)

    def _only_guardian(self, call: Call) -> None:
        call.without_value()
        if call.sender != self.config.guardian:
            raise AnchorStateRegistry_Unauthorized


class LegacyAnchorStateRegistry:
    """The generation of games 1.x: an anchor for each type, moved by games as they are resolved."""

    def __init__(
        self,
        chain: Chain,
        factory: DisputeGameFactory,
        anchors: Mapping[int, OutputRoot],
        address: Address | None = None,
    ) -> None:
        self.factory = factory
        self.anchors = dict(anchors)
        self.address = chain.deploy(self, address)

    def anchor_root(self, game_type: int) -> OutputRoot:
        """What a new game of a type begins from; the zero root if there is nothing."""
        return self.anchors.get(game_type, OutputRoot(ZERO_HASH, 0))

    def try_update_anchor_state(self, game: GameState) -> None:
        """A game that has been resolved offers itself. Raises :class:`UnregisteredGame`."""
        found = self.factory.games(game.game_type, game.root_claim, game.extra_data)
        if found is None or found.game is not game:
            raise UnregisteredGame
        if game.l2_block_number > self.anchor_root(game.game_type).number and game.defender_has_won:
            self.anchors[game.game_type] = OutputRoot(game.root_claim, game.l2_block_number)
