"""The fetcher: what it reads, when again, and that nobody waits for it."""

from __future__ import annotations

import queue
from collections.abc import Callable

import pytest

from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.events import NEVER
from pyoprollup.node import Fetcher
from pyoprollup.sources import CachedL1, NeedData
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
    assert bench.fetcher.next_due == bench.time


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
