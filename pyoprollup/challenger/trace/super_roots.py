"""The trace of super roots: how the outputs of several chains grow, second by second.

From the super output at one second to the next there are 128 steps. Each of the first derives the next
block of one chain, in ascending order of chain ids, as long as there are chains; the last checks all messages
between them, and has the next super output. Where L1, up to the game's head, does not have enough for a step,
the state is invalid from there on. After the claimed second the last state repeats.

Specification: fault-proof/stage-one/super-fault-dispute-game.md, "Super Root State Transition".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import (
    L2BlockNumberChallenge,
    StepData,
    StepUnsupported,
    TraceError,
    TraceProvider,
)
from pyoprollup.challenger.trace.provider_cache import keep_latest
from pyoprollup.challenger.trace.split import ProviderCreator
from pyoprollup.challenger.trace.super_node import (
    SuperNodeRootProvider,
    SuperNodeUnavailable,
    SuperRootAtTimestamp,
)
from pyoprollup.errors import Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.super_root import (
    INVALID_TRANSITION,
    OptimisticBlock,
    SuperV1,
    TransitionState,
    super_root,
)
from pyoprollup.eth.types import U64_MAX, Hash32

__all__ = [
    "STEPS_PER_TIMESTAMP",
    "ClaimInfo",
    "SuperNodeNotInSync",
    "SuperNodePrestateProvider",
    "SuperNodeTraceProvider",
    "SuperTraceCreator",
    "fetch_claim_info",
    "super_root_split_adapter",
]

STEPS_PER_TIMESTAMP = 128


class SuperNodeNotInSync(Unavailable):
    """The node has not dealt with all of L1 up to the game's head: it cannot tell what is true there."""


class SuperNodePrestateProvider:
    """Where the trace begins: the super output at ``timestamp``, which is the anchor's."""

    def __init__(self, provider: SuperNodeRootProvider, timestamp: int) -> None:
        self._provider = provider
        self._timestamp = timestamp

    def absolute_prestate(self) -> SuperV1:
        """The super output; raises :class:`Unavailable`, also if the node has none there."""
        found = self._provider.super_root_at_timestamp(self._timestamp)
        if found.data is None:
            raise SuperNodeUnavailable(f"the node has no super root at {self._timestamp}")
        return found.data.super

    def absolute_prestate_commitment(self) -> Hash32:
        """The super root; raises as :meth:`absolute_prestate` does."""
        return super_root(self.absolute_prestate())


class SuperNodeTraceProvider:
    """A :class:`~pyoprollup.challenger.game.trace.TraceProvider` over what a node knows of super roots.

    It goes from ``prestate_timestamp`` to ``poststate_timestamp``; ``l1_head`` is the game's, and
    ``game_depth`` the depth of the tree above the VM's traces.
    """

    def __init__(
        self,
        prestate: SuperNodePrestateProvider,
        provider: SuperNodeRootProvider,
        l1_head: BlockID,
        game_depth: int,
        prestate_timestamp: int,
        poststate_timestamp: int,
    ) -> None:
        self._prestate = prestate
        self._provider = provider
        self._l1_head = l1_head
        self._game_depth = game_depth
        self._prestate_timestamp = prestate_timestamp
        self._poststate_timestamp = poststate_timestamp

    def absolute_prestate(self) -> SuperV1:
        """The super output before the first step."""
        return self._prestate.absolute_prestate()

    def absolute_prestate_commitment(self) -> Hash32:
        """The super root before the first step."""
        return self._prestate.absolute_prestate_commitment()

    def get(self, position: Position) -> Hash32:
        """The keccak-256 of the state at a position; raises as :meth:`get_preimage_bytes` does."""
        return keccak256(self.get_preimage_bytes(position))

    def get_preimage_bytes(self, position: Position) -> bytes:
        """The state at a position: a super output, a transition state, or the text for an invalid one.

        Raises :class:`SuperNodeNotInSync`, :class:`Unavailable`, and :class:`TraceError`.
        """
        timestamp, step = self.compute_step(position)
        before = self._at(timestamp)
        if before.data is None or before.data.verified_required_l1.number > self._l1_head.number:
            return INVALID_TRANSITION
        output = before.data.super.marshal()
        if step == 0:
            return output
        progress = self._progress(self._at(timestamp + 1), step)
        return INVALID_TRANSITION if progress is None else TransitionState(output, progress, step).marshal()

    def _progress(self, after: SuperRootAtTimestamp, step: int) -> tuple[OptimisticBlock, ...] | None:
        """The blocks that are derived in the first steps to a time, ``None`` if one cannot be."""
        blocks = []
        for chain_id in sorted(after.chain_ids)[:step]:
            found = after.optimistic.get(chain_id)
            if found is None or found.required_l1.number > self._l1_head.number:
                return None
            blocks.append(found.block)
        return tuple(blocks)

    def _at(self, timestamp: int) -> SuperRootAtTimestamp:
        found = self._provider.super_root_at_timestamp(timestamp)
        # The block that the node is at is not dealt with yet.
        if found.current_l1.number <= self._l1_head.number:
            raise SuperNodeNotInSync(f"the node is at L1 block {found.current_l1}, not after {self._l1_head}")
        return found

    def compute_step(self, position: Position) -> tuple[int, int]:
        """The second before a state, and how many steps it is after it.

        Raises :class:`TraceError` for a position beyond 64 bits.
        """
        index = position.trace_index(self._game_depth)
        if index > U64_MAX:
            raise TraceError(f"step {index} of a trace of super roots is beyond 64 bits")
        seconds, step = divmod(index + 1, STEPS_PER_TIMESTAMP)
        timestamp = self._prestate_timestamp + seconds
        if timestamp >= self._poststate_timestamp:
            return self._poststate_timestamp, 0
        return timestamp, step

    def get_step_data(self, position: Position) -> StepData:
        """Always raises :class:`StepUnsupported`: the VM's trace below decides."""
        raise StepUnsupported(f"no step can be made at position {position} of a trace of super roots")

    def get_l2_block_number_challenge(self) -> L2BlockNumberChallenge | None:
        """There is none: a claim of another time is wrong by its value."""
        return None


@dataclass(frozen=True, slots=True)
class ClaimInfo:
    """What a VM's trace is about: the state that is agreed on (not hashed), and the claim after it."""

    agreed_prestate: bytes
    claim: Hash32


def fetch_claim_info(provider: SuperNodeTraceProvider, pre: Claim | None, post: Claim) -> ClaimInfo:
    """The dispute between two neighbouring claims of the trace; without ``pre`` it is about the first step.

    Raises as the provider does.
    """
    if pre is None:
        agreed = provider.absolute_prestate().marshal()
    else:
        agreed = provider.get_preimage_bytes(pre.position)
    return ClaimInfo(agreed, post.value)


SuperTraceCreator = Callable[[Hash32, int, ClaimInfo], TraceProvider]
"""Makes the trace of a lower game: its local context, its depth, and what it is about."""


def super_root_split_adapter(top: SuperNodeTraceProvider, create: SuperTraceCreator) -> ProviderCreator:
    """Makes the lower traces of a game, and keeps the latest of them by their context."""

    def create_bottom(context: Hash32, depth: int, pre: Claim | None, post: Claim) -> TraceProvider:
        return create(context, depth, fetch_claim_info(top, pre, post))

    return keep_latest(create_bottom)
