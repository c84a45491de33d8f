"""Split games: output roots above, one VM run below each pair of them.

Down to the split depth the trace is one output root for each L2 block. A claim at that depth is a leaf of
this upper game: between it and the leaf before it lies one block, and the trace of the lower game is the VM
that executes that block, from the earlier root to the disputed one. Which two roots these are depends on the
claims above, as others may have made several lower games. So each lower game has a context of its own: the
hash of both roots and their places, under which the contract keeps its pre-images as well.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Output Roots", "Execution Trace",
"Local Context"; fault-proof/cannon-fault-proof-vm.md, "Local Context".
"""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.errors import ClaimNotFound
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import TraceError, TraceProvider
from pyoprollup.challenger.trace.access import ProviderSelector, TranslatingProvider
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32

__all__ = [
    "ProviderCreator",
    "bounding_claims",
    "create_local_context",
    "local_context_preimage",
    "split_provider_selector",
]

ProviderCreator = Callable[[int, Claim | None, Claim], TraceProvider]
"""Makes the trace of a lower game: its depth, the claim before it and the disputed one.

Without a claim before it, it begins from what the whole game begins from.
"""


def local_context_preimage(pre: Claim | None, post: Claim) -> bytes:
    """What is hashed: value (32 bytes) and position (32, big-endian) of each claim that there is."""
    return b"".join(
        claim.value + claim.position.gindex.to_bytes(32, "big") for claim in (pre, post) if claim is not None
    )


def create_local_context(pre: Claim | None, post: Claim) -> Hash32:
    """The context of the lower game between two claims."""
    return keccak256(local_context_preimage(pre, post))


def split_provider_selector(
    top: TraceProvider, split_depth: int, create_bottom: ProviderCreator
) -> ProviderSelector:
    """Chooses ``top`` down to ``split_depth``, and below it the trace between the claims that bound it."""

    def select(game: Game, ref: Claim, position: Position) -> TraceProvider:
        if position.depth <= split_depth:
            return top
        pre, post = bounding_claims(game, ref, position, split_depth)
        # The leaf of the upper game is not part of the lower one, whose root is the level below.
        bottom = create_bottom(game.max_depth - split_depth - 1, pre, post)
        return TranslatingProvider(bottom, split_depth + 1)

    return select


def bounding_claims(
    game: Game, ref: Claim, position: Position, split_depth: int
) -> tuple[Claim | None, Claim]:
    """The last root that both sides agree on, and the first that they dispute, below the claim ``ref``.

    The former is ``None`` for what the game begins from. Raises :class:`TraceError` if ``ref`` is above the
    split depth, and :class:`ClaimNotFound` if the game has no such claims.
    """
    if ref.depth < split_depth:
        raise TraceError(f"claim {ref.index} at depth {ref.depth} is above the split depth {split_depth}")
    leaf = ref
    while leaf.depth > split_depth:
        leaf = _parent(game, leaf)
    leaf_index = leaf.position.trace_index(split_depth)
    if position.index_at_depth > leaf.position.trace_index(position.depth):
        return leaf, _ancestor(game, leaf, split_depth, leaf_index + 1)
    if leaf_index == 0:
        return None, leaf
    return _ancestor(game, leaf, split_depth, leaf_index - 1), leaf


def _ancestor(game: Game, claim: Claim, depth: int, trace_index: int) -> Claim:
    """The nearest claim upwards, ``claim`` included, that commits to this step in a game of this depth."""
    while claim.position.trace_index(depth) != trace_index:
        claim = _parent(game, claim)
    return claim


def _parent(game: Game, claim: Claim) -> Claim:
    parent = game.parent(claim)
    if parent is None:
        raise ClaimNotFound("no claim above the split bounds this part of the trace")
    return parent
