"""Players who are not honest, in a world: what they do is sent with the right bond."""

from __future__ import annotations

from random import Random
from typing import Any, Protocol

from pyoprollup.challenger.game.actions import Step
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.model import FaultDisputeGame
from pyoprollup.devnet.dishonest import STRATEGIES, Seat, Strategy
from pyoprollup.eth.types import Address, Hash32
from tests.disputes.program import State
from tests.disputes.world import HONEST, Setup

MAX_CLAIMS = 60
KINDS: tuple[type[Strategy], ...] = tuple(STRATEGIES.values())


class Table(Protocol):
    """A game that can be played: alone in a world, or one of many."""

    setup: Setup
    random: Random

    @property
    def game(self) -> FaultDisputeGame: ...

    @property
    def time(self) -> int: ...

    @property
    def pool(self) -> list[Any]: ...

    def move(self, sender: Address, parent: Claim, is_attack: bool, value: Hash32) -> None: ...

    def step(
        self, sender: Address, index: int, is_attack: bool, state: bytes, preimage: PreimageOracleData | None
    ) -> None: ...


class Dishonest:
    """A player with a strategy. Now and then its evidence is made up."""

    def __init__(self, table: Table, number: int, kind: type[Strategy]) -> None:
        self.table = table
        self.account = Address(bytes([0xD0 + number % 32]) * 20)
        limits = table.setup.limits
        trace = table.setup.trace()
        seat = Seat(self.account, HONEST, trace, limits.split_depth, limits.max_clock_duration)
        self.strategy = kind(seat, table.random)

    @property
    def kind(self) -> str:
        return type(self.strategy).__name__

    def act(self) -> bool:
        """One look; whether anything was sent."""
        table, claims = self.table, self.table.game.claims
        if len(claims) > MAX_CLAIMS:
            return False
        before = len(table.pool)
        game = Game(claims, table.setup.limits.max_depth)
        for action in self.strategy.actions(game, table.time):
            parent = action.parent
            if isinstance(action, Step):
                state = action.prestate if table.random.random() < 0.8 else _made_up(table.random)
                table.step(self.account, parent.index, action.is_attack, state, action.preimage)
            else:
                table.move(self.account, parent, action.is_attack, action.value)
        return len(table.pool) > before


def _made_up(random: Random) -> bytes:
    return State(random.randrange(5), random.randrange(4)).encode()
