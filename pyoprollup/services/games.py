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
from pyoprollup.challenger.game_types import GameType
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.register import BottomTraces, GameContext, Surroundings, open_game
from pyoprollup.challenger.trace.local_inputs import local_key
from pyoprollup.challenger.trace.outputs import L2Headers, ProposalTraceCreator
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import ZERO_ADDRESS, Hash32
from pyoprollup.events import Tell
from pyoprollup.l1.rpc import L1Client
from pyoprollup.rollupapi import RollupClient
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.services.challenger import HttpL2Headers
from pyoprollup.services.sending import RollupEndpoints
from pyoprollup.services.vm_traces import VmSettings, make_traces

__all__ = ["TraceRun", "TruthConfig", "TruthSource", "open_truth"]

_RUN_DEPTH = 63
"""Of the trace of a run: its last step is after the end of every program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthConfig:
    """Whom to ask. ``datadir`` keeps what a VM makes; without it, it is gone at the end."""

    nodes: RollupEndpoints
    l2: str
    vms: Mapping[GameType, VmSettings] = field(default_factory=dict)
    datadir: Path | None = None
    l2_timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class TraceRun:
    """What a VM has made of a block. ``claim`` has its status in the first byte; ``seconds`` is the time."""

    l1_head: L1BlockRef
    agreed: Proposal
    claimed: Proposal
    claim: Hash32
    seconds: float


class _NoTrace(BottomTraces):
    """Stands for a VM that is not there: what it would say cannot be told."""

    def __init__(self, game_type: int) -> None:
        self._why = f"no VM is given for games of type {game_type}"

    @property
    def is_validated(self) -> bool:
        return False

    def absolute_prestate(self, _context: GameContext) -> Hash32:
        raise Unavailable(self._why)

    def creator(self, _context: GameContext) -> ProposalTraceCreator:
        def create(*_: object) -> TraceProvider:
            raise Unavailable(self._why)

        return create


class TruthSource:
    """Judges games by rollup nodes, L2's headers, and VMs."""

    def __init__(
        self,
        l1: L1Client,
        nodes: list[RollupClient],
        headers: L2Headers,
        traces: Callable[[GameType], Mapping[int, BottomTraces]],
        datadir: Path,
        tell: Tell,
    ) -> None:
        self._l1 = l1
        self._nodes = nodes
        self._headers = headers
        self._traces = traces
        self._datadir = datadir
        self._tell = tell

    def _bottom(self, game_type: int) -> BottomTraces:
        try:
            return self._traces(GameType(game_type))[game_type]
        except (ValueError, ConfigError):
            return _NoTrace(game_type)

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
        )
        opened = open_game(contract, self._bottom(game_type), around, self._l1, self._datadir, head.hash)
        return explain_open_game(opened, game_type, head)

    def run_trace(self, game_type: GameType, number: int | None, prestate: Hash32) -> TraceRun:
        """Have the VM prove an L2 block, the last safe one if none is given, from the block before it.

        Raises :class:`Unavailable`, :class:`~pyoprollup.challenger.trace.vm.VmError` among others.
        """
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
        context = GameContext(l1_head.id, self._datadir, prestate, node.rollup_config().l2_chain_id)
        begun = time.monotonic()
        provider = self._traces(game_type)[game_type].creator(context)(
            local_key(claimed_at), _RUN_DEPTH, agreed, claimed
        )
        claim = provider.get(Position(_RUN_DEPTH, (1 << _RUN_DEPTH) - 1))
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

        def traces(game_type: GameType) -> Mapping[int, BottomTraces]:
            return make_traces((game_type,), config.vms, headers, datadir, lambda: False, tell)

        yield TruthSource(l1, nodes, headers, traces, datadir, tell)
