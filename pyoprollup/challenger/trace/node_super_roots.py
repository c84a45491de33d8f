"""What sources of super roots say about a game, and how far they are believed.

A source (``superroot_atTimestamp``) tells for each time what there is, and which L1 block it takes to know
it. So what was true at the game's L1 head need not be remembered by it as safe heads are: it follows from the
answer, if the source is past that head. As with rollup nodes (``node_outputs``) an answer is not believed
blindly:

* a source is asked only while it is past the game's L1 head, and on the same chain as our own L1, as are the
  blocks that its answers depend on;
* several sources that are in sync must give the same answers;
* all is asked twice, and what was learned since moves were last sent once more before some are: behind a
  load balancer another source answers;
* there is a super root at each time before one that has one, before the time that the source itself calls
  safe, and so long before the game's L1 head that sequencing windows are over: a source without has lost it.

What is doubtful is :class:`~pyoprollup.errors.Unavailable`: the game is looked at again, and no move is made.

Specification: fault-proof/stage-one/honest-challenger-fdg.md, "Invariants"; interop/superroot.md, "RPC API".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyoprollup.challenger.game.trace import TraceError
from pyoprollup.challenger.player import NotInSync
from pyoprollup.challenger.trace.node_outputs import (
    WINDOW_SLACK,
    DoubtfulAnswer,
    GameNodes,
    check_canonical,
)
from pyoprollup.challenger.trace.super_node import (
    OutputWithRequiredL1,
    SuperNodeRootProvider,
    SuperRootAtTimestamp,
    SuperRootData,
)
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import U64_MAX, ZERO_HASH
from pyoprollup.sources.l1 import L1Blocks
from pyoprollup.sources.lru import Lru

__all__ = ["GameSuperRoots"]

_MAX_KEPT = 4_096


class GameSuperRoots(SuperNodeRootProvider, GameNodes):
    """The super roots of one game, each as L1 up to the game's L1 head has it.

    Of an answer only that is left which L1 has there; what it takes is then ``l1_head`` itself. ``anchor`` is
    the time (seconds) of the super root that the game begins with, ``seq_window_size`` is in L1 blocks.
    """

    def __init__(
        self,
        sources: Sequence[SuperNodeRootProvider],
        l1: L1Blocks,
        l1_head: BlockID,
        anchor: int,
        seq_window_size: int,
    ) -> None:
        self._sources = sources
        self._l1 = l1
        self._l1_head = l1_head
        self._anchor = anchor
        self._window = seq_window_size + WINDOW_SLACK
        self._certain = -1
        """The time up to which sequencing windows are over at the game's L1 head."""
        self._synced: list[SuperNodeRootProvider] = []
        self._kept: Lru[int, SuperRootAtTimestamp] = Lru(_MAX_KEPT)
        self._canonical: set[BlockID] = set()
        self._forget()

    def _forget(self) -> None:
        self._kept.clear()
        self._unconfirmed: set[int] = set()
        self._last_known = -1
        """The latest time with a super root, of those that were asked for."""
        self._first_unknown = U64_MAX + 1
        """The earliest without."""

    # --- a pass over the game

    def refresh(self) -> None:
        """Find out which sources can judge the game; raises :class:`NotInSync` if none can."""
        self._canonical.clear()
        check_canonical(self._l1, self._l1_head, "the game's L1 head")
        if self._l1_head.number >= self._window:
            self._certain = self._l1.l1_block_ref_by_number(self._l1_head.number - self._window).time
        failures: list[str] = []
        self._synced = []
        for source in self._sources:
            try:
                self._ask(source, self._anchor)
            except (Unavailable, NotFound) as exc:
                failures.append(str(exc))
            else:
                self._synced.append(source)
        if not self._synced:
            raise NotInSync("; ".join(failures) or "no source of super roots")

    def confirm(self) -> None:
        """Ask again for all that is not confirmed; raises :class:`DoubtfulAnswer` if any is otherwise."""
        for timestamp in sorted(self._unconfirmed):
            before, now = self._kept.peek(timestamp), self._agreed(timestamp)
            if before is not None and now != before:
                self._forget()
                raise DoubtfulAnswer(f"the super root at {timestamp} was another one before")
        self._unconfirmed.clear()

    # --- what a trace asks

    def super_root_at_timestamp(self, timestamp: int) -> SuperRootAtTimestamp:
        """What there is at a time; raises :class:`Unavailable`, and :class:`TraceError` beyond 64 bits."""
        if timestamp > U64_MAX:
            raise TraceError(f"timestamp {timestamp:#x} has more than 64 bits")
        kept = self._kept.get(timestamp)
        if kept is not None:
            return kept
        found = self._agreed(timestamp)
        if self._agreed(timestamp) != found:
            self._forget()
            raise DoubtfulAnswer(f"the super root at {timestamp} is now one, now another")
        self._unconfirmed.add(timestamp)
        self._kept.put(timestamp, found)
        return found

    def _agreed(self, timestamp: int) -> SuperRootAtTimestamp:
        answers = [self._ask(source, timestamp) for source in self._synced]
        if not answers:
            raise Unavailable("no source of super roots was asked yet")
        if any(other != answers[0] for other in answers[1:]):
            raise DoubtfulAnswer(f"the sources have different super roots at {timestamp}")
        self._check_record(timestamp, answers[0])
        return answers[0]

    def _check_record(self, timestamp: int, answer: SuperRootAtTimestamp) -> None:
        if answer.data is None:
            if timestamp <= self._certain:
                self._forget()
                raise DoubtfulAnswer(f"there is no super root at {timestamp}, though L1 must have its data")
            self._first_unknown = min(self._first_unknown, timestamp)
        else:
            self._last_known = max(self._last_known, timestamp)
        if self._first_unknown < self._last_known:
            known, unknown = self._last_known, self._first_unknown
            self._forget()
            raise DoubtfulAnswer(f"there is a super root at {known}, and none at {unknown} before it")

    # --- one answer

    def _ask(self, source: SuperNodeRootProvider, timestamp: int) -> SuperRootAtTimestamp:
        """An answer as L1 up to the game's L1 head has it; raises :class:`NotInSync` before that."""
        found = source.super_root_at_timestamp(timestamp)
        current, head = found.current_l1, self._l1_head
        # The block that the source is at is not dealt with yet.
        if current.number <= head.number:
            raise NotInSync(f"the source is at L1 block {current}, the game's L1 head is {head}")
        self._check_canonical(current, "the source's L1 block")
        if found.data is not None and {c.chain_id for c in found.data.super.chains} != set(found.chain_ids):
            raise DoubtfulAnswer(f"the super root at {timestamp} is not of the chains that there are")
        blocks = {
            chain_id: OutputWithRequiredL1(output.block, head)
            for chain_id, output in found.optimistic.items()
            if self._is_on_l1(output.required_l1)
        }
        data = found.data
        if data is None and timestamp <= found.safe_timestamp:
            raise DoubtfulAnswer(f"there is no super root at {timestamp}, but {found.safe_timestamp} is safe")
        if data is not None:
            known = self._is_on_l1(data.verified_required_l1)
            data = SuperRootData(head, data.super) if known else None
        after = BlockID(ZERO_HASH, head.number + 1)
        return replace(
            found, current_l1=after, optimistic=blocks, data=data, safe_timestamp=0, finalized_timestamp=0
        )

    def _is_on_l1(self, required: BlockID) -> bool:
        """Whether it is not after the game's L1 head; raises :class:`NotInSync` if it is of another L1."""
        if required.number > self._l1_head.number:
            return False
        if required.hash != ZERO_HASH:  # What is so from the beginning takes no block.
            self._check_canonical(required, "an L1 block that a super root depends on")
        return True

    def _check_canonical(self, block: BlockID, what: str) -> None:
        """As the function; each block once in a pass."""
        if block not in self._canonical:
            check_canonical(self._l1, block, what)
            self._canonical.add(block)
