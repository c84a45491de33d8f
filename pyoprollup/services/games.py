"""The truth about one game, for who looks at it by hand: what the challenger would think of its claims."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.contracts import FaultDisputeGameContract
from pyoprollup.challenger.explanation import GameSheet, explain_open_game
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import TraceProvider
from pyoprollup.challenger.game_types import GameType, game_type_info
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.register import (
    BottomTraces,
    GameContext,
    LowerTraces,
    SuperBottomTraces,
    Surroundings,
    open_game,
)
from pyoprollup.challenger.trace.outputs import L2Headers, ProposalTraceCreator
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.challenger.trace.super_node import SuperNodeClient
from pyoprollup.challenger.trace.super_roots import (
    ClaimInfo,
    SuperNodePrestateProvider,
    SuperNodeTraceProvider,
    SuperTraceCreator,
)
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.super_root import INVALID_TRANSITION_HASH
from pyoprollup.eth.types import ZERO_ADDRESS, Hash32
from pyoprollup.events import Tell
from pyoprollup.l1.rpc import L1Client
from pyoprollup.preimage.keys import local_key
from pyoprollup.rollupapi import RollupClient
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.services.challenger import HttpL2Headers
from pyoprollup.services.sending import RollupEndpoints
from pyoprollup.services.vm_traces import VmSettings, make_traces

__all__ = ["TraceRun", "TruthConfig", "TruthSource", "open_truth"]

_RUN_DEPTH = 63
"""Of the trace of a run: its last step is after the end of every program."""
_SUPER_DEPTH = 30
"""Of the trace of super roots, of which the first step is run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthConfig:
    """Whom to ask; ``super_root_rpcs`` about games about super roots.

    ``datadir`` keeps what a VM makes; without it, it is gone at the end.
    """

    nodes: RollupEndpoints
    l2: str
    vms: Mapping[GameType, VmSettings] = field(default_factory=dict)
    datadir: Path | None = None
    l2_timeout: float = 30.0
    super_root_rpcs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TraceRun:
    """What a VM has made of a block, or of a step to a super root, whose number is its time.

    ``claim`` has its status in the first byte; ``seconds`` is how long it took.
    """

    l1_head: L1BlockRef
    agreed: Proposal
    claimed: Proposal
    claim: Hash32
    seconds: float


class _NoVm:
    """Stands for a VM that is not there: what it would say cannot be told."""

    def __init__(self, game_type: int) -> None:
        self._why = f"no VM is given for games of type {game_type}"

    @property
    def is_validated(self) -> bool:
        return False

    def absolute_prestate(self, _context: GameContext) -> Hash32:
        raise Unavailable(self._why)

    def _create(self, *_: object) -> TraceProvider:
        raise Unavailable(self._why)


class _NoTrace(_NoVm, BottomTraces):
    def creator(self, _context: GameContext) -> ProposalTraceCreator:
        return self._create


class _NoSuperTrace(_NoVm, SuperBottomTraces):
    def creator(self, _context: GameContext, _timestamp: int) -> SuperTraceCreator:
        return self._create


