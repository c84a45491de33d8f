"""A whole challenger among many games: on the model of L1, with nodes and an L1 that may fail it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, cast

from pyoprollup.bindings import load_contract
from pyoprollup.challenger.build import ChallengerParts, make_challenger
from pyoprollup.challenger.challenger import Challenger
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.game.bonds import required_bond
from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.game_types import GameType
from pyoprollup.challenger.model import FaultDisputeGame, GameLimits
from pyoprollup.challenger.register import BottomTraces, GameContext, LowerTraces
from pyoprollup.challenger.trace.node_outputs import RollupNode
from pyoprollup.challenger.trace.outputs import ProposalTraceCreator
from pyoprollup.challenger.trace.super_node import SuperNodeRootProvider
from pyoprollup.challenger.workers import InlineWorkers
from pyoprollup.devnet.dishonest import Strategy
from pyoprollup.errors import NotFound
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32
from pyoprollup.events import Happening
from pyoprollup.rollupapi import OutputResponse, SafeHeadResponse
from pyoprollup.txmgr import TxCandidate
from tests.disputes import chain as l2
from tests.disputes.dishonest import KINDS, Dishonest
from tests.disputes.model_l1 import (
    ANCHOR,
    BOND,
    DELAY,
    FINALITY,
    L1_BLOCK,
    Manager,
    ModelL1,
    Pending,
)
from tests.disputes.program import PRESTATE, Program, ProgramTrace
from tests.disputes.world import HONEST, PROPOSER, Setup

ABI = load_contract("FaultDisputeGame")


class OverProgram:
    """What is the same of all lower games over the program of these tests."""

    def __init__(self, program: Program) -> None:
        self._program = program

    @property
    def is_validated(self) -> bool:
        return True

    def absolute_prestate(self, _context: GameContext) -> Hash32:
        return PRESTATE


class ProgramTraces(OverProgram, BottomTraces):
    """Lower games over the program, from one output root to another."""

    def creator(self, _context: GameContext) -> ProposalTraceCreator:
        return lambda _context, depth, agreed, disputed: ProgramTrace(self._program, depth, agreed, disputed)


class Node(RollupNode):
    """A rollup node that knows all, unless told otherwise."""

    def __init__(self, l1: ModelL1, safe: int) -> None:
        self._l1 = l1
        self.safe = safe
        self.behind: Callable[[], int] = lambda: -1
        """L1 blocks that it has yet to derive; with -1 it is past L1's head."""
        self.remembers: Callable[[], int | None] = lambda: self.safe
        """What it says was safe; ``None`` if its record does not reach back so far."""

    def sync_status(self) -> SyncStatus:
        refs = self._l1.refs
        # The node is past the head of any game: it works on the block after those that the games know.
        return SyncStatus(current_l1=refs[max(0, len(refs) - 1 - max(0, self.behind()))])

    def output_at_block(self, number: int) -> OutputResponse:
        output = l2.output(number)
        origin = BlockID(self._l1.refs[0].hash, self._l1.refs[0].number)
        ref = L2BlockRef(output.block_hash, number, ZERO_HASH, 1_000_000 + 2 * number, origin, 0)
        return OutputResponse.of(ref, output, self.sync_status())

    def safe_head_at_l1_block(self, number: int) -> SafeHeadResponse:
        safe = self.remembers()
        if safe is None:
            raise NotFound("safe head not found")
        at = self._l1.refs[min(number, 1)]
        return SafeHeadResponse(BlockID(at.hash, at.number), BlockID(l2.output(safe).block_hash, safe))


class Alternating(RollupNode):
    """A load balancer in front of several nodes: each call goes to the next one."""

    def __init__(self, nodes: Sequence[RollupNode]) -> None:
        self._nodes = nodes
        self._next = 0

    def _node(self) -> RollupNode:
        self._next += 1
        return self._nodes[self._next % len(self._nodes)]

    def sync_status(self) -> SyncStatus:
        return self._node().sync_status()

    def output_at_block(self, number: int) -> OutputResponse:
        return self._node().output_at_block(number)

    def safe_head_at_l1_block(self, number: int) -> SafeHeadResponse:
        return self._node().safe_head_at_l1_block(number)


class GameOnL1:
    """One game as dishonest players see it: what :class:`~tests.disputes.world.World` is to them."""

    def __init__(self, l1: ModelL1, index: int, setup: Setup) -> None:
        self.l1 = l1
        self.index = index
        self.setup = setup
        self.random = l1.random

    @property
    def exists(self) -> bool:
        return self.index < len(self.l1.state.games)

    @property
    def game(self) -> FaultDisputeGame:
        return self.l1.state.games[self.index]

    @property
    def pool(self) -> list[Pending]:
        return self.l1.pool

    @property
    def is_over(self) -> bool:
        return self.exists and self.game.status is not GameStatus.IN_PROGRESS

    def _send(self, sender: Address, name: str, *arguments: Any, value: int = 0) -> None:
        function = ABI.function(name)
        data = function.encode(*arguments)
        self.l1.pool.append(Pending(sender, TxCandidate(self.game.address, data, value=value)))

    def move(self, sender: Address, parent: Claim, is_attack: bool, value: Hash32) -> None:
        position = parent.position.attack() if is_attack else parent.position.defend()
        depth = self.setup.limits.max_depth
        bond = required_bond(min(position.depth, depth), depth)
        name = "attack" if is_attack else "defend"
        self._send(sender, name, parent.value, parent.index, value, value=bond)

    def step(
        self, sender: Address, index: int, is_attack: bool, state: bytes, preimage: PreimageOracleData | None
    ) -> None:
        if preimage is not None:
            self._send(sender, "addLocalData", preimage.ident, index, preimage.offset)
        self._send(sender, "step", index, is_attack, state, b"")

    @property
    def time(self) -> int:
        return self.l1.time


