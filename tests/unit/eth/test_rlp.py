"""RLP: equal to the ``rlp`` package in what is accepted and produced, and safe on hostile input."""

from __future__ import annotations

import pytest
import rlp as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.rlp import RlpError, RlpItem

trees = st.recursive(
    st.binary(max_size=4) | st.binary(min_size=50, max_size=300),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=30,
)


def reference_decode(data: bytes) -> RlpItem | None:
    try:
        decoded: RlpItem = reference.decode(data, strict=True)
    except (reference.exceptions.RLPException, TypeError, ValueError):
        return None
    return decoded


def our_decode(data: bytes) -> RlpItem | None:
    try:
        return rlp.decode(data)
    except RlpError:
        return None


def as_lists(item: object) -> object:
    return [as_lists(x) for x in item] if isinstance(item, list | tuple) else item


@given(trees)
@settings(max_examples=150)
def test_round_trip(tree: RlpItem) -> None:
    data = rlp.encode(tree)
    assert rlp.decode(data) == tree
    assert as_lists(reference.decode(data)) == tree


# Bytes that look like RLP: headers of every class with small payloads.
rlpish = st.lists(
    st.sampled_from(
        [b"\x00", b"\x7f", b"\x80", b"\x81", b"\x81\x80", b"\x82ab", b"\xb8", b"\xb8\x38" + bytes(56)]
    )
    | st.sampled_from(
        [b"\xc0", b"\xc1", b"\xc2", b"\xc4", b"\xf8", b"\xf8\x38", b"\xf9\x00\x38", b"\xbf", b"\xff"]
    )
    | st.binary(max_size=3),
    max_size=12,
).map(b"".join)


@given(rlpish | st.binary(max_size=80))
@settings(max_examples=600)
def test_accepts_and_rejects_what_the_reference_does(data: bytes) -> None:
    assert our_decode(data) == as_lists(reference_decode(data))


@given(trees, st.data())
@settings(max_examples=200)
def test_mutations_agree_with_the_reference(tree: RlpItem, draw: st.DataObject) -> None:
    data = bytearray(rlp.encode(tree))
    data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    data = data[: draw.draw(st.integers(0, len(data)))] if draw.draw(st.booleans()) else data
    assert our_decode(bytes(data)) == as_lists(reference_decode(bytes(data)))


@pytest.mark.parametrize(
    "data",
    [
        "",  # nothing
        "8100",  # a small byte with a header
        "817f",
        "b800",  # long form for a short payload
        "b837" + "00" * 55,
        "b90038" + "00" * 56,  # length with a leading zero
        "bf",  # no length
        "bfffffffffffffffff",  # 2^64-1 bytes announced
        "c180" + "00",  # trailing byte
        "c1",  # missing item
        "c281",  # item cut short
        "c28100",
        "f800",
        "f8",
        "f90038" + "00" * 56,
        "c3c301",  # inner list longer than the outer one
        "ffffffffffffffffff",
    ],
)
def test_malformed_input(data: str) -> None:
    with pytest.raises(RlpError):
        rlp.decode(bytes.fromhex(data))


@given(st.lists(trees, max_size=6))
@settings(max_examples=100)
def test_split_list_and_split_raw_equal_decode(tree: list[RlpItem]) -> None:
    data = rlp.encode(tree)
    items, lists = rlp.split_list(data)
    assert lists == [i for i, item in enumerate(tree) if isinstance(item, list)]
    assert [rlp.decode(x) if i in lists else x for i, x in enumerate(items)] == tree
    raw = rlp.split_raw(data)
    assert [rlp.decode(x) for x in raw] == tree
    assert rlp.encode_list(raw) == data
    assert rlp.split_list(b"\x02" + data, 1) == (items, lists)


@given(rlpish | st.binary(max_size=80))
@settings(max_examples=300)
def test_splitting_arbitrary_bytes(data: bytes) -> None:
    for split in (rlp.split_list, rlp.split_raw, rlp.decode_bytes):
        try:
            split(data)
        except RlpError:
            assert split is not rlp.decode_bytes or not isinstance(our_decode(data), bytes)


