"""Which claims stand for the states before and after a position: by walking up the tree.

A claim commits to one step of the trace, its rightmost leaf. For every other step that matters to a dispute
there is a claim above it in the tree that commits to it, the trace's ancestor of the position.

Specification: fault-proof/stage-one/fault-dispute-game.md, "Position", "Step".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.model.reverts import ClaimAboveSplit, Panic
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32

__all__ = ["DisputedOutputs", "find_outputs", "find_trace_ancestor"]


def _depth(gindex: int) -> int:
    return gindex.bit_length() - 1


def _highest_ancestor(gindex: int) -> int:
    """The highest position that commits to the same step: as long as it is a right child, go up."""
    ones = (~gindex & (gindex + 1)).bit_length() - 1
    return gindex >> ones or 1


def _highest_ancestor_below(gindex: int, depth: int) -> int:
    """The same, but deeper than ``depth``. Raises :class:`ClaimAboveSplit`."""
    if _depth(gindex) <= depth:
        raise ClaimAboveSplit
    ancestor = _highest_ancestor(gindex)
    below = depth + 1 - _depth(ancestor)
    if below <= 0:
        return ancestor
    return ancestor << below | (1 << below) - 1


def find_trace_ancestor(
    claims: Sequence[Claim], gindex: int, start: int, split_depth: int | None = None
) -> Claim:
    """The claim, from ``start`` upwards, that commits to the same step as a position.

    With a ``split_depth`` it must be one of the lower game. Raises :class:`ClaimAboveSplit`, and
    :class:`Panic` if there is none.
    """
    if split_depth is None:
        wanted = _highest_ancestor(gindex)
    else:
        wanted = _highest_ancestor_below(gindex, split_depth)
    claim = _at(claims, start)
    while claim.position.gindex != wanted:
        claim = _at(claims, claim.parent_index)
    return claim


@dataclass(frozen=True, slots=True)
class DisputedOutputs:
    """What a lower game is about: the output root before it, and the one that is disputed.

    Positions are generalized indices; ``starting_position`` is 0 where the game's anchor is the start.
    """

    starting: Hash32
    starting_position: int
    disputed: Hash32
    disputed_position: int

    def local_context(self) -> Hash32:
        """What tells local pre-images of this dispute from those of others in the same game."""
        disputed = self.disputed + self.disputed_position.to_bytes(32, "big")
        if self.starting_position == 0:
            return keccak256(disputed)
        return keccak256(self.starting + self.starting_position.to_bytes(32, "big") + disputed)


def find_outputs(
    claims: Sequence[Claim], index: int, split_depth: int, starting_root: Hash32
) -> DisputedOutputs:
    """The outputs that the lower game of a claim is about.

    Raises :class:`ClaimAboveSplit` for a claim of the upper game, and :class:`Panic` if there is no claim.
    """
    claim = _at(claims, index)
    if claim.depth <= split_depth:
        raise ClaimAboveSplit
    root = claim
    while claim.depth > split_depth:
        root, index = claim, claim.parent_index
        claim = _at(claims, index)
    output = claim.position.gindex
    if root.position.gindex >> 1 != output:  # A defence: what is disputed comes after the claim.
        disputed = find_trace_ancestor(claims, output + 1, index)
        return DisputedOutputs(claim.value, output, disputed.value, disputed.position.gindex)
    if claim.position.index_at_depth == 0:
        return DisputedOutputs(starting_root, 0, claim.value, output)
    starting = find_trace_ancestor(claims, output - 1, index)
    return DisputedOutputs(starting.value, starting.position.gindex, claim.value, output)


def _at(claims: Sequence[Claim], index: int) -> Claim:
    if index >= len(claims):
        raise Panic(0x32)
    return claims[index]
