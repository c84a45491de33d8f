"""Positions in the tree of a dispute game, as generalized indices.

A game is a binary tree over a trace: the leaves at the maximum depth are its steps, and a claim at a position
says what the state is after the last step below it. The root is position 1, the children of position ``g``
are ``2g`` and ``2g + 1``, so a position holds its depth (the place of its top bit) and its index at that
depth (the rest)::

    depth 0          1
    depth 1       2     3
    depth 2      4 5   6 7

An attack on a claim goes to its left child: "your state is wrong, somewhere in the first half of it". A
defence goes to the left child of its right sibling: "your state is right, what comes after it is not".

Specification: fault-proof/stage-one/fault-dispute-game.md, "Position", "Game Tree", "Attack", "Defend".
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.challenger.game.errors import PositionError

__all__ = ["ROOT_POSITION", "Position"]


@dataclass(frozen=True, slots=True)
class Position:
    """A node of the tree: ``index_at_depth`` counts from the left, both without limit.

    An index may be one past the last of its depth, after :meth:`move_right`: then the position is of no
    node, but its trace index is still the step after the end.
    """

    depth: int
    index_at_depth: int

    @classmethod
    def from_gindex(cls, gindex: int) -> Position:
        """The position of a generalized index; raises :class:`PositionError` unless it is at least 1."""
        if gindex < 1:
            raise PositionError(f"gindex: must be at least 1, not {gindex}")
        depth = gindex.bit_length() - 1
        return cls(depth, gindex ^ (1 << depth))

    @property
    def gindex(self) -> int:
        """The generalized index, which contracts call the position."""
        return (1 << self.depth) | self.index_at_depth

    @property
    def is_root(self) -> bool:
        return self.depth == 0 and self.index_at_depth == 0

    def trace_index(self, max_depth: int) -> int:
        """The step whose state a claim here commits to: the rightmost leaf below it, in a game of this depth.

        Raises :class:`PositionError` if the position lies deeper than the game.
        """
        below = max_depth - self.depth
        if below < 0:
            raise PositionError(f"position at depth {self.depth} in a game of depth {max_depth}")
        return (self.index_at_depth << below) | ((1 << below) - 1)

    def attack(self) -> Position:
        """Where a claim that attacks this one goes: its left child."""
        return Position(self.depth + 1, self.index_at_depth << 1)

    def defend(self) -> Position:
        """Where a claim that defends this one goes: the left child of its right sibling.

        The contract computes it for any position: of one that is a right child itself it gives the left child
        of that one, and of the root its left child. A claim there attacks; no player "defends" so.
        """
        return Position(self.depth + 1, (self.index_at_depth | 1) << 1)

    def move_right(self) -> Position:
        """The next position at the same depth; see the class about the end of it."""
        return Position(self.depth, self.index_at_depth + 1)

    def right_of(self, parent: Position) -> bool:
        """Whether a claim here, one level below ``parent``, is a defence of it and not an attack."""
        return self.index_at_depth >> 1 != parent.index_at_depth

    def relative_to_ancestor_at_depth(self, ancestor: int) -> Position:
        """The same place in the subtree whose root is its ancestor at this depth.

        Raises :class:`PositionError` if the position is above that depth.
        """
        if ancestor > self.depth:
            raise PositionError(f"position at depth {self.depth} has no ancestor at depth {ancestor}")
        depth = self.depth - ancestor
        return Position(depth, self.index_at_depth & ((1 << depth) - 1))

    def ancestor_at_depth(self, depth: int) -> Position:
        """Its ancestor at a depth, itself included; raises :class:`PositionError` for a greater depth."""
        if depth > self.depth:
            raise PositionError(f"position at depth {self.depth} has no ancestor at depth {depth}")
        return Position(depth, self.index_at_depth >> (self.depth - depth))

    def __str__(self) -> str:
        return f"{self.gindex} (depth {self.depth}, index {self.index_at_depth})"


ROOT_POSITION = Position(0, 0)
