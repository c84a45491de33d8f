"""What rollup nodes say about the outputs of a game, and how far they are believed.

A game is decided by what L1 up to its L1 head made safe. Only a rollup node that has derived all of that can
say so, and only if it remembers: a node whose record of safe heads has a gap answers with an older head, and
whoever believes that disputes proposals that are right. One such node behind a load balancer is enough. So

* a node is asked only once it is past the game's L1 head, on the same chain as our own L1;
* there is no answer if its record does not reach back to the game, or holds a head that a complete one
  cannot: with an L1 origin before the sequencing window of the game's L1 head;
* the safe head is asked for more than once, and before anything is sent, and it may never change;
* with several nodes, all that are in sync must agree.

What is doubtful is :class:`~pyoprollup.errors.Unavailable`: the game is looked at again, and no move is made.

Specification: fault-proof/stage-one/honest-challenger-fdg.md, "Invariants".
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from pyoprollup.challenger.player import NotInSync
from pyoprollup.challenger.trace.outputs import OutputRoots
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.rollupapi import OutputResponse, SafeHeadResponse
from pyoprollup.sources.l1 import L1Blocks
from pyoprollup.sources.lru import Lru

__all__ = ["WINDOW_SLACK", "DoubtfulAnswer", "GameNodes", "GameOutputs", "RollupNode", "check_canonical"]

_MAX_KEPT = 4_096
WINDOW_SLACK = 16
"""L1 blocks: no answer is refused that a complete record might give."""


class DoubtfulAnswer(Unavailable):
    """Answers contradict each other, or what a complete record can hold."""


class RollupNode(Protocol):
    """As much of a rollup node's API as a game needs; ``Unavailable`` and ``NotFound`` as there."""

    @abstractmethod
    def sync_status(self) -> SyncStatus: ...

    @abstractmethod
    def output_at_block(self, number: int) -> OutputResponse: ...

    @abstractmethod
    def safe_head_at_l1_block(self, number: int) -> SafeHeadResponse: ...


class GameNodes(Protocol):
    """What is known of one game by those who are asked. In doubt both raise ``Unavailable``."""

    @abstractmethod
    def refresh(self) -> None:
        """Begin a pass over the game: find out who can judge it."""

    @abstractmethod
    def confirm(self) -> None:
        """End it: what moves were decided by must still be so."""


def check_canonical(l1: L1Blocks, block: BlockID | L1BlockRef, what: str) -> None:
    """Raise :class:`NotInSync` unless our own L1 has this block on its chain."""
    try:
        ours = l1.l1_block_ref_by_number(block.number)
    except NotFound as exc:
        raise NotInSync(f"{what}: L1 has no block {block.number} yet") from exc
    if ours.hash != block.hash:
        raise NotInSync(f"{what}: L1 has another block {block.number}, not {block}")


class GameOutputs(OutputRoots, GameNodes):
    """The outputs of one game. :meth:`refresh` begins a pass, and :meth:`confirm` ends it.

    ``l1_head`` is the game's, ``seq_window_size`` the rollup's, in L1 blocks.
    """

    def __init__(
        self, nodes: Sequence[RollupNode], l1: L1Blocks, l1_head: BlockID, seq_window_size: int
    ) -> None:
        self._nodes = nodes
        self._l1 = l1
        self._l1_head = l1_head
        self._seq_window_size = seq_window_size
        self._synced: list[RollupNode] = []
        self._safe: BlockID | None = None
        self._outputs: Lru[int, OutputV0] = Lru(_MAX_KEPT)

    def refresh(self) -> None:
        """Find out which nodes can judge the game, and whether they agree about what was safe.

        Raises :class:`NotInSync` if none can, and :class:`DoubtfulAnswer`.
        """
        check_canonical(self._l1, self._l1_head, "the game's L1 head")
        failures: list[str] = []
        self._synced = []
        for node in self._nodes:
            try:
                self._check_synced(node)
            except (Unavailable, NotFound) as exc:
                failures.append(str(exc))
            else:
                self._synced.append(node)
        if not self._synced:
            raise NotInSync("; ".join(failures) or "no rollup node")
        # Twice: behind a load balancer the second answer is another node's.
        for _ in range(2):
            self.confirm()

    def _check_synced(self, node: RollupNode) -> None:
        status = node.sync_status()
        current = status.current_l1
        if current is None or not status.has_derived_from(self._l1_head.number):
            raise NotInSync(f"the node is at L1 block {current}, the game's L1 head is {self._l1_head}")
        check_canonical(self._l1, current, "the node's L1 block")

    def confirm(self) -> None:
        """Ask again what was safe; raises :class:`DoubtfulAnswer` if it is not what it was before."""
        for node in self._synced:
            safe = self._ask_safe_head(node)
            before = self._safe
            if before is None:
                self._safe = safe
            elif before != safe:
                # A record with a gap has an older head, so the higher of two is the one to compare with.
                self._safe = max(before, safe, key=lambda block: block.number)
                self._outputs.clear()
                raise DoubtfulAnswer(f"safe at L1 block {self._l1_head.number}: {before} before, now {safe}")

    def _ask_safe_head(self, node: RollupNode) -> BlockID:
        number = self._l1_head.number
        try:
            answer = node.safe_head_at_l1_block(number)
            output = node.output_at_block(answer.safe_head.number)
        except NotFound as exc:
            raise DoubtfulAnswer(f"the node's record of safe heads does not reach L1 block {number}") from exc
        if output.block_ref.hash != answer.safe_head.hash:
            raise DoubtfulAnswer(f"safe head {answer.safe_head}, but block {output.block_ref} on the chain")
        check_canonical(self._l1, answer.l1_block, "the node's record of safe heads")
        origin = output.block_ref.l1_origin.number
        if origin + self._seq_window_size + WINDOW_SLACK < number:
            raise DoubtfulAnswer(
                f"safe head {answer.safe_head} has L1 origin {origin}, and at L1 block {number} there must"
                " have been a later one: the node's record has a gap"
            )
        return answer.safe_head

    # --- what a trace asks

    def safe_block_at_l1_head(self) -> int:
        if self._safe is None:
            raise Unavailable("what was safe at the game's L1 head is not known")
        return self._safe.number

    def output_at_block(self, number: int) -> OutputV0:
        kept = self._outputs.get(number)
        if kept is not None:
            return kept
        output = self._ask_output(number)
        self._outputs.put(number, output)
        return output

    def _ask_output(self, number: int) -> OutputV0:
        try:
            found = [node.output_at_block(number) for node in self._synced]
        except NotFound as exc:
            # A node that is past the game's L1 head has every block that was safe there.
            raise DoubtfulAnswer(f"a node has no output at block {number}: {exc}") from exc
        if not found:
            raise Unavailable("no rollup node was asked yet")
        if any(other.output_root != found[0].output_root for other in found[1:]):
            raise DoubtfulAnswer(f"the nodes have different outputs at block {number}")
        if found[0].output_root != found[0].output.root():
            raise DoubtfulAnswer(f"the output at block {number} is of an unknown version")
        return found[0].output
