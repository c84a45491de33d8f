from __future__ import annotations

import threading
from concurrent.futures import CancelledError

import pytest

from pyoprollup.rpc.errors import CallAbandoned
from pyoprollup.rpc.worker import CallWorker, Urgency, do_later, give_way, is_wanted


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


def waiting_worker(worker: CallWorker) -> threading.Event:
    """Keeps the worker busy until the event that is returned is set."""
    entered, leave = threading.Event(), threading.Event()
    worker.urgent.submit(lambda: (entered.set(), leave.wait(30)))
    assert entered.wait(30)
    return leave


def test_more_urgent_calls_run_in_the_middle_of_others() -> None:
    order: list[str] = []
    with CallWorker() as worker:

        def long_call() -> None:
            order.append("long begins")
            for name in ("urgent", "soon"):
                entrance = worker.urgent if name == "urgent" else worker.soon
                entrance.submit(order.append, name)
            worker.usual.submit(order.append, "usual 1")
            worker.usual.submit(order.append, "usual 2")
            worker.patient.submit(order.append, "patient")
            assert is_wanted()
            give_way()
            order.append("long goes on")
            give_way()
            assert not is_wanted()
            order.append("long ends")

        worker.patient.submit(long_call).result(30)
    assert order == [
        *("long begins", "urgent", "soon", "usual 1", "long goes on", "usual 2", "long ends", "patient"),
    ]


def test_urgent_calls_let_nobody_go_first() -> None:
    order: list[str] = []
    with CallWorker() as worker:

        def urgent() -> None:
            worker.urgent.submit(order.append, "second")
            give_way()
            order.append("first")

        worker.urgent.submit(urgent).result(30)
    assert order == ["first", "second"]


def test_a_call_that_nobody_waits_for_is_not_begun_or_ends() -> None:
    entered = threading.Event()

    def endless() -> None:
        entered.set()
        while True:
            give_way()

    with CallWorker() as worker:
        running = worker.usual.submit(endless)
        assert entered.wait(30)
        running.abandon()  # type: ignore[attr-defined]
        with pytest.raises(CallAbandoned, match="nobody waits"):
            running.result(30)
        leave = waiting_worker(worker)
        never = worker.usual.submit(entered.clear)
        never.abandon()  # type: ignore[attr-defined]
        leave.set()
        with pytest.raises(CancelledError):
            never.result(30)
    assert entered.is_set()


def test_an_urgent_call_is_carried_out_even_if_its_caller_has_left() -> None:
    """A block that was begun is finished: the caller comes again, and would have to begin again."""
    entered, leave = threading.Event(), threading.Event()
    with CallWorker() as worker:

        def block() -> str:
            entered.set()
            leave.wait(30)
            give_way()
            return "done"

        call = worker.urgent.submit(block)
        assert entered.wait(30)
        call.abandon()  # type: ignore[attr-defined]
        leave.set()
        assert call.result(30) == "done"


def test_in_a_hurry_calls_of_some_kinds_end() -> None:
    entered = threading.Event()

    def endless() -> None:
        entered.set()
        while True:
            give_way()

    with CallWorker() as worker:
        running = worker.patient.submit(endless)
        assert entered.wait(30)
        waiting = worker.patient.submit(endless)
        worker.hurry(Urgency.PATIENT)
        with pytest.raises(CallAbandoned, match="stops"):
            running.result(30)
        with pytest.raises(CancelledError):
            waiting.result(30)
        with pytest.raises(RuntimeError):
            worker.patient.submit(endless)
        assert worker.urgent.submit(int).result(30) == 0


def test_work_for_later() -> None:
    order: list[str] = []

    def urgent() -> None:
        do_later(lambda: order.append("later"))
        order.append("first")

    with CallWorker() as worker:
        leave = waiting_worker(worker)
        worker.urgent.submit(urgent)
        worker.usual.submit(order.append, "usual")
        worker.urgent.submit(order.append, "second")
        leave.set()
        worker.patient.submit(int).result(30)
    assert order == ["first", "second", "later", "usual"]
    do_later(order.clear)  # outside of a worker nothing is done
    assert order


def test_what_later_work_raises_does_not_end_the_worker() -> None:
    with CallWorker() as worker:
        worker.urgent.submit(lambda: do_later(lambda: 1 / 0)).result(30)
        assert worker.usual.submit(int).result(30) == 0


def test_at_the_very_end_urgent_calls_end_too() -> None:
    entered = threading.Event()

    def block() -> None:
        entered.set()
        while True:
            give_way()

    with CallWorker() as worker:
        running = worker.urgent.submit(block)
        assert entered.wait(30)
        worker.hurry(*Urgency)
        with pytest.raises(CallAbandoned):
            running.result(30)
