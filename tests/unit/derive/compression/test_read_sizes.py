from __future__ import annotations

import pytest

from pyoprollup.derive.compression.read_sizes import READ_BUFFER, ReadSizes
from pyoprollup.eth.rlp import encode_bytes

LARGE = 10_000


def sizes(data: bytes, limit: int = 0) -> ReadSizes:
    return ReadSizes(bytearray(data), limit)


def test_the_payload_of_a_large_string_is_read_directly() -> None:
    reads = sizes(encode_bytes(bytes(LARGE)))
    assert reads.direct(0) == 0, "the header goes through the buffer"
    assert reads.direct(2) == 0
    assert reads.direct(3) == LARGE
    assert reads.direct(3 + LARGE - READ_BUFFER) == READ_BUFFER
    assert reads.direct(4 + LARGE - READ_BUFFER) == 0


def test_small_strings_go_through_the_buffer() -> None:
    reads = sizes(encode_bytes(bytes(READ_BUFFER - 1)) + encode_bytes(bytes(LARGE)))
    assert reads.direct(3) == 0
    start = READ_BUFFER + 2
    assert reads.direct(start + 2) == 0
    assert reads.direct(start + 100) == LARGE - 97


def test_a_header_counts_from_when_it_is_complete() -> None:
    out = bytearray(b"\xb9")
    reads = ReadSizes(out, 0)
    assert reads.direct(1) == 0
    out += LARGE.to_bytes(2, "big")
    assert reads.direct(2) == 0
    assert reads.direct(3) == LARGE


@pytest.mark.parametrize(
    "start",
    [
        b"\x00",
        b"\x80",
        b"\x9f" + bytes(31),
        b"\xc0",
        b"\xf8\x38" + bytes(56),
        b"\xb8\x37" + bytes(55),
        b"\xb9\x00\xff" + bytes(255),
    ],
    ids=["byte", "empty", "shorter than a batch", "list", "long list", "short in long form", "zero"],
)
def test_behind_what_is_no_batch_nothing_is_read_directly(start: bytes) -> None:
    assert sizes(start + encode_bytes(bytes(LARGE))).direct(len(start) + 3) == 0


def test_a_string_beyond_the_limit_is_not_read() -> None:
    data = encode_bytes(bytes(LARGE))
    assert sizes(data, LARGE + 3).direct(3) == LARGE
    assert sizes(data, LARGE + 2).direct(3) == 0
