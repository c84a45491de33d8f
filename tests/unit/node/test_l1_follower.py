"""Following L1's heads: when it is asked, and what the node is told."""

from __future__ import annotations

import queue
from collections.abc import Callable

import pytest

from pyoprollup.errors import NotFound, RollupError, Unavailable
from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.events import NEVER
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
