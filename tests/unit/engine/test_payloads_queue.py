from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.engine import PayloadsQueue
from pyoprollup.engine.payloads_queue import PayloadsQueueError, payload_mem_size
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from tests.fake_engine import genesis_envelope
from tests.unit.derive.support import config, name_hash

BASE = genesis_envelope(config())


def envelope(number: int, name: object = "", *transactions: bytes) -> ExecutionPayloadEnvelope:
    payload = replace(
        BASE.payload,
        block_number=number,
        block_hash=name_hash(f"{number} {name}"),
        transactions=transactions,
    )
    return replace(BASE, payload=payload)


def test_memory_size() -> None:
    assert payload_mem_size(envelope(1)) == 1000
    assert payload_mem_size(envelope(1, "", b"12345")) == 1000 + 24 + 5
    assert payload_mem_size(envelope(1, "", b"12345", b"")) == 1000 + 24 + 5 + 24


def test_lowest_number_first() -> None:
    queue = PayloadsQueue()
    for number in (123, 0, 123_456, 42):
        queue.push(envelope(number))
    assert queue.peek() == envelope(0)
    numbers = []
    while (item := queue.pop()) is not None:
        numbers.append(item.payload.block_number)
    assert numbers == [0, 42, 123, 123_456]
    assert (len(queue), queue.mem_size, queue.peek()) == (0, 0, None)


def test_same_number_by_arrival() -> None:
    queue = PayloadsQueue()
    for name in "ab":
        queue.push(envelope(1, name))
    assert [queue.pop(), queue.pop()] == [envelope(1, "a"), envelope(1, "b")]


def test_duplicates_are_refused_until_taken() -> None:
    queue = PayloadsQueue()
    queue.push(envelope(1))
    with pytest.raises(PayloadsQueueError, match="queued already"):
        queue.push(envelope(1))
    queue.pop()
    queue.push(envelope(1))


def test_lowest_make_room() -> None:
    sizes = {1: 2, 2: 3, 3: 4, 4: 1}
    queue = PayloadsQueue(8, lambda item: sizes[item.payload.block_number])
    for number in (1, 2):
        queue.push(envelope(number))
    assert queue.mem_size == 5
    queue.push(envelope(3))
    assert (queue.mem_size, len(queue)) == (7, 2)
    assert queue.peek() == envelope(2)
    with pytest.raises(PayloadsQueueError, match="takes 9 bytes, at most 8"):
        PayloadsQueue(8, lambda _item: 9).push(envelope(1))


def test_payload_that_makes_room_for_itself_can_come_again() -> None:
    queue = PayloadsQueue(2, lambda _item: 1)
    queue.push(envelope(5))
    queue.push(envelope(6))
    queue.push(envelope(4))
    assert len(queue) == 2 and queue.peek() == envelope(5)
    queue.pop()
    queue.push(envelope(4))
    assert queue.peek() == envelope(4)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), max_size=60))
def test_memory_is_bounded_and_order_kept(pushes: list[tuple[int, int]]) -> None:
    queue = PayloadsQueue(10, lambda item: 1 + item.payload.block_number % 3)
    for number, name in pushes:
        try:
            queue.push(envelope(number, name))
        except PayloadsQueueError:
            continue
        assert queue.mem_size <= 10
    numbers = []
    while (item := queue.pop()) is not None:
        numbers.append(item.payload.block_number)
    assert numbers == sorted(numbers)
    assert queue.mem_size == 0
