"""Following L1's heads: when it is asked, and what the node is told."""

from __future__ import annotations

import queue
from collections.abc import Callable

import pytest

from pyoprollup.errors import NotFound, RollupError, Unavailable
from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.events import NEVER, Happening, Level
from pyoprollup.node import L1Follower
from tests.unit.derive.support import l1_chain

L1 = l1_chain(10, first=0)
PATIENCE = 60.0


class Bench:
    def __init__(self) -> None:
        self.time = 100.0
        self.labels: dict[BlockLabel, L1BlockRef] = {BlockLabel.UNSAFE: L1[5]}
        self.error: RollupError | None = None
        self.told: list[tuple[L1BlockRef | None, ...]] = []
        self.inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.follower = L1Follower(
            self, lambda *heads: self.told.append(heads), post=self.inbox.put, now=lambda: self.time
        )

    def l1_block_ref_by_label(self, label: BlockLabel) -> L1BlockRef:
        if self.error is not None:
            raise self.error
        if label not in self.labels:
            raise NotFound(f"no {label} block")
        return self.labels[label]

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        raise NotFound("not asked for")

    def l1_block_ref_by_hash(self, block_hash: object) -> L1BlockRef:
        raise NotFound("not asked for")

    def ask(self) -> float:
        """The time for a question comes, and its answer; seconds until the next."""
        self.time = max(self.time, self.follower.next_due)
        self.follower.step(self.time)
        assert self.follower.next_due == NEVER, "an answer is awaited"
        self.inbox.get(timeout=PATIENCE)()
        return self.follower.next_due - self.time


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_node_is_told_when_something_has_changed(bench: Bench) -> None:
    assert bench.follower.next_due == bench.time, "at once"
    assert bench.ask() == 4
    assert bench.told == [(L1[5], None, None)], "a young L1 has no safe block"
    bench.ask()
    assert len(bench.told) == 1
    bench.labels |= {BlockLabel.SAFE: L1[3], BlockLabel.FINALIZED: L1[1]}
    bench.ask()
    bench.labels[BlockLabel.UNSAFE] = L1[6]
    bench.ask()
    assert bench.told[1:] == [(L1[5], L1[3], L1[1]), (L1[6], L1[3], L1[1])]


def test_no_answer_is_no_change_and_the_next_question_comes_later(bench: Bench) -> None:
    bench.error = Unavailable("no answer")
    assert [bench.ask() for _ in range(4)] == [4, 4, 8, 10]
    assert bench.told == [] and bench.follower.last_error is bench.error
    bench.error = None
    assert bench.ask() == 4
    assert bench.told == [(L1[5], None, None)] and bench.follower.last_error is None


def test_waking_ends_a_wait_after_a_failure_only(bench: Bench) -> None:
    bench.ask()
    bench.follower.wake()
    assert bench.follower.next_due == bench.time + 4
    bench.ask()
    bench.error = Unavailable("no answer")
    bench.ask()
    bench.follower.wake()
    assert bench.follower.next_due == bench.time


# --- labels, notices, words


def labelled(bench: Bench, **options: float) -> tuple[list[BlockLabel], list[Happening]]:
    asked: list[BlockLabel] = []
    told: list[Happening] = []
    read = bench.l1_block_ref_by_label

    def spy(label: BlockLabel) -> L1BlockRef:
        asked.append(label)
        return read(label)

    bench.l1_block_ref_by_label = spy  # type: ignore[method-assign]
    bench.follower = L1Follower(
        bench,
        lambda *heads: bench.told.append(heads),
        post=bench.inbox.put,
        now=lambda: bench.time,
        tell=told.append,
        **options,
    )
    return asked, told


def test_older_blocks_are_asked_for_at_once_and_then_once_an_epoch() -> None:
    """Readers took the zero of the first 384 seconds for block 0."""
    bench = Bench()
    asked, _ = labelled(bench, epoch_interval=384.0)
    bench.labels |= {BlockLabel.SAFE: L1[3], BlockLabel.FINALIZED: L1[2]}
    bench.ask()
    assert bench.told == [(L1[5], L1[3], L1[2])]
    for _ in range(95):
        bench.ask()
    assert asked.count(BlockLabel.FINALIZED) == 1
    bench.ask()
    bench.ask()
    assert asked.count(BlockLabel.FINALIZED) == 2


def test_an_older_block_that_is_not_known_yet_is_asked_for_with_the_next_head() -> None:
    bench = Bench()
    asked, _ = labelled(bench, epoch_interval=384.0)
    for _ in range(3):
        bench.ask()
    assert asked.count(BlockLabel.FINALIZED) == 3
    assert bench.told == [(L1[5], None, None)]


def test_a_failure_for_an_older_block_hides_neither_the_head_nor_what_is_known() -> None:
    bench = Bench()
    labelled(bench)
    bench.labels |= {BlockLabel.SAFE: L1[3], BlockLabel.FINALIZED: L1[2]}
    bench.ask()
    truth = bench.l1_block_ref_by_label

    def fails(label: BlockLabel) -> L1BlockRef:
        if label is not BlockLabel.UNSAFE:
            raise Unavailable("HTTP 502")
        return truth(label)

    bench.l1_block_ref_by_label = fails  # type: ignore[method-assign]
    bench.labels[BlockLabel.UNSAFE] = L1[6]
    assert bench.ask() == 4
    assert bench.told[-1] == (L1[6], L1[3], L1[2])
    assert isinstance(bench.follower.last_error, Unavailable)


def test_a_notice_makes_a_question_soon_but_many_do_not_make_many() -> None:
    bench = Bench()
    labelled(bench)
    bench.ask()
    bench.time += 1
    for _ in range(1000):
        bench.follower.on_notice()
    assert bench.follower.next_due == bench.time
    bench.ask()
    for _ in range(1000):
        bench.follower.on_notice()
    assert bench.follower.next_due == bench.time + 0.25


def test_a_notice_while_an_answer_is_awaited_makes_one_question_after_it() -> None:
    bench = Bench()
    labelled(bench)
    bench.follower.step(bench.time)
    bench.follower.on_notice()
    assert bench.follower.next_due == NEVER
    bench.inbox.get(timeout=PATIENCE)()
    assert bench.follower.next_due == bench.time + 0.25


def test_without_notices_polling_goes_on() -> None:
    bench = Bench()
    labelled(bench)
    assert [bench.ask() for _ in range(3)] == [4, 4, 4]


def test_an_outage_is_told_and_so_is_its_end() -> None:
    bench = Bench()
    _, told = labelled(bench)
    bench.error = Unavailable("nobody answers")
    for _ in range(7):
        bench.ask()
    bench.error = None
    bench.ask()
    assert [item.event for item in told] == ["no-l1-head"] * 7 + ["l1-answers-again"]
    assert [item.level for item in told[4:7]] == [Level.WARNING, Level.ERROR, Level.ERROR]
    assert bench.follower.last_answer == bench.time
