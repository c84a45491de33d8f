"""The fetcher: what it reads, when again, and that nobody waits for it."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence

import pytest

from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.events import NEVER
from pyoprollup.node import Fetcher, Prefetcher
from pyoprollup.sources import CachedL1, DataRequest, Datum, NeedData
from tests.unit.derive.support import FakeL1, l1_chain

L1 = l1_chain(8, first=0)
PATIENCE = 60.0


class Source(FakeL1):
    """Each read takes the next of ``answers``: an error, a block, or ``None`` for the truth."""

    def __init__(self) -> None:
        super().__init__(L1)
        self.answers: queue.SimpleQueue[Exception | L1BlockRef | None] = queue.SimpleQueue()
        self.reads: list[int] = []

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        self.reads.append(number)
        answer = self.answers.get(timeout=PATIENCE)
        if isinstance(answer, Exception):
            raise answer
        return L1[number] if answer is None else answer


class Bench:
    def __init__(self) -> None:
        self.time = 100.0
        self.cache = CachedL1()
        self.source = Source()
        self.inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.woken = 0
        self.fetcher = Fetcher(
            self.cache, self.source, None, post=self.inbox.put, wake=self._wake, now=lambda: self.time
        )

    def _wake(self) -> None:
        self.woken += 1

    def want(self, number: int = 3) -> None:
        with pytest.raises(NeedData):
            self.cache.l1_block_ref_by_number(number)
        assert self.fetcher.next_due <= self.time
        self.fetcher.step(self.time)
        assert self.fetcher.next_due == NEVER, "it is being read"

    def answer(self, answer: Exception | L1BlockRef | None = None) -> None:
        """The source answers, and the node's thread takes note."""
        self.source.answers.put(answer)
        self.inbox.get(timeout=PATIENCE)()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_what_is_wanted_is_read_and_the_node_woken(bench: Bench) -> None:
    bench.want()
    assert bench.woken == 0
    bench.answer()
    assert bench.woken == 1
    assert bench.cache.l1_block_ref_by_number(3) == L1[3]
    assert bench.fetcher.next_due == NEVER


def test_a_read_under_way_is_not_made_again(bench: Bench) -> None:
    bench.want()
    bench.want()
    bench.answer()
    assert bench.source.reads == [3]


def test_failures_are_read_again_later_each_time(bench: Bench) -> None:
    bench.want()
    for failures, delay in enumerate((0.5, 1.0, 2.0, 4.0, 8.0, 8.0), start=1):
        bench.answer(Unavailable("no answer"))
        assert bench.woken == 0
        assert bench.fetcher.failures == failures
        assert bench.fetcher.next_due == bench.time + delay
        bench.fetcher.step(bench.time + delay / 2)
        assert bench.fetcher.next_due == bench.time + delay
        bench.time += delay
        bench.fetcher.step(bench.time)
    bench.answer()
    assert bench.cache.l1_block_ref_by_number(3) == L1[3]


def test_waking_reads_at_once_what_has_failed(bench: Bench) -> None:
    bench.want()
    bench.answer(Unavailable("no answer"))
    bench.fetcher.wake()
    assert bench.fetcher.next_due <= bench.time


@pytest.mark.parametrize("wrong", [ValueError("a defect of the client"), L1[5]])
def test_nothing_wrong_is_taken_for_an_answer(bench: Bench, wrong: Exception | L1BlockRef) -> None:
    bench.want()
    bench.answer(wrong)
    assert bench.fetcher.failures == 1 and bench.fetcher.last_error is not None
    with pytest.raises(NeedData):
        bench.cache.l1_block_ref_by_number(3)


def test_what_l1_does_not_have_is_not_read_again_before_there_is_a_head(bench: Bench) -> None:
    bench.want(9)
    bench.answer(NotFound("no block 9"))
    assert bench.woken == 1
    with pytest.raises(NotFound):
        bench.cache.l1_block_ref_by_number(9)
    bench.cache.on_l1_head()
    bench.want(9)


def test_an_answer_of_a_former_head_does_not_stand_for_the_new_one(bench: Bench) -> None:
    bench.want()
    bench.cache.on_l1_head()
    with pytest.raises(NeedData):
        bench.cache.l1_block_ref_by_number(3)
    bench.fetcher.step(bench.time)
    bench.answer(L1BlockRef(L1[5].hash, 3, L1[4].hash, L1[3].time))
    with pytest.raises(NeedData):
        bench.cache.l1_block_ref_by_number(3)
    bench.answer()
    assert bench.cache.l1_block_ref_by_number(3) == L1[3]
    assert bench.source.reads == [3, 3]


# --- ahead


class Reader(FakeL1):
    """Has everything, and remembers what was read."""

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        return ()


def test_what_will_be_wanted_is_read_and_nobody_is_woken_for_it() -> None:
    cache, time, woken = CachedL1(), 100.0, []
    inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    ahead = Prefetcher(cache, depth=3)
    fetcher = Fetcher(
        cache,
        Reader(L1),
        None,
        post=inbox.put,
        wake=lambda: woken.append(1),
        now=lambda: time,
        workers=3,
        ahead=ahead,
    )

    def run() -> None:
        while fetcher.next_due <= time:
            fetcher.step(time)
            while fetcher.next_due == NEVER and fetcher._fetches:
                inbox.get(timeout=PATIENCE)()

    with pytest.raises(NeedData):
        cache.transactions_by_hash(L1[1].hash)
    run()
    assert len(woken) == 1
    cache.put(DataRequest(Datum.REF, L1[1].hash), L1[1], cache.generation)
    assert fetcher.next_due == NEVER, "nothing is known of a head"
    ahead.on_l1_head(L1[7])
    run()
    assert len(woken) == 1
    for number in (2, 3, 4):
        assert cache.l1_block_ref_by_number(number) == L1[number]
        cache.fetch_receipts(L1[number].hash)
        cache.transactions_by_hash(L1[number].hash)
    assert fetcher.is_idle
    fetcher.close()


def test_what_was_read_ahead_in_vain_is_read_at_once_when_it_is_wanted(bench: Bench) -> None:
    ahead = Prefetcher(bench.cache, depth=1)
    bench.fetcher._ahead = ahead
    bench.cache.position = L1[2].hash
    bench.cache.put(DataRequest(Datum.REF, L1[2].hash), L1[2], bench.cache.generation)
    ahead._head = L1[3]
    bench.cache.put_missing(DataRequest(Datum.RECEIPTS, L1[3].hash), "not now", bench.cache.generation)
    bench.fetcher.step(bench.time)
    bench.answer(Unavailable("no"))
    assert bench.fetcher.next_due == bench.time + 0.5
    bench.time += 0.1
    bench.want()
    bench.answer()
    assert bench.woken == 1
