"""What an honest player's action must never be: rules to check a player by, our own or another.

The solver is to follow from the specification and not from these, so it does not use them. They hold for
every action that it finds in any state of a game, and say what would go wrong otherwise.

Specification: fault-proof/stage-one/honest-challenger-fdg.md; fault-proof/stage-one/fault-dispute-game.md,
"Step".
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoprollup.challenger.game.actions import Action, ChallengeL2BlockNumber, Move, Step
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import TraceAccessor
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, to_hex

__all__ = ["broken_rules"]


def broken_rules(
    game: Game, action: Action, trace: TraceAccessor, account: Address, split_depth: int | None = None
) -> Iterator[str]:
    """The rules that an action of ``account`` breaks, a sentence each; ``trace`` is the true one.

    With a ``split_depth`` each of its leaves has a lower game, whose first step begins from the absolute
    pre-state. Raises what the trace does.
    """
    if isinstance(action, ChallengeL2BlockNumber):
        return
    index = action.parent.index
    if not 0 <= index < len(game.claims):
        yield f"there is no claim {index}"
        return
    parent = game.claims[index]
    if parent.claimant == account:
        yield f"claim {index} is its own"
    if isinstance(action, Move):
        yield from _broken_by_move(game, parent, action, trace)
    else:
        levels = game.max_depth if split_depth is None else game.max_depth - split_depth - 1
        yield from _broken_by_step(game, parent, action, trace, levels)


def _broken_by_move(game: Game, parent: Claim, move: Move, trace: TraceAccessor) -> Iterator[str]:
    if parent.depth >= game.max_depth:
        yield f"claim {parent.index} is at the maximum depth, where only steps are possible"
        return
    if parent.is_root and not move.is_attack:
        yield "the root claim cannot be defended"
    position = parent.position.attack() if move.is_attack else parent.position.defend()
    if game.is_duplicate(Claim(move.value, position, parent.index, -1)):
        yield f"the same claim stands already in answer to claim {parent.index}"
    poisoned = _wrong_claim_before(game, parent, position, trace)
    if poisoned is not None:
        # From a wrong state whose pre-image only the other side has it can step against the new claim.
        yield f"claim {poisoned.index} bounds the new claim from the left, and it is wrong"


def _broken_by_step(
    game: Game, parent: Claim, step: Step, trace: TraceAccessor, levels: int
) -> Iterator[str]:
    """``levels`` are those of the game that has the steps."""
    if parent.depth < game.max_depth:
        yield f"claim {parent.index} is not at the maximum depth"
        return
    if parent.is_countered:
        yield f"claim {parent.index} is countered already"
    post_index = parent.position.index_at_depth + (0 if step.is_attack else 1)
    post = game.ancestor_with_trace_index(parent, post_index)
    if post is None:
        yield f"no claim about step {post_index} is there to step against"
    else:
        is_true = trace.get(game, parent, post.position) == post.value
        same_side = (parent.depth - post.depth) % 2 == 0
        if same_side == is_true:
            yield f"the step does not counter claim {parent.index}: claim {post.index} decides about it"
    if post_index & ((1 << levels) - 1) == 0:
        return  # It begins from the absolute pre-state.
    pre = game.ancestor_with_trace_index(parent, post_index - 1)
    if pre is None:
        yield f"no claim has the state before step {post_index}"
    elif trace.get(game, parent, pre.position) != pre.value:
        yield f"claim {pre.index} has the state before step {post_index}, and it is wrong"
    elif keccak256(step.prestate)[1:] != pre.value[1:]:
        yield f"the pre-state of the step is not that of claim {pre.index}, {to_hex(pre.value)}"


def _wrong_claim_before(game: Game, parent: Claim, position: Position, trace: TraceAccessor) -> Claim | None:
    """The nearest claim to the left of a new one, among those above it, if it is wrong."""
    new_index = position.trace_index(game.max_depth)
    nearest: Claim | None = None
    current: Claim | None = parent
    while current is not None:
        index = current.position.trace_index(game.max_depth)
        if index < new_index and (nearest is None or index > nearest.position.trace_index(game.max_depth)):
            nearest = current
        current = game.parent(current)
    if nearest is None or trace.get(game, nearest, nearest.position) == nearest.value:
        return None
    return nearest
