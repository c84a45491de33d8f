"""Looks at games in threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pyoprollup.services.worker_threads import ThreadWorkers

PATIENCE = 20.0


@pytest.fixture
def results() -> threading.Semaphore:
    return threading.Semaphore(0)


@pytest.fixture
def workers(results: threading.Semaphore) -> Iterator[ThreadWorkers[int]]:
    made: ThreadWorkers[int] = ThreadWorkers(2, results.release, "test")
    yield made
    made.close()


def test_results_are_told_of_and_collected(workers: ThreadWorkers[int], results: threading.Semaphore) -> None:
    for number in range(5):
        workers.submit(lambda number=number: number * number)  # type: ignore[misc]
    for _ in range(5):
        assert results.acquire(timeout=PATIENCE)
    assert workers.has_results and workers.busy == 5
    assert sorted(workers.collect()) == [0, 1, 4, 9, 16]
    assert not workers.has_results and workers.busy == 0 and workers.collect() == []


def test_no_more_than_so_many_at_a_time(workers: ThreadWorkers[int], results: threading.Semaphore) -> None:
    lock, go = threading.Lock(), threading.Event()
    running = most = 0

    def work() -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        go.wait(PATIENCE)
        with lock:
            running -= 1
        return 1

    for _ in range(6):
        workers.submit(work)
    go.set()
    for _ in range(6):
        assert results.acquire(timeout=PATIENCE)
    assert 1 <= most <= 2 and sum(workers.collect()) == 6


def test_a_defect_loses_no_result_of_others(
    workers: ThreadWorkers[int], results: threading.Semaphore
) -> None:
    def broken() -> int:
        raise ZeroDivisionError

    for work in (lambda: 1, broken, lambda: 2):
        workers.submit(work)
        assert results.acquire(timeout=PATIENCE)
    with pytest.raises(ZeroDivisionError):
        workers.collect()
    assert workers.has_results and workers.collect() == [1, 2] and workers.busy == 0


def test_what_has_not_begun_when_it_is_closed_is_not_done(results: threading.Semaphore) -> None:
    workers: ThreadWorkers[int] = ThreadWorkers(1, results.release)
    begun, go, done = threading.Event(), threading.Event(), []

    def first() -> int:
        begun.set()
        go.wait(PATIENCE)
        return 1

    def second() -> int:
        done.append(2)
        return 2

    workers.submit(first)
    workers.submit(second)
    assert begun.wait(PATIENCE)
    closing = threading.Thread(target=workers.close)
    closing.start()
    while not workers._executor._shutdown:  # type: ignore[attr-defined]
        closing.join(0.01)
    go.set()
    closing.join(PATIENCE)
    assert not closing.is_alive() and done == []
    assert workers.collect() == [1]
