"""Games about super roots on the model of L1: two chains, their source of super roots, program and contract.

There is no bytecode of such a contract here to compare with. It is the model's game, but for what it claims:
the extra data are a super output, the root claim is its hash, and the number of the game is its timestamp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game_types import GameType
from pyoprollup.challenger.model import Call, FaultDisputeGame, GameImplementation, GameLimits
from pyoprollup.challenger.model.game_state import GameOrigin
from pyoprollup.challenger.model.parameters import GameParameters
from pyoprollup.challenger.model.reverts import BadExtraData, UnexpectedRootClaim
from pyoprollup.challenger.register import GameContext, LowerTraces, SuperBottomTraces
from pyoprollup.challenger.trace.access import Accessor
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.challenger.trace.split import split_provider_selector
from pyoprollup.challenger.trace.super_node import (
    OutputWithRequiredL1,
    SuperNodeRootProvider,
    SuperRootAtTimestamp,
    SuperRootData,
)
from pyoprollup.challenger.trace.super_roots import (
    STEPS_PER_TIMESTAMP,
    ClaimInfo,
    SuperNodePrestateProvider,
    SuperNodeTraceProvider,
    SuperTraceCreator,
    super_root_split_adapter,
)
from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.super_root import (
    INVALID_TRANSITION_HASH,
    ChainIDAndOutput,
    OptimisticBlock,
    SuperV1,
    super_root,
    unmarshal_super_root,
)
from pyoprollup.eth.types import ZERO_HASH, Hash32
from tests.disputes.many_games import ManyGames, OverProgram
from tests.disputes.model_l1 import ANCHOR, ModelL1
from tests.disputes.program import PRESTATE, Program, ProgramTrace
from tests.disputes.world import Setup

CHAINS = (901, 902)
_BEFORE_ALL = BlockID(ZERO_HASH, 0)


def block(chain: int, time: int) -> OptimisticBlock:
    """The block of a chain at a time."""
    return OptimisticBlock(
        keccak256(b"block %d %d" % (chain, time)), keccak256(b"root %d %d" % (chain, time))
    )


@cache
def output(time: int, salt: int = 0) -> SuperV1:
    """The super output at a time: the truth, unless it is salted."""
    chains = [ChainIDAndOutput(chain, block(chain, time + salt).output_root) for chain in CHAINS]
    return SuperV1.of(time, *chains)


def answer(current_l1: BlockID, time: int, safe: int) -> SuperRootAtTimestamp:
    """What a source knows: all chains up to ``safe``, and the first of them a second longer."""
    chains = CHAINS[: 2 if time <= safe else 1 if time == safe + 1 else 0]
    return SuperRootAtTimestamp(
        current_l1,
        CHAINS,
        {chain: OutputWithRequiredL1(block(chain, time), _BEFORE_ALL) for chain in chains},
        SuperRootData(_BEFORE_ALL, output(time)) if time <= safe else None,
    )


class Source(SuperNodeRootProvider):
    """A source of super roots that is at L1's head, unless told otherwise."""

    def __init__(self, l1: ModelL1, safe: int) -> None:
        self._l1 = l1
        self.safe: Callable[[], int] = lambda: safe
        self.behind: Callable[[], int] = lambda: 0
        """L1 blocks that it has yet to derive."""

    def super_root_at_timestamp(self, timestamp: int) -> SuperRootAtTimestamp:
        refs = self._l1.refs
        return answer(refs[max(0, len(refs) - 1 - self.behind())].id, timestamp, self.safe())


class Balancer(SuperNodeRootProvider):
    """A load balancer: each call goes to the next source."""

    def __init__(self, sources: Sequence[SuperNodeRootProvider]) -> None:
        self._sources = sources
        self._next = 0

    def super_root_at_timestamp(self, timestamp: int) -> SuperRootAtTimestamp:
        self._next += 1
        return self._sources[self._next % len(self._sources)].super_root_at_timestamp(timestamp)


class _Omniscient(SuperNodeRootProvider):
    def __init__(self, safe: int) -> None:
        self._safe = safe

    def super_root_at_timestamp(self, timestamp: int) -> SuperRootAtTimestamp:
        return answer(BlockID(ZERO_HASH, 1), timestamp, self._safe)


def honest_trace(safe: int, claimed: int, depth: int) -> SuperNodeTraceProvider:
    """What is true from the anchor to a claimed time."""
    source = _Omniscient(safe)
    prestate = SuperNodePrestateProvider(source, ANCHOR)
    return SuperNodeTraceProvider(prestate, source, _BEFORE_ALL, depth, ANCHOR, claimed)


