"""Makes the players of games: for each type of game its own trace, for all of them the same agent."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pyoprollup.bindings import DEFAULT_BATCH_SIZE, GameMetadata
from pyoprollup.challenger.agent import Agent, AgentConfig
from pyoprollup.challenger.challenger import ChallengerL1
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.contracts import (
    FaultDisputeGameContract,
    GameDepths,
    GameRange,
    MalformedGame,
    UnsupportedGameType,
    fault_dispute_game_contract,
)
from pyoprollup.challenger.delays import HeldAnswers
from pyoprollup.challenger.fault_actor import FaultActor, UploaderMaker
from pyoprollup.challenger.game.bonds import MAX_GAME_DEPTH
from pyoprollup.challenger.game.solver import GameSolver
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game.trace import TraceProvider
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.player import GamePlayer, Validator
from pyoprollup.challenger.sender import Outbox
from pyoprollup.challenger.trace.access import Accessor
from pyoprollup.challenger.trace.node_outputs import GameNodes, GameOutputs, RollupNode
from pyoprollup.challenger.trace.node_super_roots import GameSuperRoots
from pyoprollup.challenger.trace.outputs import (
    L2Headers,
    OutputTraceProvider,
    ProposalTraceCreator,
    output_root_split_adapter,
)
from pyoprollup.challenger.trace.split import ProviderCreator, split_provider_selector
from pyoprollup.challenger.trace.super_node import SuperNodeRootProvider
from pyoprollup.challenger.trace.super_roots import (
    SuperNodePrestateProvider,
    SuperNodeTraceProvider,
    SuperTraceCreator,
    super_root_split_adapter,
)
from pyoprollup.challenger.validator import PrestateValidator, StartingRootValidator
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.types import Address, Hash32, to_hex
from pyoprollup.events import News, Tell

__all__ = [
    "BottomTraces",
    "GameContext",
    "LowerTraces",
    "OpenGame",
    "PlayerFactory",
    "SuperBottomTraces",
    "Surroundings",
    "UpperTrace",
    "open_game",
]


@dataclass(frozen=True, slots=True)
class GameContext:
    """A game, as the maker of its lower traces needs to know it."""

    l1_head: BlockID
    folder: Path
    absolute_prestate: Hash32
    l2_chain_id: int


@dataclass(frozen=True, slots=True)
class UpperTrace:
    """The trace above the split, who knows what is true in it, and what makes the traces below."""

    nodes: GameNodes
    trace: TraceProvider
    create_bottom: ProviderCreator


class LowerTraces(Protocol):
    """What decides about single steps of the games of a type."""

    @property
    @abstractmethod
    def is_validated(self) -> bool:
        """Whether the state that a game begins with must be ours. Permissioned games come to no step."""

    @abstractmethod
    def absolute_prestate(self, context: GameContext) -> Hash32:
        """The commitment to our own absolute pre-state; raises what finding it does."""

    @abstractmethod
    def upper(
        self, context: GameContext, around: Surroundings, l1: ChallengerL1, depth: int, numbers: GameRange
    ) -> UpperTrace:
        """The upper trace of a game, ``depth`` levels deep, from one of its numbers to the other."""


class BottomTraces(LowerTraces):
    """Those of games about output roots."""

    @abstractmethod
    def creator(self, context: GameContext) -> ProposalTraceCreator:
        """Makes the traces of the lower games of a game."""

    def upper(
        self, context: GameContext, around: Surroundings, l1: ChallengerL1, depth: int, numbers: GameRange
    ) -> UpperTrace:
        outputs = GameOutputs(around.nodes, l1, context.l1_head, around.seq_window_size)
        top = OutputTraceProvider(outputs, around.headers, depth, numbers.prestate, numbers.poststate)
        return UpperTrace(outputs, top, output_root_split_adapter(top, self.creator(context)))


class SuperBottomTraces(LowerTraces):
    """Those of games about super roots, whose numbers are timestamps."""

    @abstractmethod
    def creator(self, context: GameContext, timestamp: int) -> SuperTraceCreator:
        """Makes the traces of the lower games of a game that claims a super root at ``timestamp``."""

    def upper(
        self, context: GameContext, around: Surroundings, l1: ChallengerL1, depth: int, numbers: GameRange
    ) -> UpperTrace:
        first, last = numbers.prestate, numbers.poststate
        roots = GameSuperRoots(around.super_nodes, l1, context.l1_head, first, around.seq_window_size)
        prestate = SuperNodePrestateProvider(roots, first)
        top = SuperNodeTraceProvider(prestate, roots, context.l1_head, depth, first, last)
        return UpperTrace(roots, top, super_root_split_adapter(top, self.creator(context, last)))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all players share. ``now`` gives seconds."""

    config: ChallengerConfig
    account: Address
    nodes: Sequence[RollupNode]
    headers: L2Headers
    seq_window_size: int
    l2_chain_id: int
    now: Callable[[], float]
    tell: Tell
    metrics: ChallengerMetrics
    super_nodes: Sequence[SuperNodeRootProvider] = ()

    @property
    def claimants(self) -> tuple[Address, ...]:
        """The accounts whose bonds are ours."""
        return (self.account, *self.config.additional_bond_claimants)


