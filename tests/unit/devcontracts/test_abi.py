"""ABI encoding, there and back and against fixed bytes."""

from __future__ import annotations

from typing import Any

import eth_abi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.devcontracts.abi import decode_word, encode_arguments, event_topic, selector
from pyoprollup.errors import DecodeError

TYPES: dict[str, st.SearchStrategy[Any]] = {
    "uint256": st.integers(0, 2**256 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "uint8": st.integers(0, 255),
    "bool": st.booleans(),
    "address": st.binary(min_size=20, max_size=20),
    "bytes32": st.binary(min_size=32, max_size=32),
    "bytes": st.binary(max_size=100),
}


@given(st.data())
def test_what_goes_in_comes_out(data: st.DataObject) -> None:
    types = data.draw(st.lists(st.sampled_from(sorted(TYPES)), max_size=6))
    values = [data.draw(TYPES[kind]) for kind in types]
    decoded = eth_abi.abi.decode(types, encode_arguments(types, values))
    assert [
        bytes.fromhex(v[2:]) if k == "address" else v for k, v in zip(types, decoded, strict=True)
    ] == values


def test_words_and_byte_strings() -> None:
    encoded = encode_arguments(["uint8", "bytes", "bool"], [5, b"abc", True])
    words = [encoded[at : at + 32] for at in range(0, len(encoded), 32)]
    assert [int.from_bytes(word, "big") for word in words[:4]] == [5, 96, 1, 3]
    assert words[4] == b"abc".ljust(32, b"\0")
    assert decode_word(encoded, 1) == 96


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(("uint8", 256), ("uint8", -1), ("uint8", b"\x01"), ("bool", 1), ("bytes", "0x01")),
        *(("address", bytes(19)), ("address", "0x" + "11" * 20), ("bytes4", b"\x01"), ("nothing", 1)),
    ],
)
def test_what_does_not_fit(kind: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode_arguments([kind], [value])


def test_names() -> None:
    assert selector("transfer(address,uint256)").hex() == "a9059cbb"
    topic = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    assert event_topic("Transfer(address,address,uint256)").hex() == topic
    with pytest.raises(DecodeError):
        decode_word(bytes(31))
