"""Output roots as a trace: one step for each L2 block from the game's anchor to the block that it claims.

The honest root of a block is what the chain had there, as far as L1 up to the game's L1 head made it safe:
later blocks repeat the last safe root. So what a rollup node remembers of its safe heads decides here about
bonds, and it is not believed blindly (:class:`~pyoprollup.challenger.trace.node_outputs.GameOutputs`).

Specification: fault-proof/stage-one/fault-dispute-game.md, "Output Roots", "L2 Block Number Challenge";
fault-proof/stage-one/honest-challenger-fdg.md, "Root Claims", "Counter Claims".
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol

from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.position import ROOT_POSITION, Position
from pyoprollup.challenger.game.trace import (
    L2BlockNumberChallenge,
    StepData,
    StepUnsupported,
    TraceError,
    TraceProvider,
)
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.challenger.trace.provider_cache import keep_latest
from pyoprollup.challenger.trace.split import ProviderCreator
from pyoprollup.eth.headers import Header
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.types import U64_MAX, Hash32

__all__ = [
    "L2Headers",
    "OutputRoots",
    "OutputTraceProvider",
    "ProposalTraceCreator",
    "output_root_split_adapter",
]


class OutputRoots(Protocol):
    """What a rollup node knows, for one game. In doubt it raises :class:`~pyoprollup.errors.Unavailable`."""

    @abstractmethod
    def output_at_block(self, number: int) -> OutputV0:
        """The output of an L2 block."""

    @abstractmethod
    def safe_block_at_l1_head(self) -> int:
        """The last L2 block that L1 up to the game's L1 head has made safe."""


class L2Headers(Protocol):
    """Headers of L2's blocks; raises :class:`~pyoprollup.errors.Unavailable`."""

    @abstractmethod
    def header_by_number(self, number: int) -> Header:
        """The header of a block."""


class OutputTraceProvider(TraceProvider):
    """The upper trace of a game, ``depth`` levels over the blocks after ``prestate_block``.

    ``poststate_block`` is the block that the game claims. Both are taken as they are: a contract's numbers
    have 256 bits, and those of blocks 64.
    """

    def __init__(
        self, outputs: OutputRoots, headers: L2Headers, depth: int, prestate_block: int, poststate_block: int
    ) -> None:
        self._outputs = outputs
        self._headers = headers
        self._depth = depth
        self.prestate_block = prestate_block
        self.poststate_block = poststate_block

    def claimed_block_number(self, position: Position) -> int:
        """The block that a claim at ``position`` is about, whether or not it is safe.

        Raises :class:`TraceError` if it is none: if its number has more than 64 bits.
        """
        number = self._number_at(position)
        if number > U64_MAX:
            raise TraceError(f"block number {number:#x} has more than 64 bits")
        return number

    def honest_block_number(self, position: Position) -> int:
        """The same, no later than what was safe at the game's L1 head.

        Unlike the claimed one it exists for claims of any width.
        """
        return min(self._number_at(position), self._outputs.safe_block_at_l1_head())

    def absolute_prestate_commitment(self) -> Hash32:
        return self._outputs.output_at_block(self.prestate_block).root()

    def get(self, position: Position) -> Hash32:
        return self._outputs.output_at_block(self.honest_block_number(position)).root()

    def get_step_data(self, _position: Position) -> StepData:
        raise StepUnsupported("output roots have no steps")

    def get_l2_block_number_challenge(self) -> L2BlockNumberChallenge | None:
        honest = self.honest_block_number(ROOT_POSITION)
        if honest == self._number_at(ROOT_POSITION):
            return None
        return L2BlockNumberChallenge(
            self._outputs.output_at_block(honest), self._headers.header_by_number(honest)
        )

    def _number_at(self, position: Position) -> int:
        """Number of the claimed block at a position, of any width."""
        return min(position.trace_index(self._depth) + self.prestate_block + 1, self.poststate_block)

    def fetch_proposals(self, pre: Claim | None, post: Claim) -> tuple[Proposal, Proposal]:
        """What both sides of a lower game agree on, and what they dispute.

        The agreed block is the honest one, since its root is one that we agree with; the disputed block is
        the claimed one, as the contract tells it to the program.
        """
        if pre is None:
            agreed = Proposal(self.prestate_block, self.absolute_prestate_commitment())
        else:
            agreed = Proposal(self.honest_block_number(pre.position), pre.value)
        return agreed, Proposal(self.claimed_block_number(post.position), post.value)


ProposalTraceCreator = Callable[[Hash32, int, Proposal, Proposal], TraceProvider]
"""Makes the trace of a lower game: its local context, its depth, what is agreed and what is disputed."""


def output_root_split_adapter(top: OutputTraceProvider, create: ProposalTraceCreator) -> ProviderCreator:
    """Makes the lower traces of a game, and keeps the latest of them by their context."""

    def create_bottom(context: Hash32, depth: int, pre: Claim | None, post: Claim) -> TraceProvider:
        agreed, disputed = top.fetch_proposals(pre, post)
        return create(context, depth, agreed, disputed)

    return keep_latest(create_bottom)
