"""The devnet's challenger, and those who play against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from pyoprollup.bindings import DisputeGameFactory, GameMetadata
from pyoprollup.challenger.actions_tx import action_candidates
from pyoprollup.challenger.build import ChallengerParts, make_challenger
from pyoprollup.challenger.challenger import Challenger
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.contracts import fault_dispute_game_contract
from pyoprollup.challenger.game.actions import Move, Step
from pyoprollup.challenger.game.claims import Game
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game_types import GameType
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.pinned_game import PinnedGame
from pyoprollup.challenger.register import LowerTraces, OpenGame, Surroundings, open_game
from pyoprollup.challenger.trace.alphabet_games import AlphabetTraces, DevnetAlphabetTraces
from pyoprollup.challenger.trace.outputs import L2Headers
from pyoprollup.challenger.workers import InlineWorkers
from pyoprollup.devnet.bad_proposals import BadProposer, ToyProposer
from pyoprollup.devnet.dishonest import STRATEGIES, Seat, Strategy
from pyoprollup.devnet.dispute_contracts import (
    ALPHABET_GAME_TYPE,
    DISPUTE_GAME_FACTORY,
    GAME_TYPE,
    TOY_GAME_TYPE,
    DisputeSettings,
)
from pyoprollup.devnet.options import DevnetOptions
from pyoprollup.devnet.proposing import NodeOutputs
from pyoprollup.devnet.rollup_node import RollupNode
from pyoprollup.devnet.sending import DevnetSender, devnet_manager
from pyoprollup.devnet.toy import ToyTraces
from pyoprollup.errors import NotFound, RollupError, Unavailable
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.headers import Header
from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.eth.types import Address, to_hex
from pyoprollup.events import Stepper, Tell
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.rollup.config import RollupConfig

if TYPE_CHECKING:
    from pyoprollup.devnet.devnet import Devnet

__all__ = [
    "BadProposer",
    "DishonestPlayer",
    "Disputes",
    "NodeHeaders",
    "devnet_challenger",
    "devnet_surroundings",
    "dispute_settings",
]

_FINISH_BLOCKS = 600
"""L1 blocks that games are given to end, besides what their clocks and delays take."""


class NodeHeaders(L2Headers):
    """Headers of a node's canonical blocks."""

    def __init__(self, node: RollupNode) -> None:
        self._node = node

    def header_by_number(self, number: int) -> Header:
        try:
            ref = self._node.core.l2.l2_block_ref_by_number(number)
        except NotFound as exc:
            raise Unavailable(str(exc)) from exc
        header = self._node.store.header(ref.hash)
        if header is None:
            raise Unavailable(f"no header of L2 block {number}")
        return header


def devnet_challenger(
    l1: EmbeddedL1,
    key: bytes,
    node: RollupNode,
    rollup: RollupConfig,
    now: Callable[[], float],
    tell: Tell,
    poll_interval: float,
    traces: Mapping[int, LowerTraces],
) -> Challenger:
    """A challenger that plays the games of the devnet's proposers, and asks ``node``."""
    return make_challenger(
        ChallengerParts(
            config=ChallengerConfig(
                game_factory_address=DISPUTE_GAME_FACTORY,
                game_types=tuple(map(GameType, traces)),
                poll_interval=poll_interval,
                # Clocks are short here: whoever spams must not be able to make more claims than we answer.
                max_pending_tx=0,
            ),
            l1=l1,
            inputs=l1,
            manager=devnet_manager(l1, key, now, tell),
            nodes=[NodeOutputs(node)],
            headers=NodeHeaders(node),
            seq_window_size=rollup.seq_window_size,
            l2_chain_id=rollup.l2_chain_id,
            traces=traces,
            workers=InlineWorkers(),
            datadir=Path("/nonexistent"),
            now=now,
            tell=tell,
        )
    )


def devnet_surroundings(
    account: Address, node: RollupNode, rollup: RollupConfig, now: Callable[[], float], tell: Tell
) -> Surroundings:
    """Those of somebody who looks at the devnet's games, with ``account``, and asks ``node``."""
    return Surroundings(
        ChallengerConfig(game_factory_address=DISPUTE_GAME_FACTORY),
        account,
        [NodeOutputs(node)],
        NodeHeaders(node),
        rollup.seq_window_size,
        rollup.l2_chain_id,
        now,
        tell,
        ChallengerMetrics(),
    )


class DishonestPlayer(DevnetSender):
    """Plays all games that are in progress by a strategy."""

    def __init__(
        self,
        l1: EmbeddedL1,
        key: bytes,
        strategy: str,
        honest: Address,
        node: RollupNode,
        rollup: RollupConfig,
        random: Random,
        now: Callable[[], float],
        tell: Tell,
        traces: Mapping[int, LowerTraces],
    ) -> None:
        super().__init__(l1, key, now, tell, f"dishonest {strategy}")
        self._traces = traces
        self._kind = STRATEGIES[strategy]
        self._honest = honest
        self._random = random
        self._factory = DisputeGameFactory(DISPUTE_GAME_FACTORY, l1)
        self._around = devnet_surroundings(self.manager.address, node, rollup, now, tell)
        self._strategies: dict[Address, Strategy] = {}

    def _act(self, head: L1BlockRef) -> None:
        for game in self._factory.all_games(head.hash):
            try:
                self._play(game, head)
            except RollupError as error:
                self.news.failed("not-played", error, game=to_hex(game.proxy))

    def _play(self, game: GameMetadata, head: L1BlockRef) -> None:
        contract = fault_dispute_game_contract(game.game_type, game.proxy, self.l1, head.hash)
        if contract.status(head.hash) is not GameStatus.IN_PROGRESS:
            self._strategies.pop(game.proxy, None)
            return
        traces = self._traces[game.game_type]
        opened = open_game(contract, traces, self._around, self.l1, Path(), head.hash)
        opened.nodes.refresh()
        strategy = self._strategies.get(game.proxy)
        seat = Seat(
            self.manager.address,
            self._honest,
            opened.trace,
            opened.depths.split_depth,
            contract.max_clock_duration(head.hash),
            self.l1.config.slot_seconds,
        )
        if strategy is None:
            strategy = self._strategies[game.proxy] = self._kind(seat, self._random)
        strategy.seat = seat
        view = PinnedGame(contract, opened.depths, head.hash)
        tree = view.game(view.claims())
        for action in strategy.actions(tree, head.time):
            alphabet = isinstance(traces, AlphabetTraces)
            if alphabet and _is_beyond_the_alphabet(opened, tree, action):
                continue
            self.news("acting", claim=action.parent.index, attack=action.is_attack, game=to_hex(game.proxy))
            self.send(action_candidates(view, contract, action))


