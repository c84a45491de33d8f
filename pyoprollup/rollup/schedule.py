"""When each fork activates on one chain, and which rules hold at a given time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.reference import Reference
from pyoprollup.rollup.rules import (
    EMPTY_ACTIVATION_BLOCK,
    SEQUENCED_EMPTY,
    L1InfoFormat,
    Rules,
    rules_for,
)
from pyoprollup.rollup.time import L1Time, L2Time

__all__ = ["Schedule"]


class Schedule:
    """Fork times of a chain. Immutable.

    ``times`` maps a fork to its activation time in seconds; a fork that is absent never activates.
    Bedrock is always active. ``block_time`` (seconds) tells the activation block of a fork: the
    first L2 block at or after its time. The rules are those of the release ``reference`` of op-node.
    """

    __slots__ = ("_bounds", "_empty_blocks", "_reference", "_rules", "block_time", "times")

    def __init__(
        self, times: Mapping[Fork, int], block_time: int, reference: Reference = Reference.V1_19
    ) -> None:
        self.times: Mapping[Fork, int] = dict(times)
        self.block_time = block_time
        self._reference = reference
        self._bounds = sorted(set(self.times.values()))
        self._empty_blocks = [at for fork, at in self.times.items() if fork in EMPTY_ACTIVATION_BLOCK]
        self._rules = [self._rules_at(bound) for bound in [-1, *self._bounds]]

    def _rules_at(self, time: int) -> Rules:
        return rules_for(tuple(fork for fork in Fork if self._active(fork, time)), self._reference)

    def _active(self, fork: Fork, time: int) -> bool:
        activation = self.times.get(fork)
        return fork is Fork.BEDROCK or (activation is not None and time >= activation)

    def is_active(self, fork: Fork, time: L1Time | L2Time) -> bool:
        """Whether ``fork`` is active at ``time``."""
        return self._active(fork, time)

    def at_l1(self, time: L1Time) -> Rules:
        """Rules for data included in (or batches whose origin is) an L1 block of this time."""
        return self._rules[bisect_right(self._bounds, time)]

    def at_l2(self, time: L2Time) -> Rules:
        """Rules for the L2 block with this timestamp."""
        return self._rules[bisect_right(self._bounds, time)]

    def activations(self, time: L2Time) -> tuple[Fork, ...]:
        """Forks whose activation block is the L2 block with this timestamp, in fork order.

        A fork that was active at genesis has no activation block.
        """
        before = time - self.block_time
        if before < 0 or bisect_right(self._bounds, before) == bisect_right(self._bounds, time):
            return ()
        return tuple(fork for fork, at in sorted(self.times.items()) if before < at <= time)

    def forces_empty_block(self, time: L2Time) -> bool:
        """Whether the L2 block with this timestamp must not carry sequenced transactions, because
        it is the activation block of a fork whose upgrade runs in it."""
        before = time - self.block_time
        return before >= 0 and any(before < at <= time for at in self._empty_blocks)

    def sequences_empty_block(self, time: L2Time) -> bool:
        """Whether a sequencer leaves users' transactions out of the L2 block with this timestamp."""
        return any(fork in SEQUENCED_EMPTY for fork in self.activations(time))

    def l1_info_format(self, time: L2Time) -> L1InfoFormat:
        """Layout of the L1 attributes transaction of the L2 block with this timestamp.

        On an activation block the upgrade of the ``L1Block`` contract runs *after* that
        transaction, so the layout of the block before still holds.
        """
        if time < self.block_time:
            return self.at_l2(time).l1_info_format
        return self.at_l2(L2Time(time - self.block_time)).l1_info_format