@dataclass
class ManyGames:
    """Games, their dishonest players, and a challenger that can be begun anew."""

    l1: ModelL1
    nodes: Sequence[RollupNode]
    safe: int
    datadir: Path
    games: list[GameOnL1] = field(default_factory=list)
    players: list[Dishonest] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    told: list[Happening] = field(default_factory=list)
    managers: list[Manager] = field(default_factory=list)
    super_nodes: Sequence[SuperNodeRootProvider] = ()

    def __post_init__(self) -> None:
        self.restart()

    @property
    def traces(self) -> LowerTraces:
        """What the challenger decides about single steps with."""
        return ProgramTraces(Program(self.safe))

    @property
    def now(self) -> float:
        return float(self.l1.time)

    def restart(self) -> None:
        """Another life of the challenger. What the earlier one sent may be mined all the same."""
        manager = Manager(self.l1, HONEST)
        self.managers.append(manager)
        self.challenger = self._challenger(manager)

    def _challenger(self, manager: Manager) -> Challenger:
        config = ChallengerConfig(
            game_factory_address=self.l1.state.factory.address,
            game_types=(GameType(self.l1.game_type),),
            poll_interval=float(L1_BLOCK),
            max_pending_tx=0,
            **self.config,
        )
        return make_challenger(
            ChallengerParts(
                config=config,
                l1=cast(Any, self.l1),
                inputs=None,
                manager=cast(Any, manager),
                nodes=self.nodes,
                headers=l2.Chain(self.safe),
                seq_window_size=3600,
                l2_chain_id=901,
                traces={self.l1.game_type: self.traces},
                workers=InlineWorkers(),
                datadir=self.datadir,
                now=lambda: self.now,
                tell=self.told.append,
                super_nodes=self.super_nodes,
            )
        )

    def create(self, setup: Setup, kinds: Sequence[type[Strategy]]) -> None:
        """Send the creation of a game, with players against it."""
        factory = load_contract("DisputeGameFactory")
        data = factory.function("create").encode(self.l1.game_type, setup.root, setup.extra_data)
        address = self.l1.state.factory.address
        self.l1.pool.append(Pending(PROPOSER, TxCandidate(address, data, value=BOND)))
        game = GameOnL1(self.l1, len(self.games), setup)
        self.games.append(game)
        for kind in kinds:
            self.players.append(Dishonest(game, len(self.players), kind))

    def step(self) -> None:
        """Let the challenger do all that is due now."""
        for _ in range(10_000):
            if self.challenger.next_due > self.now:
                return
            self.challenger.step(self.now)
        raise AssertionError("the challenger is always due")

    def turn(self, random: Random, seconds: int = L1_BLOCK) -> None:
        """Everybody looks, and the next block comes."""
        self.step()
        for player in random.sample(self.players, len(self.players)):
            game = cast(GameOnL1, player.table)
            if game.exists and not game.is_over:
                player.act()
        self.l1.mine(seconds, order=lambda pool: _mix(random, pool))

    @property
    def over(self) -> bool:
        return all(game.is_over for game in self.games)

    def finish(self) -> None:
        """Wait until games are final, and for the delay of the vault, so that all bonds can be claimed."""
        for seconds in (FINALITY, DELAY):
            self.l1.mine(seconds)
            for _ in range(6):
                self.step()
                self.l1.mine()


def _mix(random: Random, pool: list[Pending]) -> None:
    """Any order among accounts; each account's transactions stay in theirs."""
    senders = [pending.sender for pending in pool]
    random.shuffle(senders)
    by_sender: dict[Address, list[Pending]] = {}
    for pending in pool:
        by_sender.setdefault(pending.sender, []).append(pending)
    pool[:] = [by_sender[sender].pop(0) for sender in senders]


def check_games(many: ManyGames, told: str = "") -> None:
    """Every game has ended as it should, no claim of ours was countered, and our bonds are back."""
    for game in many.games:
        expected = GameStatus.DEFENDER_WON if game.setup.is_right else GameStatus.CHALLENGER_WON
        assert game.game.status is expected, f"{told}: game {game.index}, {game.setup}: {game.game.status!r}"
        for claim in game.game.claims:
            if claim.claimant == HONEST:
                assert claim.countered_by == ZERO_ADDRESS, f"{told}: game {game.index}, claim {claim.index}"
                parent = game.game.claims[claim.parent_index]
                assert parent.claimant != HONEST, f"{told}: game {game.index} counters its own"
    for game in many.games:
        assert game.game.credit(HONEST) == 0, f"{told}: game {game.index} has bonds of ours"
    assert many.l1.state.chain.balances[HONEST] >= 0, told


def random_setup(random: Random, limits: GameLimits, safe: int) -> Setup:
    """A proposal that is right, or not."""
    claimed = ANCHOR + 1 + random.randrange(1 << limits.split_depth)
    right = claimed <= safe and random.random() < 0.5
    return Setup(limits, l2.root(claimed) if right else l2.root(claimed + 1000), claimed, safe)


def random_games(
    random: Random,
    many: ManyGames,
    count: int,
    limits: GameLimits,
    make: Callable[[Random, GameLimits, int], Setup] = random_setup,
) -> None:
    """Games of all kinds of proposals, each with a few players against it."""
    for _ in range(count):
        setup = make(random, limits, many.safe)
        taken = {(game.setup.root, game.setup.claimed) for game in many.games}
        if (setup.root, setup.claimed) not in taken:
            many.create(setup, random.choices(KINDS, k=random.randrange(1, 3)))
