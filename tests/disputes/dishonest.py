"""Players who are not honest: each looks at the game and does what harms, as far as the contract lets it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.position import Position
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32
from tests.disputes.program import INVALID, VALID, State
from tests.disputes.world import HONEST, World, make_trace

MAX_CLAIMS = 60


class Dishonest(ABC):
    """A player. ``rate`` is how likely it is to do something at a look."""

    rate = 0.6

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.random = world.random
        self.account = Address(bytes([0xD0 + number]) * 20)
        self.trace = make_trace(world.setup)

    def act(self) -> bool:
        """One look; whether anything was sent."""
        world = self.world
        if self.random.random() > self.rate or len(world.game.claims) > MAX_CLAIMS:
            return False
        game = Game(world.game.claims, world.setup.limits.max_depth)
        before = len(world.pool)
        self.play(game)
        return len(world.pool) > before

    @abstractmethod
    def play(self, game: Game) -> None:
        """Send what is to be sent."""

    # --- what can be done

    def open(self, game: Game) -> list[Claim]:
        """Claims that can still be answered."""
        limit = self.world.setup.limits.max_clock_duration
        return [claim for claim in game.claims if self.world.clock(claim) < limit]

    def true_value(self, game: Game, parent: Claim, position: Position) -> Hash32:
        return self.trace.get(game, parent, position)

    def wrong_value(self, parent: Claim, position: Position, is_attack: bool) -> Hash32:
        """Something false, with a status that the contract takes where it looks at it."""
        value = keccak256(self.random.randbytes(8))
        if position.depth == self.world.setup.limits.split_depth + 1:
            status = INVALID if is_attack or self.random.random() < 0.5 else VALID
            value = Hash32(bytes([status]) + value[1:])
        return value

    def answer(self, game: Game, parent: Claim, is_attack: bool, truthful: bool) -> None:
        """A move, if there is such a one."""
        if parent.depth >= game.max_depth or (parent.is_root and not is_attack):
            return
        position = parent.position.attack() if is_attack else parent.position.defend()
        if truthful:
            value = self.true_value(game, parent, position)
        else:
            value = self.wrong_value(parent, position, is_attack)
        self.world.move(self.account, parent, is_attack, value)

    def step(self, game: Game, claim: Claim, is_attack: bool) -> None:
        """A step against a claim, with true data for it or nonsense."""
        position = claim.position if is_attack else claim.position.move_right()
        data = self.trace.get_step_data(game, claim, position)
        state = data.prestate
        if self.random.random() < 0.2:
            state = State(self.random.randrange(5), self.random.randrange(4)).encode()
        self.world.step(self.account, claim.index, is_attack, state, data.preimage)


class Random(Dishonest):
    """Does whatever comes."""

    def play(self, game: Game) -> None:
        claims = self.open(game)
        for _ in range(self.random.randrange(1, 4)):
            if not claims:
                return
            claim = self.random.choice(claims)
            is_attack = self.random.random() < 0.6
            if claim.depth == game.max_depth:
                self.step(game, claim, is_attack)
            else:
                self.answer(game, claim, is_attack, truthful=self.random.random() < 0.4)


class DeepLiar(Dishonest):
    """Answers each honest claim with a lie, down to the last level, and steps against it there."""

    rate = 0.95

    def play(self, game: Game) -> None:
        for claim in [claim for claim in self.open(game) if claim.claimant == HONEST]:
            if any(other.parent_index == claim.index for other in game.claims):
                continue
            is_attack = self.random.random() < 0.7
            if claim.depth == game.max_depth:
                self.step(game, claim, is_attack)
            else:
                self.answer(game, claim, is_attack, truthful=False)


class Freeloader(Dishonest):
    """Stands where the honest player does, or beside it, to get the bond or to have it counter itself."""

    def play(self, game: Game) -> None:
        claims = self.open(game)
        honest = [claim for claim in game.claims if claim.claimant == HONEST]
        targets = [game.claims[claim.parent_index] for claim in honest if not claim.is_root] + honest
        targets = [claim for claim in targets if claim in claims]
        if targets:
            claim = self.random.choice(targets)
            if claim.depth < game.max_depth:
                self.answer(game, claim, self.random.random() < 0.5, truthful=self.random.random() < 0.7)
            else:
                self.step(game, claim, self.random.random() < 0.5)


class Staller(DeepLiar):
    """A liar who answers in the last seconds of its clock."""

    rate = 1.0

    def open(self, game: Game) -> list[Claim]:
        limit = self.world.setup.limits.max_clock_duration
        late = limit - 2 * 12
        return [claim for claim in Dishonest.open(self, game) if self.world.clock(claim) >= late]


class Truthful(Dishonest):
    """Says true things in all the wrong places: what it claims is right, and the claim is not called for."""

    def play(self, game: Game) -> None:
        claims = self.open(game)
        if claims:
            claim = self.random.choice(claims[-6:])
            if claim.depth < game.max_depth:
                self.answer(game, claim, self.random.random() < 0.5, truthful=True)


class Spammer(Dishonest):
    """Many claims on the same few, as cheap as they come."""

    def play(self, game: Game) -> None:
        claims = sorted(self.open(game), key=lambda claim: claim.depth)[:3]
        for claim in claims:
            for _ in range(self.random.randrange(1, 5)):
                self.answer(game, claim, True, truthful=False)


KINDS: tuple[type[Dishonest], ...] = (Random, DeepLiar, Freeloader, Staller, Truthful, Spammer)