def _is_beyond_the_alphabet(opened: OpenGame, tree: Game, action: Move | Step) -> bool:
    """Whether a move is true where the alphabet has no answer to the truth.

    The alphabet, unlike a program, never says that an output root is right: its end is always "invalid". So
    the true end of a lower trace would bring down a true claim, and a true claim about the last output root
    against a true one could not be defended.
    """
    parent, split = action.parent, opened.depths.split_depth
    if isinstance(action, Step) or parent.depth not in (split - 1, split):
        return False
    position = parent.position.attack() if action.is_attack else parent.position.defend()
    return opened.trace.get(tree, parent, position) == action.value


def dispute_settings(options: DevnetOptions) -> DisputeSettings:
    """The clocks and depths of a devnet's games. Delays are no longer than the clocks."""
    clock, slot, ethereum = options.dispute_clock, options.l1_block_time, DisputeSettings()
    return DisputeSettings(
        max_clock_duration=clock,
        finality_delay=min(ethereum.finality_delay, clock),
        weth_delay=min(ethereum.weth_delay, clock),
        # Time for three blocks, or Ethereum's three hours where clocks are as long as there.
        clock_extension=min(ethereum.limits.clock_extension, max(3 * slot, clock // 28)),
        split_depth=options.dispute_depth,
        toy=options.has_toy,
    )


class Disputes:
    """The challenger of a devnet, if there is one, and who plays against it."""

    def __init__(self, devnet: Devnet) -> None:
        self._devnet = devnet
        self.steppers: dict[str, Stepper] = {}
        """By their names in the schedule."""
        self.challenger: Challenger | None = None
        self.bad_proposer: BadProposer | None = None
        self.toy_proposer: ToyProposer | None = None
        alphabet = DevnetAlphabetTraces()
        self.traces: dict[int, LowerTraces] = {GAME_TYPE: alphabet, ALPHABET_GAME_TYPE: alphabet}
        """What decides about single steps of each type of game."""

    @classmethod
    def of(cls, devnet: Devnet) -> Disputes:
        """Those that a devnet's options ask for."""
        made = cls(devnet)
        options, genesis = devnet.options, devnet.genesis
        l1, now, tell = devnet.l1, devnet.clock, devnet.watch.teller("")
        node, keys = devnet.nodes["verifier"], list(genesis.dishonest)
        if options.has_toy:
            toy = made.traces[TOY_GAME_TYPE] = ToyTraces(l1)
        if options.toy_proposals:
            random = Random(f"{options.seed} toy")  # noqa: S311
            interval = options.proposal_interval
            made.toy_proposer = made.steppers["toy proposer"] = ToyProposer(
                l1, keys.pop(), options.toy_proposals, toy.rollup, interval, random, now, tell
            )
        if options.challenger:
            made.challenger = made.steppers["challenger"] = devnet_challenger(
                l1, genesis.challenger, node, devnet.config, now, tell, options.l1_block_time / 2, made.traces
            )
        honest = address_of(genesis.challenger)
        for index, strategy in enumerate(options.dishonest):
            random = Random(f"{options.seed} {index} {strategy}")  # noqa: S311 - nobody is to be surprised
            made.steppers[f"dishonest {index}"] = DishonestPlayer(
                l1, keys[index], strategy, honest, node, devnet.config, random, now, tell, made.traces
            )
        if options.bad_proposals:
            random = Random(f"{options.seed} bad proposals")  # noqa: S311
            made.bad_proposer = made.steppers["bad proposer"] = BadProposer(
                l1, keys[-1], options.bad_proposals, node, options.proposal_interval, random, now, tell
            )
        return made

    @property
    def patience(self) -> int:
        """L1 blocks that the games are waited for."""
        options = self._devnet.options
        delays = 4 * options.dispute_clock // options.l1_block_time
        return delays + _FINISH_BLOCKS if self.challenger is not None else 1

    @property
    def over(self) -> bool:
        """Whether all games have ended, and the challenger has all that is due to it."""
        return not self.unfinished()

    def unfinished(self) -> list[str]:
        """What is left to be done about which games, if there is a challenger to do it."""
        if self.challenger is None:
            return []
        l1, account = self._devnet.l1, address_of(self._devnet.genesis.challenger)
        head = l1.l1_block_ref_by_label(BlockLabel.UNSAFE)
        left = []
        for game in DisputeGameFactory(DISPUTE_GAME_FACTORY, l1).all_games(head.hash):
            contract = fault_dispute_game_contract(game.game_type, game.proxy, l1, head.hash)
            credit, status = contract.credit(account, head.hash)
            if status is GameStatus.IN_PROGRESS:
                left.append(f"game {game.index} is in progress")
            elif credit or not contract.is_closed(head.hash):
                left.append(f"game {game.index} has {credit} wei for the challenger, or is not closed")
        return left
