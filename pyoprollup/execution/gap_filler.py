"""Fills gaps as the engine comes upon them: a thread that fetches, while the engine's own thread executes.

An engine without peers cannot go on behind a block whose parent it lacks: after a gap in gossip, or when it
is empty and the consensus client shows it the tip (op-node's ``--syncmode execution-layer``). With sources it
says SYNCING until the blocks are there, and VALID from then on.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Executor
from typing import TypeVar

from pyoprollup.engine.errors import EngineError
from pyoprollup.engine.ports import ForkchoiceState
from pyoprollup.errors import NotFound, RollupError, Unavailable
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import Hash32
from pyoprollup.events import Level, News, Tell, exponential_backoff, no_news
from pyoprollup.execution.gap import BlockSource, GapError, GapLimits, fill_gap, find_gap
from pyoprollup.execution.in_process import InProcessEngine

__all__ = ["GapFiller"]

T = TypeVar("T")

_KEPT_PAYLOADS, _KEPT_TARGETS = 64, 64
_HEAD_EVERY = 256
"""Blocks after which the head follows while an engine catches up."""
_TELL_EVERY = 8.0
_LONGEST_WAIT = 30.0


class GapFiller:
    """Implements ``MissingBlocks``, of an engine that it makes itself known to.

    ``executor`` carries out what is done with the engine, on the engine's thread; ``sources`` are by name.
    What cannot be had is tried again with every source, until the consensus client wants something else.
    """

    def __init__(
        self,
        engine: InProcessEngine,
        executor: Executor,
        sources: Mapping[str, BlockSource],
        *,
        tell: Tell = no_news,
        limits: GapLimits | None = None,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self._engine, self._executor, self._sources = engine, executor, sources
        self._news = News("sync", tell)
        self._limits = limits or GapLimits()
        self._wait = wait
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._changed = threading.Event()
        self._target: Hash32 | None = None
        self._forkchoice: ForkchoiceState | None = None
        self._payloads: OrderedDict[Hash32, ExecutionPayloadEnvelope] = OrderedDict()
        self._refused: OrderedDict[Hash32, str] = OrderedDict()
        engine.on_missing = self
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self._thread.start()

    # --- what the engine comes upon; called on its thread

    def payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        """A block whose parent is missing."""
        with self._lock:
            self._payloads[envelope.payload.block_hash] = envelope
            while len(self._payloads) > _KEPT_PAYLOADS:
                self._payloads.popitem(last=False)
            self._want(envelope.payload.block_hash)

    def forkchoice(self, state: ForkchoiceState) -> None:
        """A head that is missing."""
        with self._lock:
            self._forkchoice = state
            self._want(state.head)

    def settled(self) -> None:
        """There is a head that is not missing."""
        with self._lock:
            self._forkchoice = None

    def _want(self, block_hash: Hash32) -> None:
        if block_hash != self._target and block_hash not in self._refused:
            self._target = block_hash
            self._changed.set()

    # --- the thread

    def close(self) -> None:
        """End the thread; a read that is under way is waited for no longer than a second."""
        self._stopped.set()
        self._changed.set()
        self._thread.join(1.0)

    def _run(self) -> None:
        attempts = 0
        while not self._stopped.is_set():
            with self._lock:
                target = self._target
                self._changed.clear()
            if target is None:
                self._changed.wait()
                continue
            if self._try(target):
                attempts = 0
            elif not self._stopped.is_set():
                attempts += 1
                self._wait(self._changed, min(exponential_backoff(attempts), _LONGEST_WAIT))

    def _try(self, target: Hash32) -> bool:
        """Try each source; whether there is nothing more to do for this target."""
        for name, source in self._sources.items():
            try:
                self._fill(_Remembering(self._payloads, source), target)
            except GapError as exc:
                self._refuse(target, exc)
                return True
            except (Unavailable, NotFound) as exc:
                self._news.failed("source-failed", exc, source=name)
                continue
            except RollupError as exc:
                self._news.failed("gap-not-filled", exc, target=target)
                return False
            except (RuntimeError, CancelledError):  # the engine's thread has ended
                self._stopped.set()
                return True
            with self._lock:
                if self._target == target:
                    self._target = None
            return True
        return False

    def _refuse(self, target: Hash32, error: GapError) -> None:
        self._news.failed("gap-refused", error, target=target)
        with self._lock:
            self._refused[target] = str(error)
            while len(self._refused) > _KEPT_TARGETS:
                self._refused.popitem(last=False)
            if self._target == target:
                self._target = None

    def _fill(self, source: BlockSource, target: Hash32) -> None:
        engine = self._engine
        lowest = self._at_engine(self._lowest)
        known = engine.store.header
        self._news("gap-search", Level.DEBUG, target=target)
        gap = find_gap(source, target, lambda each: self._known(known, each), lowest, self._limits)
        if not gap.hashes:
            self._finish(target)
            return
        self._news("gap-found", number=gap.number, blocks=len(gap.hashes), target=target)
        told, last = time.monotonic(), gap.number + len(gap.hashes) - 1
        extends = self._at_engine(lambda: engine.store.heads.unsafe == gap.ancestor)
        for number in fill_gap(source, gap, lambda each: self._at_engine(lambda: engine.new_payload(each))):
            if self._stopped.is_set():
                return
            if extends and (number - gap.number + 1) % _HEAD_EVERY == 0:
                self._follow(gap.hashes[number - gap.number])
            if time.monotonic() - told > _TELL_EVERY:
                told = time.monotonic()
                self._news("gap-progress", number=number, last=last)
        self._news("gap-filled", number=last, blocks=len(gap.hashes))
        self._finish(target)

    def _lowest(self) -> int:
        """Number of the finalized block, or of genesis: below there is no other chain of ours."""
        store = self._engine.store
        header = store.header(store.heads.finalized)
        return self._engine.config.genesis.l2.number if header is None else header.number

    def _known(self, header: Callable[[Hash32], object], block_hash: Hash32) -> bool:
        if self._stopped.is_set():
            raise Unavailable("the engine stops")
        return self._at_engine(lambda: header(block_hash)) is not None

    def _follow(self, head: Hash32) -> None:
        """Let the head follow, if the consensus client wants one that is above."""
        with self._lock:
            wanted = self._forkchoice is not None
        if wanted:
            self._at_engine(lambda: self._engine.set_head(head))

    def _finish(self, target: Hash32) -> None:
        """Make it the head, if that is what the consensus client asked for last."""
        with self._lock:
            state = self._forkchoice
        if state is not None and state.head == target:
            try:
                self._at_engine(lambda: self._engine.forkchoice_updated(state, None))
            except EngineError as exc:
                self._news.failed("head-not-set", exc, target=target)

    def _at_engine(self, call: Callable[[], T]) -> T:
        return self._executor.submit(call).result()


class _Remembering:
    """A source that has some blocks itself."""

    def __init__(self, blocks: OrderedDict[Hash32, ExecutionPayloadEnvelope], source: BlockSource) -> None:
        self._blocks, self._source = blocks, source

    def payload_by_hash(self, block_hash: Hash32) -> ExecutionPayloadEnvelope:
        return self._blocks.get(block_hash) or self._source.payload_by_hash(block_hash)
