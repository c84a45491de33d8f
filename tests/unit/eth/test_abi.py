"""ABI encoding, there and back and against fixed bytes."""

from __future__ import annotations

import re
from typing import Any

import eth_abi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth.abi import check_types, decode_arguments, encode_arguments, event_topic, selector

TYPES: dict[str, st.SearchStrategy[Any]] = {
    "uint256": st.integers(0, 2**256 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "uint8": st.integers(0, 255),
    "bool": st.booleans(),
    "address": st.binary(min_size=20, max_size=20),
    "bytes32": st.binary(min_size=32, max_size=32),
    "bytes": st.binary(max_size=100),
}


@st.composite
def types(draw: st.DrawFn) -> str:
    """A type: one of the simple ones, an array, or a struct."""
    return draw(
        st.recursive(
            st.sampled_from(sorted(TYPES)),
            lambda inner: st.one_of(
                st.tuples(inner, st.sampled_from(("[]", "[2]"))).map("".join),
                st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({','.join(parts)})"),
            ),
            max_leaves=5,
        )
    )


def values(kind: str) -> st.SearchStrategy[Any]:
    """Values of a type."""
    if kind.endswith("[]"):
        return st.lists(values(kind[:-2]), max_size=3).map(tuple)
    if kind.endswith("[2]"):
        return st.tuples(values(kind[:-3]), values(kind[:-3]))
    if kind.startswith("("):
        depth, parts = 0, [""]
        for letter in kind[1:-1]:
            depth += (letter == "(") - (letter == ")")
            if letter == "," and not depth:
                parts.append("")
            else:
                parts[-1] += letter
        return st.tuples(*map(values, parts))
    return TYPES[kind]


@given(st.data())
def test_what_goes_in_comes_out(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(types(), max_size=4))
    given_values = tuple(data.draw(values(kind)) for kind in kinds)
    assert decode_arguments(kinds, encode_arguments(kinds, given_values)) == given_values


@given(st.lists(types(), max_size=4), st.binary(max_size=400), st.data())
def test_arbitrary_bytes_decode_or_raise_a_decode_error(
    kinds: list[str], noise: bytes, data: st.DataObject
) -> None:
    plain = encode_arguments(kinds, [data.draw(values(kind)) for kind in kinds])
    at = data.draw(st.integers(0, len(plain)))
    for changed in (noise, plain[:at], plain[:at] + noise, plain[:at] + noise + plain[at + len(noise) :]):
        try:
            decoded = decode_arguments(kinds, changed)
        except DecodeError:
            continue
        assert decode_arguments(kinds, encode_arguments(kinds, decoded)) == decoded


def test_agrees_with_plain_eth_abi() -> None:
    kinds = ["uint256", "(bool,bytes)[]", "string"]
    given_values = (7, ((True, b"ab"), (False, b"")), "text")
    encoded = eth_abi.abi.encode(kinds, given_values)
    assert encode_arguments(kinds, given_values) == encoded
    assert decode_arguments(kinds, encoded) == eth_abi.abi.decode(kinds, encoded) == given_values


def test_words_and_byte_strings() -> None:
    encoded = encode_arguments(["uint8", "bytes", "bool"], [5, b"abc", True])
    words = [encoded[at : at + 32] for at in range(0, len(encoded), 32)]
    assert [int.from_bytes(word, "big") for word in words[:4]] == [5, 96, 1, 3]
    assert words[4] == b"abc".ljust(32, b"\0")
    assert decode_arguments(["uint8", "uint256", "bool"], encoded) == (5, 96, True)


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("uint256", b""),
        ("uint256", bytes(31)),
        ("uint8", word(256)),
        ("address", word(2**160)),
        ("bool", word(2)),
        ("bytes4", word(1)),
        ("bytes", word(2**256 - 1)),
        ("bytes", word(32) + word(2**255)),
        ("string", word(32) + word(1) + b"\xff".ljust(32, b"\0")),
        ("uint256[]", word(32) + word(2**64)),
    ],
)
def test_malformed_answers(kind: str, data: bytes) -> None:
    with pytest.raises(DecodeError, match=re.escape(f"({kind}): ")):
        decode_arguments([kind], data)


def test_offsets_that_point_at_the_same_bytes_do_not_multiply_them() -> None:
    count = 2000
    offsets = word(32 * count) * count
    data = word(32) + word(count) + offsets + word(32 * count) + b"x" * 32 * count
    with pytest.raises(DecodeError, match="too often"):
        decode_arguments(["bytes[]"], data)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(("uint8", 256), ("uint8", -1), ("uint8", b"\x01"), ("bool", 1), ("bytes", "0x01")),
        *(("address", bytes(19)), ("address", "0x" + "11" * 20), ("bytes4", b"\x01"), ("nothing", 1)),
        *(("(address)", ("0x" + "11" * 20,)), ("bytes4[]", (b"\x01",)), ("uint8x", 1), ("string", "\ud800")),
    ],
)
def test_what_does_not_fit(kind: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode_arguments([kind], [value])


def test_names() -> None:
    assert selector("transfer(address,uint256)").hex() == "a9059cbb"
    topic = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    assert event_topic("Transfer(address,address,uint256)").hex() == topic


def test_types() -> None:
    check_types(["uint256", "(bytes,(address,bool)[3])[]"])
    for kind in ("nothing", "uint257", "bytes33", "uint8x", "(uint8", ""):
        with pytest.raises(ValueError, match="is not a type"):
            check_types([kind])
