"""How people play who are not honest: each way looks at a game, and says what it would do.

They know the truth as honest players do, and differ in what they make of it. A devnet lets them play against
its challenger; the tests of the honest player let them play thousands of games.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from pyoprollup.challenger.game.actions import Move, Step
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import TraceAccessor
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32

__all__ = [
    "STRATEGIES",
    "DeepLiar",
    "Freeloader",
    "RandomPlayer",
    "Seat",
    "Spammer",
    "Staller",
    "Strategy",
    "Truthful",
]

_VALID, _INVALID = 0, 1
"""Status of a VM that has ended, in the first byte of claims about it."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a dishonest player sits: its account and whom it plays against, and what the game is like."""

    account: Address
    honest: Address
    trace: TraceAccessor
    split_depth: int
    max_clock_duration: int
    block_time: int = 12
    """Of L1, in seconds: how late is late enough."""


class Strategy(ABC):
    """A way to play. ``rate`` is how likely it is to do something at a look."""

    rate = 0.6

    def __init__(self, seat: Seat, random: Random) -> None:
        self.seat = seat
        self.random = random

    def actions(self, game: Game, now: int) -> list[Move | Step]:
        """What it does after one look at a game; ``now`` is L1's time. Raises what the trace does."""
        if self.random.random() > self.rate:
            return []
        return list(self.play(game, now))

    @abstractmethod
    def play(self, game: Game, now: int) -> Iterator[Move | Step]:
        """What it does when it does something."""

    # --- what can be done

    def open(self, game: Game, now: int) -> list[Claim]:
        """Claims that can still be answered."""
        limit = self.seat.max_clock_duration
        return [claim for claim in game.claims if game.chess_clock(now, claim) < limit]

    def answer(self, game: Game, claim: Claim, is_attack: bool, *, truthful: bool) -> Iterator[Move | Step]:
        """A move, or a step where that is what can be done; nothing if the contract takes neither."""
        if claim.depth >= game.max_depth:
            yield from self.step(game, claim, is_attack)
        elif is_attack or not claim.is_root:
            position = claim.position.attack() if is_attack else claim.position.defend()
            true = self.seat.trace.get(game, claim, position)
            yield Move(claim, is_attack, true if truthful else self.lie(position, is_attack))

    def step(self, game: Game, claim: Claim, is_attack: bool) -> Iterator[Step]:
        """A step with true data, whether or not it proves anything."""
        position = claim.position if is_attack else claim.position.move_right()
        data = self.seat.trace.get_step_data(game, claim, position)
        yield Step(claim, is_attack, data.prestate, data.proof, data.preimage)

    def lie(self, position: Position, is_attack: bool) -> Hash32:
        """Something false, with a status that the contract takes where it looks at it."""
        value = keccak256(self.random.randbytes(8))
        if position.depth == self.seat.split_depth + 1:
            status = _INVALID if is_attack or self.random.random() < 0.5 else _VALID
            return Hash32(bytes([status]) + value[1:])
        return value

    def coin(self, heads: float = 0.5) -> bool:
        """Whether chance wants it, as often as ``heads`` says."""
        return self.random.random() < heads


class RandomPlayer(Strategy):
    """Does whatever comes to its mind, true or false."""

    def play(self, game: Game, now: int) -> Iterator[Move | Step]:
        claims = self.open(game, now)
        for _ in range(self.random.randrange(1, 4)):
            if claims:
                claim = self.random.choice(claims)
                yield from self.answer(game, claim, self.coin(0.6), truthful=self.coin(0.4))


class DeepLiar(Strategy):
    """Answers each honest claim with a lie, down to the last level, and steps against it there."""

    rate = 0.95

    def play(self, game: Game, now: int) -> Iterator[Move | Step]:
        answered = {claim.parent_index for claim in game.claims}
        for claim in self.open(game, now):
            if claim.claimant == self.seat.honest and claim.index not in answered:
                yield from self.answer(game, claim, self.coin(0.7), truthful=False)


class Staller(DeepLiar):
    """A liar who answers in the last moments of its clock."""

    rate = 1.0

    def open(self, game: Game, now: int) -> list[Claim]:
        late = self.seat.max_clock_duration - 2 * self.seat.block_time
        return [claim for claim in DeepLiar.open(self, game, now) if game.chess_clock(now, claim) >= late]


class Freeloader(Strategy):
    """Stands where the honest player does, or beside it, to get its bond or to have it counter itself."""

    def play(self, game: Game, now: int) -> Iterator[Move | Step]:
        honest = [claim for claim in game.claims if claim.claimant == self.seat.honest]
        targets = [game.claims[claim.parent_index] for claim in honest if not claim.is_root] + honest
        still_open = set(self.open(game, now))
        targets = [claim for claim in targets if claim in still_open]
        if targets:
            claim = self.random.choice(targets)
            yield from self.answer(game, claim, self.coin(), truthful=self.coin(0.7))


class Truthful(Strategy):
    """Says true things in all the wrong places: the claim is right, and nobody has called for it."""

    def play(self, game: Game, now: int) -> Iterator[Move | Step]:
        claims = self.open(game, now)[-6:]
        if claims:
            claim = self.random.choice(claims)
            if claim.depth < game.max_depth:
                yield from self.answer(game, claim, self.coin(), truthful=True)


class Spammer(Strategy):
    """Many claims on the same few, as cheap as they come."""

    def play(self, game: Game, now: int) -> Iterator[Move | Step]:
        for claim in sorted(self.open(game, now), key=lambda claim: claim.depth)[:3]:
            for _ in range(self.random.randrange(1, 5)):
                yield from self.answer(game, claim, True, truthful=False)


STRATEGIES: dict[str, type[Strategy]] = {
    "random": RandomPlayer,
    "deep-liar": DeepLiar,
    "freeloader": Freeloader,
    "staller": Staller,
    "truthful": Truthful,
    "spammer": Spammer,
}
"""By the names that options have for them."""
