from __future__ import annotations

from pyoprollup.txmgr import Queue
from pyoprollup.txmgr.errors import CriticalSendError, NonceTooLowError, SendCancelled
from tests.unit.txmgr.support import BLOB, CALLDATA, Bench
from tests.unit.txmgr.test_manager import failing


def test_sends_no_more_than_so_many_at_once() -> None:
    bench = Bench()
    queue: Queue[int] = Queue(bench.manager, 2)
    assert [queue.try_send(number, CALLDATA) for number in range(3)] == [True, True, False]
    assert queue.ids == (0, 1) and not queue.has_room
    bench.mine()
    bench.wait(2)
    assert [(result.id, result.error) for result in queue.poll()] == [(0, None), (1, None)]
    assert queue.has_room and not queue.poll()


def test_without_a_limit_sends_any_number() -> None:
    bench = Bench()
    queue: Queue[int] = Queue(bench.manager)
    assert all(queue.try_send(number, CALLDATA) for number in range(20))
    assert len(queue) == len(bench.pooled) == 20


def test_a_failure_ends_the_others_and_not_those_after_it() -> None:
    bench = Bench()
    queue: Queue[str] = Queue(bench.manager, 3)
    queue.try_send("first", CALLDATA)
    failing(bench, NonceTooLowError("nonce too low"))
    queue.try_send("second", CALLDATA)
    first, second = queue.poll()
    assert isinstance(first.error, SendCancelled) and isinstance(second.error, CriticalSendError)
    queue.try_send("third", CALLDATA)
    bench.mine()
    bench.wait(12)
    (third,) = queue.poll()
    assert third.receipt is not None or third.error is not None


def test_what_is_confirmed_stays_confirmed_when_another_fails() -> None:
    bench = Bench()
    queue: Queue[int] = Queue(bench.manager, 3)
    queue.try_send(0, CALLDATA)
    queue.try_send(1, CALLDATA)
    bench.mine()
    bench.wait(2)
    bench.l1.pool.clear()
    failing(bench, NonceTooLowError("nonce too low"))
    queue.try_send(2, BLOB)
    results = queue.poll()
    assert [result.receipt is not None for result in results] == [True, True, False]


def test_what_is_mined_is_not_reported_as_failed_when_another_fails() -> None:
    """It only is not deep enough yet: its data would go to L1 twice."""
    bench = Bench(num_confirmations=3)
    queue: Queue[int] = Queue(bench.manager, 3)
    queue.try_send(0, CALLDATA)
    bench.mine()
    bench.wait(2)
    failing(bench, NonceTooLowError("nonce too low"))
    queue.try_send(1, CALLDATA)
    (failed,) = queue.poll()
    assert failed.id == 1 and failed.error is not None
    bench.mine(2)
    bench.wait(2)
    (confirmed,) = queue.poll()
    assert confirmed.id == 0 and confirmed.receipt is not None


def test_all_can_be_cancelled() -> None:
    bench = Bench()
    queue: Queue[int] = Queue(bench.manager, 0)
    queue.try_send(0, CALLDATA)
    queue.cancel()
    assert isinstance(queue.poll()[0].error, SendCancelled)
