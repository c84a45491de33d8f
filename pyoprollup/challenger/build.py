"""Puts a challenger together, for a service, a devnet or a test alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyoprollup.bindings import DisputeGameFactory, GameMetadata
from pyoprollup.challenger.challenger import After, Challenger, ChallengerL1, Task
from pyoprollup.challenger.claimer import BondContract, Claimer
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.contracts import dispute_game_contract
from pyoprollup.challenger.coordinator import Coordinator
from pyoprollup.challenger.disk import DiskManager
from pyoprollup.challenger.keccak import InputSource, KeccakMetrics
from pyoprollup.challenger.large_preimages import LargePreimageTask
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.monitor import GameMonitor
from pyoprollup.challenger.register import LowerTraces, PlayerFactory, Surroundings
from pyoprollup.challenger.sender import Outbox
from pyoprollup.challenger.trace.node_outputs import RollupNode
from pyoprollup.challenger.trace.outputs import L2Headers
from pyoprollup.challenger.trace.super_node import SuperNodeRootProvider
from pyoprollup.challenger.uploads import uploader_of
from pyoprollup.challenger.workers import Workers
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.events import News, Tell, no_news
from pyoprollup.txmgr import TxManager

__all__ = ["ChallengerParts", "make_challenger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengerParts:
    """What a challenger is made of. ``now`` gives seconds, ``datadir`` is for the files of games.

    ``inputs`` are L1's blocks and receipts; without them nobody looks at large pre-images. ``traces`` are
    the lower traces of each type of game that is to be played. ``nodes`` and ``headers`` are for games about
    one chain, ``super_nodes`` for those about super roots.
    """

    config: ChallengerConfig
    l1: ChallengerL1
    inputs: InputSource | None
    manager: TxManager
    nodes: Sequence[RollupNode]
    headers: L2Headers
    seq_window_size: int
    l2_chain_id: int
    traces: Mapping[int, LowerTraces]
    workers: Workers[After]
    datadir: Path
    now: Callable[[], float]
    tell: Tell = no_news
    preimage_metrics: KeccakMetrics = field(default_factory=KeccakMetrics)
    super_nodes: Sequence[SuperNodeRootProvider] = ()


def make_challenger(parts: ChallengerParts) -> Challenger:
    """A challenger that begins with its first step."""
    config, l1, tell = parts.config, parts.l1, parts.tell
    metrics, news = ChallengerMetrics(), News("challenger", tell)
    account = parts.manager.address
    around = Surroundings(
        config,
        account,
        parts.nodes,
        parts.headers,
        parts.seq_window_size,
        parts.l2_chain_id,
        parts.now,
        tell,
        metrics,
        parts.super_nodes,
    )
    coordinator = Coordinator(
        PlayerFactory(l1, around, parts.traces, uploader_of),
        DiskManager(parts.datadir),
        metrics,
        news,
        allow_invalid_prestate=config.allow_invalid_prestate,
    )
    monitor = GameMonitor(config, DisputeGameFactory(config.game_factory_address, l1), news)
    return Challenger(
        config,
        l1,
        parts.manager,
        monitor,
        coordinator,
        _tasks(parts, around, metrics),
        parts.workers,
        metrics,
        parts.now,
        news,
    )


class _ClaimTask(Task):
    """The claimer, as a task."""

    def __init__(self, claimer: Claimer) -> None:
        self._claimer = claimer

    def __call__(self, games: Sequence[GameMetadata], head: L1BlockRef) -> None:
        self._claimer.claim_bonds(games, head.hash)

    def begin_anew(self) -> None:
        self._claimer.begin_anew()


def _tasks(
    parts: ChallengerParts, around: Surroundings, metrics: ChallengerMetrics
) -> dict[str, tuple[Task, Outbox]]:
    def contract(game: GameMetadata, block: Hash32) -> BondContract:
        return dispute_game_contract(game.game_type, game.proxy, parts.l1, block)

    claims = Outbox(around.account)
    claimer = Claimer(
        contract,
        claims,
        around.claimants,
        metrics,
        News("claimer", parts.tell),
        selective=parts.config.selective_claim_resolution,
    )

    tasks: dict[str, tuple[Task, Outbox]] = {"claims": (_ClaimTask(claimer), claims)}
    if parts.inputs is not None:
        preimages = Outbox(around.account)
        task = LargePreimageTask(
            parts.config, parts.l1, parts.inputs, preimages, parts.preimage_metrics, parts.tell
        )
        tasks["preimages"] = task, preimages
    return tasks
