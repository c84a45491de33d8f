"""Reads a slow L1 in threads of its own, so that nobody else waits for it.

What is wanted goes first; with a :class:`~pyoprollup.node.prefetcher.Prefetcher`, idle threads read what
will be wanted next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pyoprollup.errors import NotFound, RollupError
from pyoprollup.eth.types import Hash32
from pyoprollup.events import AT_ONCE, NEVER
from pyoprollup.node.prefetcher import Prefetcher
from pyoprollup.node.workers import Workers
from pyoprollup.sources.cached import CachedL1, WrongAnswer
from pyoprollup.sources.l1 import BlobSource, L1Source
from pyoprollup.sources.requests import DataRequest, Datum

__all__ = ["Fetcher", "read"]

_RETRY_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds after the first, second, … failure; the last again and again."""

_WORKERS = 4


@dataclass(slots=True)
class _Fetch:
    """A datum on its way: how often reading it has failed, and when to read it (never: it is being read)."""

    generation: int
    due: float
    failures: int = 0
    ahead: bool = False
    """Nobody waits for it yet."""


class Fetcher:
    """A stepper that belongs in the schedule of the node whose :class:`CachedL1` it fills.

    ``post`` takes a call to the thread of that schedule, ``wake`` ends the node's back-off. What fails is
    read again, later each time, until it is there or L1 has no such thing. A source should give up on a
    read in some time: each of the ``workers`` threads is lost as long as a read hangs.
    """

    def __init__(
        self,
        cache: CachedL1,
        l1: L1Source,
        blobs: BlobSource | None,
        *,
        post: Callable[[Callable[[], None]], object],
        wake: Callable[[], None],
        now: Callable[[], float],
        workers: int = _WORKERS,
        ahead: Prefetcher | None = None,
    ) -> None:
        self._cache = cache
        self._l1 = l1
        self._blobs = blobs
        self._post = post
        self._wake = wake
        self._now = now
        self._ahead = ahead
        self._ahead_limit = max(1, workers - 1)
        self._fetches: dict[DataRequest, _Fetch] = {}
        self.failures = 0
        """Reads that failed, so far."""
        self.last_error: Exception | None = None
        """Why the last of them did."""
        self._workers = Workers(workers, "fetcher")

    # --- in the schedule's thread

    @property
    def is_idle(self) -> bool:
        """Whether everything that was asked for is there, or is known not to exist."""
        return not self._cache.is_wanting and all(fetch.ahead for fetch in self._fetches.values())

    def waiting(self) -> str:
        """What is being read, the first of it, and why it was not there before; from any thread."""
        for request, fetch in list(self._fetches.items()):
            if fetch.ahead:
                continue
            failed = f", {fetch.failures} times in vain: {self.last_error}" if fetch.failures else ""
            return f"{request}{failed}"
        return ""

    @property
    def next_due(self) -> float:
        if self._cache.is_wanting or (self._may_look_ahead and self._ahead_is_due):
            return AT_ONCE
        return min((fetch.due for fetch in self._fetches.values()), default=NEVER)

    def step(self, now: float) -> None:
        """Have everything read that was asked for, and what failed if it is time."""
        generation = self._cache.generation
        for request in self._cache.take_wanted():
            fetch = self._fetches.get(request)
            if fetch is not None and fetch.ahead:
                fetch.ahead = False
                if fetch.due != NEVER:
                    fetch.due = now
            # What was read under a former head does not tell which block is canonical now.
            if fetch is None or (isinstance(request.block, int) and fetch.generation != generation):
                self._fetches[request] = _Fetch(generation, now)
        self._look_ahead(generation, now)
        for request, fetch in self._fetches.items():
            if fetch.due <= now:
                fetch.due = NEVER
                self._workers.put(partial(self._work, request, fetch))

    def _look_ahead(self, generation: int, now: float) -> None:
        """Have read what will be wanted, as long as a thread is left for what is wanted."""
        if self._ahead is None or not self._may_look_ahead:
            return
        under_way = sum(fetch.ahead for fetch in self._fetches.values())
        for request in self._ahead.next_requests(self._fetches, self._ahead_limit - under_way):
            self._fetches[request] = _Fetch(generation, now, ahead=True)

    @property
    def _may_look_ahead(self) -> bool:
        return sum(fetch.ahead for fetch in self._fetches.values()) < self._ahead_limit

    @property
    def _ahead_is_due(self) -> bool:
        return self._ahead is not None and bool(self._ahead.next_requests(self._fetches, 1))

    def wake(self) -> None:
        """Read again at once what has failed."""
        for fetch in self._fetches.values():
            if fetch.due != NEVER:
                fetch.due = self._now()

    def close(self) -> None:
        """Read no more. A read that hangs is left to itself."""
        self._workers.close()

    def _on_answer(self, request: DataRequest, fetch: _Fetch, answer: object) -> None:
        try:
            self._cache.put(request, answer, fetch.generation, ahead=fetch.ahead)
        except WrongAnswer as error:
            self._on_failure(request, fetch, error)
            return
        self._end(request, fetch)

    def _on_missing(self, request: DataRequest, fetch: _Fetch, error: NotFound) -> None:
        self._cache.put_missing(request, str(error), fetch.generation)
        self._end(request, fetch)

    def _end(self, request: DataRequest, fetch: _Fetch) -> None:
        if self._fetches.get(request) is fetch:
            del self._fetches[request]
        if not fetch.ahead:
            self._wake()

    def _on_failure(self, _request: DataRequest, fetch: _Fetch, error: Exception) -> None:
        self.failures += 1
        self.last_error = error
        fetch.due = self._now() + _RETRY_DELAYS[min(fetch.failures, len(_RETRY_DELAYS) - 1)]
        fetch.failures += 1

    # --- in the threads

    def _work(self, request: DataRequest, fetch: _Fetch) -> None:
        self._post(self._read(request, fetch))

    def _read(self, request: DataRequest, fetch: _Fetch) -> Callable[[], None]:
        """What to do with the answer, in the schedule's thread."""
        try:
            return partial(self._on_answer, request, fetch, read(self._l1, self._blobs, request))
        except NotFound as error:
            return partial(self._on_missing, request, fetch, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the datum is not there
            return partial(self._on_failure, request, fetch, error)


def read(l1: L1Source, blobs: BlobSource | None, request: DataRequest) -> object:
    """Make the read that a request stands for; raises what the source raises."""
    block = request.block
    if isinstance(block, int):
        return l1.l1_block_ref_by_number(block)
    readers: dict[Datum, Callable[[Hash32], object]] = {
        Datum.REF: l1.l1_block_ref_by_hash,
        Datum.INFO: l1.info_by_hash,
        Datum.RECEIPTS: l1.fetch_receipts,
        Datum.TRANSACTIONS: l1.transactions_by_hash,
    }
    if request.datum in readers:
        return readers[request.datum](block)
    if blobs is None:
        raise RollupError(f"there is no source for {request}")
    return blobs.get_blobs(l1.l1_block_ref_by_hash(block), request.blobs)