@dataclass(frozen=True, slots=True)
class OpenGame:
    """A game that is in progress, and what is true in it."""

    contract: FaultDisputeGameContract
    depths: GameDepths
    context: GameContext
    nodes: GameNodes
    top: TraceProvider
    trace: Accessor


def open_game(
    contract: FaultDisputeGameContract,
    lower: LowerTraces,
    around: Surroundings,
    l1: ChallengerL1,
    folder: Path,
    block: Hash32,
) -> OpenGame:
    """Find out what a game is about, after the L1 block ``block``.

    Raises :class:`MalformedGame` for a game that nobody can play, and what reads of L1 do.
    """
    l1_head = _l1_head(contract, l1, block)
    depths, numbers = contract.depths(block), contract.game_range(block)
    if not depths.split_depth < depths.max_depth <= MAX_GAME_DEPTH:
        raise MalformedGame(f"a game of depth {depths.max_depth:#x}, split at {depths.split_depth:#x}")
    context = GameContext(l1_head, folder, contract.absolute_prestate_hash(block), around.l2_chain_id)
    upper = lower.upper(context, around, l1, depths.split_depth, numbers)
    trace = Accessor(split_provider_selector(upper.trace, depths.split_depth, upper.create_bottom))
    return OpenGame(contract, depths, context, upper.nodes, upper.trace, trace)


def _l1_head(contract: FaultDisputeGameContract, l1: ChallengerL1, block: Hash32) -> BlockID:
    l1_head = contract.l1_head(block)
    try:
        return l1.l1_block_ref_by_hash(l1_head).id
    except NotFound as exc:
        raise Unavailable(f"L1 has no block {to_hex(l1_head)}, the game's L1 head") from exc


class PlayerFactory:
    """A :data:`~pyoprollup.challenger.coordinator.PlayerCreator` for fault dispute games."""

    def __init__(
        self,
        l1: ChallengerL1,
        around: Surroundings,
        traces: Mapping[int, LowerTraces],
        uploader: Callable[[FaultDisputeGameContract], UploaderMaker],
    ) -> None:
        self._l1 = l1
        self._around = around
        self._traces = traces
        self._uploader = uploader

    def __call__(self, game: GameMetadata, folder: Path, head: L1BlockRef) -> GamePlayer:
        """The player of a game, as things stand after an L1 block.

        Raises :class:`UnsupportedGameType`, and what :func:`open_game` does.
        """
        lower = self._traces.get(game.game_type)
        if lower is None:
            raise UnsupportedGameType(f"games of type {game.game_type} are not played")
        news = News(f"game {to_hex(game.proxy)}", self._around.tell)
        contract = fault_dispute_game_contract(
            game.game_type, game.proxy, self._l1, head.hash, DEFAULT_BATCH_SIZE
        )
        status = contract.status(head.hash)
        if status is not GameStatus.IN_PROGRESS:
            return GamePlayer(None, status, (), news)
        opened = open_game(contract, lower, self._around, self._l1, folder, head.hash)
        actor = self._actor(opened, contract.max_clock_duration(head.hash), news)
        return GamePlayer(actor, status, _validators(opened, lower, head.hash), news)

    def _actor(self, opened: OpenGame, max_clock_duration: int, news: News) -> FaultActor:
        around = self._around
        delays, outbox = HeldAnswers(around.now), Outbox(around.account)
        config = AgentConfig(
            around.account,
            max_clock_duration,
            around.claimants,
            around.config.selective_claim_resolution,
            around.config.response_delay,
            around.config.response_delay_after,
        )
        agent = Agent(config, GameSolver(opened.trace), delays, around.metrics, news)
        uploader = self._uploader(opened.contract)
        return FaultActor(opened.contract, opened.depths, agent, opened.nodes, outbox, uploader, delays)


def _validators(opened: OpenGame, lower: LowerTraces, block: Hash32) -> Sequence[Validator]:
    if not lower.is_validated:
        return ()
    context, root = opened.context, opened.contract.starting_root_hash(block)
    return (
        PrestateValidator(context.absolute_prestate, lambda: lower.absolute_prestate(context)),
        StartingRootValidator(root, opened.nodes, opened.top),
    )
