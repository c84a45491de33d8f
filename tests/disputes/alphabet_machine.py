"""Where the reference's AlphabetVM contract and op-challenger's alphabet do not fit, and who suffers for it.

Players of both challengers go by op-challenger's alphabet, and there are two things that the contract does
not do as it says:

* *The first step.* From the absolute pre-state the contract goes to index ``start * 16``, the alphabet to
  ``start * 16 + 1``. All later steps fit, as they begin from the state that was claimed. So an honest claim
  about the first step, which only a claim at the maximum depth is, can be stepped against by anybody.
* *A run that is valid.* States of the alphabet all say "invalid", that of a run to a right output root, too.
  To show that a root of its own side is right, an honest player would have to defend a claim at the split
  depth, where the root after it was claimed by its own side: there the contract takes only "valid", and there
  is no move. And whoever attacks a right root with what the alphabet says about it cannot be answered: an
  honest player agrees, and the root of a lower game cannot be defended.

Nothing else in a game of the alphabet goes wrong for an honest player.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.trace import TraceAccessor
from pyoprollup.eth.types import Address

__all__ = ["misfits"]


def misfits(game: Game, trace: TraceAccessor, split_depth: int, *honest: Address) -> Iterator[str]:
    """The places of a game where an honest player is wronged by the machine; ``trace`` is what it goes by."""
    steps = 1 << (game.max_depth - split_depth - 1)
    for claim in game.claims:
        if claim.claimant in honest:
            is_first = claim.depth == game.max_depth and claim.position.index_at_depth % steps == 0
            if is_first and claim.is_countered:
                yield f"claim {claim.index} is about the first step"
            continue
        if claim.depth - split_depth in (0, 1) and trace.get(game, claim, claim.position) == claim.value:
            yield from _unanswerable(game, claim, split_depth, honest)


def _unanswerable(game: Game, claim: Claim, split_depth: int, honest: tuple[Address, ...]) -> Iterator[str]:
    if claim.depth == split_depth:
        after = _ancestor(game, claim, split_depth, claim.position.index_at_depth + 1)
        if after is not None and (claim.depth - after.depth) % 2:
            yield f"claim {claim.index} is right, and claim {after.index} after it, too"
    elif game.claims[claim.parent_index].claimant in honest:
        yield f"claim {claim.index} says of a right root what the alphabet does"


def _ancestor(game: Game, claim: Claim, depth: int, trace_index: int) -> Claim | None:
    """The nearest claim upwards that commits to this step in a game of this depth."""
    current: Claim | None = claim
    while current is not None and current.position.trace_index(depth) != trace_index:
        current = game.parent(current)
    return current
