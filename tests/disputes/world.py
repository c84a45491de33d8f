"""One game on the model of the contracts, an honest player, and whoever plays against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from pyoprollup.challenger.agent import Agent, AgentConfig
from pyoprollup.challenger.delays import HeldAnswers
from pyoprollup.challenger.game.actions import Action, ChallengeL2BlockNumber, Move, Step
from pyoprollup.challenger.game.bonds import required_bond
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.rules import broken_rules
from pyoprollup.challenger.game.solver import GameSolver, NextActions
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge, PreimageOracleData
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.model import (
    GAME_RULES,
    AnchorStateRegistry,
    Call,
    Chain,
    DelayedWETH,
    DisputeGameFactory,
    FaultDisputeGame,
    GameImplementation,
    GameLimits,
    GameParameters,
    OutputRoot,
    PreimageOracle,
    Revert,
    SystemConfig,
)
from pyoprollup.challenger.pinned_game import GameReads
from pyoprollup.challenger.responder import FaultResponder
from pyoprollup.challenger.sender import InFlight
from pyoprollup.challenger.trace.access import Accessor
from pyoprollup.challenger.trace.outputs import OutputTraceProvider, output_root_split_adapter
from pyoprollup.challenger.trace.split import split_provider_selector
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.events import News
from tests.disputes import chain as l2
from tests.disputes.program import PRESTATE, Program, ProgramTrace, ProgramVM

OWNER, HONEST, PROPOSER = (Address(bytes([number]) * 20) for number in (0x0F, 0xAA, 0x99))
GAME_TYPE, BOND, ANCHOR = 0, 80_000_000_000_000_000, 100
BEGIN, DELAY, FINALITY, PERIOD = 1_000_000, 7 * 24 * 3600, 3 * 24 * 3600, 24 * 3600
L1_BLOCK = 12


@dataclass(frozen=True, slots=True)
class Setup:
    """What a game is about: ``claimed`` is its block, ``safe`` the last that is safe at its L1 head."""

    limits: GameLimits
    root: Hash32
    claimed: int
    safe: int

    @property
    def is_right(self) -> bool:
        return self.claimed <= self.safe and self.root == l2.root(self.claimed)

    @property
    def extra_data(self) -> bytes:
        """What the factory is told besides the root."""
        return self.claimed.to_bytes(32, "big")

    def trace(self) -> Accessor:
        """What is true in the game."""
        known = l2.Chain(self.safe)
        top = OutputTraceProvider(known, known, self.limits.split_depth, ANCHOR, self.claimed)
        program = Program(self.safe)
        create = output_root_split_adapter(
            top, lambda _context, depth, agreed, disputed: ProgramTrace(program, depth, agreed, disputed)
        )
        return Accessor(split_provider_selector(top, self.limits.split_depth, create))


class World:
    """A game, and time. Transactions that were sent are mined with the next block, in any order."""

    def __init__(self, setup: Setup, random: Random, version: str = "2.4.2") -> None:
        self.setup = setup
        self.random = random
        self.now = BEGIN
        self.chain = Chain()
        config = SystemConfig(OWNER)
        oracle = PreimageOracle(self.chain, 126_000, PERIOD)
        vm = ProgramVM(self.chain, oracle, Program(setup.safe))
        self.weth = DelayedWETH(self.chain, DELAY, OWNER, config)
        factory = DisputeGameFactory(self.chain, OWNER)
        anchor = OutputRoot(l2.root(ANCHOR), ANCHOR)
        self.registry = AnchorStateRegistry(self.chain, config, factory, anchor, GAME_TYPE, FINALITY)
        parameters = GameParameters(PRESTATE, vm, self.registry, self.weth, 901)
        implementation = GameImplementation(
            self.chain, GAME_RULES[version], setup.limits, game_type=GAME_TYPE
        )
        owner = Call(OWNER, self.now)
        factory.set_implementation(owner, GAME_TYPE, implementation, parameters.pack())
        factory.set_init_bond(owner, GAME_TYPE, BOND)
        extra = setup.claimed.to_bytes(32, "big")
        self.game: FaultDisputeGame = factory.create(
            Call(PROPOSER, self.now, BOND), GAME_TYPE, setup.root, extra
        )
        self.pool: list[tuple[str, Callable[[], None]]] = []
        self.reverted: list[tuple[str, Revert]] = []

    @property
    def is_over(self) -> bool:
        return self.game.status is not GameStatus.IN_PROGRESS

    @property
    def time(self) -> int:
        return self.now

    # --- transactions

    def send(self, what: str, transaction: Callable[[], None]) -> None:
        """Have something done with the next block."""
        self.pool.append((what, transaction))

    def move(self, sender: Address, parent: Claim, is_attack: bool, value: Hash32) -> None:
        """Send a move, with the right bond."""
        position = parent.position.attack() if is_attack else parent.position.defend()
        limits = self.setup.limits
        bond = required_bond(min(position.depth, limits.max_depth), limits.max_depth)

        def transaction() -> None:
            self.game.move(
                Call(sender, self.now, bond), parent.value, parent.index, value, is_attack=is_attack
            )

        self.send(f"move of {sender.hex()[:4]} on {parent.index}", transaction)

    def step(
        self, sender: Address, index: int, is_attack: bool, state: bytes, preimage: PreimageOracleData | None
    ) -> None:
        """Send a step, and before it what it reads."""

        def transaction() -> None:
            if preimage is not None:
                self.game.add_local_data(Call(sender, self.now), preimage.ident, index, preimage.offset)
            self.game.step(Call(sender, self.now), index, state, b"", is_attack=is_attack)

        self.send(f"step of {sender.hex()[:4]} on {index}", transaction)

    def mine(self, seconds: int = L1_BLOCK) -> None:
        """Time goes on, and what was sent is done; each account's transactions stay in their order."""
        self.now += seconds
        pool, self.pool = self.pool, []
        for what, transaction in pool:
            try:
                transaction()
            except Revert as revert:
                self.reverted.append((what, revert))

    # --- time

    def seconds_until(self, claim: Claim, elapsed: int) -> int:
        """Until the clock against a claim shows this."""
        before = 0 if claim.is_root else self.game.claims[claim.parent_index].clock.duration
        return claim.clock.timestamp + elapsed - before - self.now