class TruthSource:
    """Judges games by rollup nodes, L2's headers, and VMs."""

    def __init__(
        self,
        l1: L1Client,
        nodes: list[RollupClient],
        headers: L2Headers,
        super_nodes: list[SuperNodeClient],
        traces: Callable[[GameType], Mapping[int, LowerTraces]],
        datadir: Path,
        tell: Tell,
    ) -> None:
        self._l1 = l1
        self._nodes = nodes
        self._headers = headers
        self._super_nodes = super_nodes
        self._traces = traces
        self._datadir = datadir
        self._tell = tell

    def _lower(self, game_type: int) -> LowerTraces:
        try:
            return self._traces(GameType(game_type))[game_type]
        except (ValueError, ConfigError):
            info = game_type_info(game_type)
            return _NoSuperTrace(game_type) if info is not None and info.super_roots else _NoTrace(game_type)

    def explain(self, game_type: int, contract: FaultDisputeGameContract, head: L1BlockRef) -> GameSheet:
        """What an honest player thinks of every claim, as things stand after an L1 block.

        Raises :class:`Unavailable` where the nodes cannot judge the game, and what reads of L1 do.
        """
        rollup = self._nodes[0].rollup_config()
        config = ChallengerConfig(game_factory_address=ZERO_ADDRESS)
        around = Surroundings(
            config,
            ZERO_ADDRESS,
            self._nodes,
            self._headers,
            rollup.seq_window_size,
            rollup.l2_chain_id,
            time.time,
            self._tell,
            ChallengerMetrics(),
            self._super_nodes,
        )
        opened = open_game(contract, self._lower(game_type), around, self._l1, self._datadir, head.hash)
        return explain_open_game(opened, game_type, head)

    def run_trace(self, game_type: GameType, number: int | None, prestate: Hash32) -> TraceRun:
        """Have the VM prove an L2 block, the last safe one if none is given, from the block before it.

        Of games about super roots it proves the first step to a time: the block of the first chain.

        Raises :class:`Unavailable`, :class:`~pyoprollup.challenger.trace.vm.VmError` among others.
        """
        lower = self._traces(game_type)[game_type]
        if isinstance(lower, SuperBottomTraces):
            return self._run_super(lower, number, prestate)
        assert isinstance(lower, BottomTraces)
        return self._run_single(lower, number, prestate)

    def _run_single(self, lower: BottomTraces, number: int | None, prestate: Hash32) -> TraceRun:
        node = self._nodes[0]
        status = node.sync_status()
        l1_head = status.finalized_l1 or status.current_l1
        if status.current_l1 is None or l1_head is None:
            raise Unavailable("the rollup node has not begun to derive")
        l1_head = min(l1_head, status.current_l1, key=lambda block: block.number)
        claimed_at = node.safe_head_at_l1_block(l1_head.number).safe_head.number if number is None else number
        if claimed_at < 1:
            raise ConfigError(f"l2_block_num: L2 block {claimed_at} has no block before it")
        agreed, claimed = (
            Proposal(at, node.output_at_block(at).output_root) for at in (claimed_at - 1, claimed_at)
        )
        create = lower.creator(self._context(l1_head, prestate))
        return _run(
            l1_head, agreed, claimed, lambda: create(local_key(claimed_at), _RUN_DEPTH, agreed, claimed)
        )

    def _run_super(self, lower: SuperBottomTraces, number: int | None, prestate: Hash32) -> TraceRun:
        source = self._super_nodes[0]
        status = source.super_root_at_timestamp(int(time.time()) if number is None else number)
        claimed_at = status.finalized_timestamp if number is None else number
        if claimed_at < 1:
            raise Unavailable("the source of super roots tells no time up to which all is final")
        # The block that the source is at is not dealt with yet.
        l1_head = self._l1.l1_block_ref_by_number(max(status.current_l1.number - 1, 0))
        # The game claims a later time: its end does not matter for the step.
        begin, end = claimed_at - 1, claimed_at + 10
        first = SuperNodePrestateProvider(source, begin)
        top = SuperNodeTraceProvider(first, source, l1_head.id, _SUPER_DEPTH, begin, end)
        agreed = top.absolute_prestate().marshal()
        claim = top.get(Position(_SUPER_DEPTH, 0))
        if claim == INVALID_TRANSITION_HASH:
            raise Unavailable(f"L1 up to {l1_head} does not have what a super root after {begin} takes")
        create = lower.creator(self._context(l1_head, prestate), end)
        return _run(
            l1_head,
            Proposal(begin, keccak256(agreed)),
            Proposal(claimed_at, claim),
            lambda: create(local_key(claimed_at), _RUN_DEPTH, ClaimInfo(agreed, claim)),
        )

    def _context(self, l1_head: L1BlockRef, prestate: Hash32) -> GameContext:
        return GameContext(l1_head.id, self._datadir, prestate, self._nodes[0].rollup_config().l2_chain_id)


def _run(
    l1_head: L1BlockRef, agreed: Proposal, claimed: Proposal, make: Callable[[], TraceProvider]
) -> TraceRun:
    begun = time.monotonic()
    claim = make().get(Position(_RUN_DEPTH, (1 << _RUN_DEPTH) - 1))
    return TraceRun(l1_head, agreed, claimed, claim, time.monotonic() - begun)


@contextmanager
def open_truth(config: TruthConfig, l1: L1Client, tell: Tell) -> Iterator[TruthSource]:
    """The source of truth, until the end of the context."""
    with ExitStack() as stack:
        nodes = [
            stack.enter_context(RollupClient.dial(url, config.nodes.timeout)) for url in config.nodes.urls
        ]
        headers = HttpL2Headers(stack.enter_context(JsonRpcClient(config.l2, timeout=config.l2_timeout)))
        datadir = config.datadir or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="pyoprollup-games-"))
        )

        super_nodes = [SuperNodeClient.dial(url, config.nodes.timeout) for url in config.super_root_rpcs]
        for source in super_nodes:
            stack.callback(source.close)

        def traces(game_type: GameType) -> Mapping[int, LowerTraces]:
            return make_traces((game_type,), config.vms, headers, datadir, lambda: False, tell)

        yield TruthSource(l1, nodes, headers, super_nodes, traces, datadir, tell)