@cache
def _steps(safe: int, claimed: int) -> dict[Hash32, Hash32]:
    """The right state after each right state."""
    trace, depth = honest_trace(safe, claimed, 30), 30
    count = (claimed - ANCHOR) * STEPS_PER_TIMESTAMP
    states = [trace.absolute_prestate_commitment(), *(trace.get(Position(depth, i)) for i in range(count))]
    return {INVALID_TRANSITION_HASH: INVALID_TRANSITION_HASH, **dict(pairwise(states))}


class SuperProgram(Program):
    """Decides about one step between super outputs: ``number`` is the time that the whole game is about."""

    def result(self, agreed: Hash32, number: int) -> Hash32:
        if agreed == super_root(output(number)):
            return agreed
        return _steps(self.safe, number).get(agreed, keccak256(b"from %s" % agreed))


class SuperProgramTraces(OverProgram, SuperBottomTraces):
    """Lower games over the program, from one super root to another."""

    def creator(self, _context: GameContext, timestamp: int) -> SuperTraceCreator:
        def create(_local_context: Hash32, depth: int, about: ClaimInfo) -> ProgramTrace:
            agreed = Proposal(timestamp, keccak256(about.agreed_prestate))
            return ProgramTrace(self._program, depth, agreed, Proposal(timestamp, about.claim))

        return create


class SuperGame(FaultDisputeGame):
    """The contract."""

    abi_name = "SuperFaultDisputeGame"

    @property
    def l2_block_number(self) -> int:
        return unmarshal_super_root(self.extra_data).timestamp

    def check_initialize(self, _call: Call) -> None:
        try:
            number = self.l2_block_number
        except DecodeError as exc:
            raise BadExtraData from exc
        anchor = self.parameters.anchor_state_registry.anchor_root(self.game_type)
        if keccak256(self.extra_data) != self.root_claim or number <= anchor.number:
            raise UnexpectedRootClaim(self.root_claim)

    def _disputed_number(self, _gindex: int) -> int:
        return self.l2_block_number


class SuperImplementation(GameImplementation):
    """What the factory copies."""

    def clone(
        self, call: Call, game_type: int, root_claim: Hash32, extra_data: bytes, args: bytes
    ) -> FaultDisputeGame:
        parameters = GameParameters.unpack(self.chain, args, permissioned=False)
        origin = GameOrigin(game_type, call.sender, root_claim, call.parent_hash, extra_data)
        return SuperGame(self.chain, self.rules, self.limits, parameters, origin)


class SuperL1(ModelL1):
    """An L1 whose games are about super roots."""

    game_type = GameType.SUPER_CANNON_KONA
    implementation = SuperImplementation
    program = SuperProgram
    anchor_root = staticmethod(lambda: super_root(output(ANCHOR)))


@dataclass(frozen=True, slots=True)
class SuperSetup(Setup):
    """What a game is about: ``claimed`` is its time, and the root that of :func:`output`, salted or not."""

    salt: int = 0

    @property
    def extra_data(self) -> bytes:
        return output(self.claimed, self.salt).marshal()

    @property
    def is_right(self) -> bool:
        return self.claimed <= self.safe and not self.salt

    def trace(self) -> Accessor:
        split = self.limits.split_depth
        top = honest_trace(self.safe, self.claimed, split)
        traces = SuperProgramTraces(SuperProgram(self.safe))
        context = GameContext(_BEFORE_ALL, Path(), PRESTATE, CHAINS[0])
        create = super_root_split_adapter(top, traces.creator(context, self.claimed))
        return Accessor(split_provider_selector(top, split, create))


class SuperManyGames(ManyGames):
    """Games about super roots, and a challenger that plays them."""

    @property
    def traces(self) -> LowerTraces:
        return SuperProgramTraces(SuperProgram(self.safe))


def random_setup(random: Random, limits: GameLimits, safe: int) -> Setup:
    """A proposal that is right, or wrong, or too early."""
    claimed = ANCHOR + 1 + random.randrange(1 << limits.split_depth - 7)
    salt = 0 if claimed <= safe and random.random() < 0.5 else 1000
    if claimed > safe and random.random() < 0.5:
        salt = 0
    return SuperSetup(limits, super_root(output(claimed, salt)), claimed, safe, salt)