class ModelView(GameReads):
    """The game as it is now. It is acted in by :class:`ModelResponder`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._game = world.game
        self._claims = tuple(world.game.claims)

    def claims(self) -> Sequence[Claim]:
        return self._claims

    def game(self, claims: Sequence[Claim]) -> Game:
        return Game(claims, self._world.setup.limits.max_depth)

    def is_l2_block_number_challenged(self) -> bool:
        return self._game.l2_block_number_challenged

    def clock_extension(self) -> int:
        return self._world.setup.limits.clock_extension

    def call_resolve(self) -> GameStatus:
        if 0 not in self._game.resolved_subgames:
            raise Revert
        return GameStatus(1 if self._game.claims[0].is_countered else 2)

    def call_resolve_claim(self, claim_index: int) -> None:
        game = self._game
        if claim_index in game.resolved_subgames or not game.resolved_subgames.issuperset(
            game.subgames.get(claim_index, ())
        ):
            raise Revert
        if game.challenger_duration(claim_index, self._world.now) < game.limits.max_clock_duration:
            raise Revert


class ModelResponder(FaultResponder):
    """Sends to the pool of a world, and nobody waits."""

    def __init__(self, world: World, view: ModelView, account: Address) -> None:
        self._world = world
        self._told = view
        self._account = account

    def call_resolve(self) -> GameStatus:
        return self._told.call_resolve()

    def call_resolve_claim(self, claim_index: int) -> None:
        self._told.call_resolve_claim(claim_index)

    def resolve(self) -> None:
        world = self._world

        def transaction() -> None:
            world.game.resolve(Call(self._account, world.now))

        world.send("resolve", transaction)
        raise InFlight

    def resolve_claims(self, claim_indices: Sequence[int]) -> None:
        world = self._world

        def resolve(index: int) -> Callable[[], None]:
            return lambda: world.game.resolve_claim(Call(self._account, world.now), index, 512)

        for index in claim_indices:
            world.send(f"resolve claim {index}", resolve(index))
        raise InFlight

    def perform_action(self, action: Action) -> None:
        match action:
            case Move(parent, is_attack, value):
                self._world.move(self._account, parent, is_attack, value)
            case Step(parent, is_attack, prestate, _proof, preimage):
                self._world.step(self._account, parent.index, is_attack, prestate, preimage)
            case ChallengeL2BlockNumber(challenge):
                self._challenge(challenge)
        raise InFlight

    def _challenge(self, challenge: L2BlockNumberChallenge) -> None:
        world, output = self._world, challenge.output
        proof = (bytes(32), output.state_root, output.message_passer_storage_root, output.block_hash)

        def transaction() -> None:
            world.game.challenge_root_l2_block(
                Call(self._account, world.now), proof, challenge.header.encode()
            )

        world.send("challenge", transaction)


class CheckedSolver(GameSolver):
    """A solver whose every action is held against the rules."""

    def __init__(self, trace: Accessor, account: Address, split_depth: int) -> None:
        super().__init__(trace)
        self._checked = trace
        self._account = account
        self._split_depth = split_depth

    def calculate_next_actions(self, game: Game) -> NextActions:
        found = GameSolver.calculate_next_actions(self, game)
        assert found.error is None, found.error
        for action in found.actions:
            rules = broken_rules(game, action, self._checked, self._account, self._split_depth)
            broken = list(rules)
            assert not broken, (action, broken)
        return found


@dataclass
class Honest:
    """The honest player. It may be begun anew at any time: it knows nothing but the game."""

    world: World
    account: Address = HONEST
    delay: int = 0
    news: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        limits = self.world.setup.limits
        config = AgentConfig(self.account, limits.max_clock_duration, (self.account,), False, self.delay)
        self.delays = HeldAnswers(lambda: self.world.now)
        self._agent = Agent(
            config,
            CheckedSolver(self.world.setup.trace(), self.account, limits.split_depth),
            self.delays,
            ChallengerMetrics(),
            News("honest", lambda happening: self.news.append(str(happening))),
        )

    def act(self) -> bool:
        """One look; whether anything was sent."""
        world = self.world
        view = ModelView(world)
        before = len(world.pool)
        self.delays.begin()
        with suppress(InFlight):
            self._agent.act(view, ModelResponder(world, view, self.account), world.now)
        return len(world.pool) > before
