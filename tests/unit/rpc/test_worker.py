from __future__ import annotations

import threading
from concurrent.futures import CancelledError

import pytest

from pyoprollup.rpc.worker import CallWorker


def test_urgent_calls_go_first() -> None:
    entered, leave = threading.Event(), threading.Event()
    order: list[str] = []

    def block() -> None:
        entered.set()
        leave.wait(30)

    with CallWorker() as worker:
        worker.usual.submit(block)
        assert entered.wait(30)
        calls = [worker.usual.submit(order.append, name) for name in ("a", "b")]
        calls += [worker.urgent.submit(order.append, name) for name in ("c", "d")]
        leave.set()
    assert all(call.done() for call in calls)
    assert order == ["c", "d", "a", "b"]


def test_results_and_errors() -> None:
    with CallWorker("name") as worker:
        assert worker.usual.submit(divmod, 7, 2).result(30) == (3, 1)
        assert worker.urgent.submit(lambda: threading.current_thread().name).result(30) == "name"
        failed = worker.usual.submit(divmod, 1, 0)
        with pytest.raises(ZeroDivisionError):
            failed.result(30)
        assert worker.usual.submit(int, "10", base=2).result(30) == 2


def test_calls_that_nobody_waits_for_any_more() -> None:
    entered, leave = threading.Event(), threading.Event()
    done: list[int] = []
    with CallWorker() as worker:
        worker.usual.submit(lambda: (entered.set(), leave.wait(30)))
        assert entered.wait(30)
        call = worker.usual.submit(done.append, 1)
        assert call.cancel()
        leave.set()
    assert done == []
    with pytest.raises(CancelledError):
        call.result()


def test_deep_recursion() -> None:
    """As deep as contracts call each other, each in several frames of the interpreter."""

    def depth(count: int) -> int:
        return 0 if not count else 1 + max(map(depth, (count - 1,)))

    import sys

    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        with CallWorker() as worker:
            assert worker.usual.submit(depth, 20_000).result(60) == 20_000
    finally:
        sys.setrecursionlimit(before)


def test_a_closed_worker_takes_nothing() -> None:
    with CallWorker() as worker:
        assert worker.usual.submit(int).result(30) == 0
    for entrance in (worker.urgent, worker.usual):
        with pytest.raises(RuntimeError, match="closed"):
            entrance.submit(int)
    worker.close()
