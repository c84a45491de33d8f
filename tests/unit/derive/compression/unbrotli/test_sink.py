from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.compression.read_sizes import READ_BUFFER
from pyoprollup.derive.compression.unbrotli.bits import FaultError
from pyoprollup.derive.compression.unbrotli.sink import Sink
from pyoprollup.eth.rlp import string_header


def sink(window_bits: int = 22, length: int = 1 << 20) -> Sink:
    result = Sink(window_bits, 0)
    result.plan_ring(length)
    result.make_ring()
    result.start_read()
    return result


@pytest.mark.parametrize(
    ("window_bits", "length", "ring"),
    [
        (22, 1, 1024),
        (22, 1024, 1024),
        (22, 1025, 2048),
        (22, 1 << 22, 1 << 22),
        (22, 1 << 24, 1 << 22),
        (10, 1, 1024),
    ],
)
def test_the_ring_is_as_small_as_the_data(window_bits: int, length: int, ring: int) -> None:
    made = sink(window_bits, length)
    assert made.ring == made.boundary == ring
    assert made.wraps == (ring == 1 << window_bits)


def test_the_ring_grows_with_the_next_metablock() -> None:
    made = sink(22, 1024)
    made.out += bytes(1024)
    made.plan_ring(1)
    assert made.ring == 1024
    made.make_ring()
    assert made.ring == 2048


def test_a_read_takes_as_much_as_it_asked_for() -> None:
    made = sink()
    made.out += bytes(10_000)
    assert not made.pass_on()
    assert made.written == READ_BUFFER
    assert not made.pass_on()
    assert made.written == READ_BUFFER, "and no more"
    made.start_read()
    assert not made.pass_on()
    made.start_read()
    assert made.pass_on()
    assert made.written == 10_000


def test_a_direct_read_that_meets_a_fault_is_lost() -> None:
    made = sink()
    made.out += string_header(50_000)
    assert made.pass_on()
    made.start_read()
    made.out += bytes(20_000)
    assert made.pass_on()
    assert made.written == 20_003
    assert made.received_on_fault() == 3
    made.start_read()
    made.out += bytes(28_000)
    assert made.pass_on()
    made.start_read()
    made.out += bytes(1500)
    assert made.pass_on()
    assert made.received_on_fault() == made.written, "the rest of the string goes through the buffer"


def test_a_metablock_that_is_too_long_passes_nothing_on() -> None:
    made = sink()
    made.out += b"x"
    made.remaining = -1
    with pytest.raises(FaultError):
        made.pass_on()


@given(st.binary(min_size=1, max_size=20), st.integers(1, 20), st.integers(0, 60))
def test_copies_repeat(data: bytes, distance: int, count: int) -> None:
    made = sink()
    made.out += data
    distance = min(distance, len(data))
    expected = bytearray(data)
    for _ in range(count):
        expected.append(expected[-distance])
    made.copy(distance, count)
    assert made.out == expected