@given(st.binary(max_size=70) | st.binary(min_size=250, max_size=260))
def test_encode_bytes_equals_the_reference(data: bytes) -> None:
    assert rlp.encode_bytes(data) == reference.encode(data)
    assert rlp.decode_bytes(rlp.encode_bytes(data)) == data


@given(st.integers(0, (1 << 256) - 1) | st.integers(0, 300) | st.integers(1 << 430, 1 << 460))
def test_encode_uint_equals_the_reference(value: int) -> None:
    data = rlp.encode_uint(value)
    assert data == reference.encode(value)
    assert rlp.decode_uint(rlp.decode_bytes(data), None) == value


@given(st.lists(trees, max_size=5))
@settings(max_examples=50)
def test_encode_list_equals_the_reference(tree: list[RlpItem]) -> None:
    assert rlp.encode_list(map(rlp.encode, tree)) == reference.encode(tree)


@pytest.mark.parametrize("size", [0, 1, 55, 56, 255, 256, 65535, 65536, 1 << 20])
def test_sizes_at_header_boundaries(size: int) -> None:
    text = b"\xaa" * size
    assert rlp.encode_bytes(text) == reference.encode(text)
    assert rlp.decode(rlp.encode_bytes(text)) == text
    zeros = rlp.encode_list([bytes(size)])  # a list of `size` one-byte items
    assert rlp.split_list(zeros)[0][:3] == [b"\0"] * min(size, 3)


def test_decode_uint() -> None:
    assert rlp.decode_uint(b"") == 0
    assert rlp.decode_uint(b"\xff" * 8, 64) == (1 << 64) - 1
    for payload, bits in [(b"\0", 64), (b"\0\1", 64), (b"\1" + bytes(8), 64), (b"\1" + bytes(32), 256)]:
        with pytest.raises(RlpError):
            rlp.decode_uint(payload, bits)
    with pytest.raises(RlpError):
        rlp.decode_fixed(bytes(19), 20)


@given(st.sampled_from([0, 1, 2, 20, 32, 48, 55, 56, 60]), st.data())
@settings(max_examples=200)
def test_decode_fixed_list(size: int, draw: st.DataObject) -> None:
    items = draw.draw(st.lists(st.binary(min_size=size, max_size=size), max_size=4))
    data = bytearray(rlp.encode(list(items)))
    assert rlp.decode_fixed_list(bytes(data), size) == tuple(items)
    data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    tree = our_decode(bytes(data))
    valid = isinstance(tree, list) and all(isinstance(item, bytes) and len(item) == size for item in tree)
    try:
        assert list(rlp.decode_fixed_list(bytes(data), size)) == tree
    except RlpError:
        assert not valid
    else:
        assert valid


def test_deep_nesting_needs_no_recursion() -> None:
    depth = 1_000_000
    pieces, size = [], 0  # headers from the innermost outwards
    for _ in range(depth):
        header = bytes([0xC0 + size]) if size < 56 else rlp._long_header(0xF7, size)
        pieces.append(header)
        size += len(header)
    item = rlp.decode(b"".join(reversed(pieces)))
    levels = 0
    while item:
        assert isinstance(item, list)
        levels, item = levels + 1, item[0]
    assert levels == depth - 1


@pytest.mark.parametrize("megabytes", [1, 4, 16])
def test_megabytes_of_items(megabytes: int) -> None:
    item = rlp.encode_bytes(b"\x99" * 199)
    count = megabytes * (1 << 20) // len(item)
    data = rlp.encode_list([item] * count)
    decoded = rlp.decode(data)
    assert len(decoded) == count
    assert len(rlp.split_list(data)[0]) == count
    with pytest.raises(RlpError):
        rlp.decode(data[:-1])


def test_errors_are_decode_errors() -> None:
    assert issubclass(RlpError, DecodeError)
