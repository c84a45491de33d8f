"""Signatures as people write them, and values there and back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.bindings.abi import CustomError, Event, Function, Parameter, parse_member
from pyoprollup.errors import DecodeError
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.types import Address, Hash32

WHERE = Address(b"\x01" * 20)


def function(line: str) -> Function:
    member = parse_member(line)
    assert isinstance(member, Function)
    return member


def event(line: str) -> Event:
    member = parse_member(line)
    assert isinstance(member, Event)
    return member


def error(line: str) -> CustomError:
    member = parse_member(line)
    assert isinstance(member, CustomError)
    return member


# --- signatures


def test_a_function() -> None:
    read = function("create(uint32 gameType, bytes32 rootClaim,bytes) payable -> (address proxy)")
    assert read.signature == str(read) == "create(uint32,bytes32,bytes)"
    assert read.selector.hex() == "82ecf2f6"
    assert read.inputs[0] == Parameter("uint32", "gameType") and read.inputs[2] == Parameter("bytes")
    assert (read.outputs, read.mutability) == ((Parameter("address", "proxy"),), "payable")


def test_structs_and_arrays() -> None:
    read = function(
        "challengeFirstLPP(address, uint256, (bytes input, uint256 index, bytes32) s, bytes32[] p)"
    )
    assert read.signature == "challengeFirstLPP(address,uint256,(bytes,uint256,bytes32),bytes32[])"
    assert read.selector.hex() == "ec5efcbc" and read.mutability == "nonpayable"
    nested = function("f(((uint8 a, bytes b)[2][] c, bool) d) -> ((uint256)[])")
    assert nested.signature == "f(((uint8,bytes)[2][],bool))"
    assert nested.outputs == (Parameter("(uint256)[]"),)


def test_events_and_errors() -> None:
    move = event("event Move(uint256 indexed parentIndex, bytes32 indexed claim, address indexed claimant)")
    assert move.topic.hex() == "9b3245740ec3b155098a55be84957a4da13eaf7f14a8bc6f53126c0b9350f2be"
    assert [parameter.indexed for parameter in move.inputs] == [True] * 3
    assert error("error GameAlreadyExists(bytes32 uuid)").selector.hex() == "014f6fe5"
    assert error("error InvalidInputSize() = 0x07b1daf1").selector.hex() == "07b1daf1"
    named = event("event E(bytes32 indexed)")
    assert named.inputs == (Parameter("bytes32", "", True),)


@pytest.mark.parametrize(
    "line",
    [
        *("", "f", "f(", "f(uint8", "f(uint8))", "f(uint8,)", "f(,)", "f(nothing)", "f(uint)", "f(int[])"),
        *("f(uint8 a b)", "f(uint8 indexed a)", "f() sometimes", "f() view ->", "f() view -> uint8"),
        *("f() -> (uint8) more", "f((uint8 a) b c)", "f(uint8[x])", "1 f()", "event f() view", "f() = 0x00"),
        *("error f() = 0x0000", "error f() = 12345678", "event f(uint8 indexed a b)", "error f() view"),
        "event f(uint8 indexed a, uint8 indexed b, uint8 indexed c, uint8 indexed d)",
    ],
)
def test_what_is_not_a_signature(line: str) -> None:
    with pytest.raises(DecodeError, match=re.escape(f"{line!r} is not a signature")):
        parse_member(line)


@given(st.text(alphabet="f(),uint8bytes32[] ->view=0x", max_size=40) | st.text(max_size=20))
def test_arbitrary_text_is_a_signature_or_a_decode_error(text: str) -> None:
    try:
        member = parse_member(text)
    except DecodeError:
        return
    assert parse_member(f"error {member.signature}").signature == member.signature


# --- values

CLAIM = function("claimData(uint256) view -> (uint32 parentIndex, address counteredBy, bytes32 claim)")


def test_calls_and_results() -> None:
    assert CLAIM.decode(CLAIM.encode(7)) == (7,)
    answer = CLAIM.encode_result(1, WHERE, b"\x05" * 32)
    assert len(answer) == 96
    assert CLAIM.decode_result(answer) == (1, WHERE, b"\x05" * 32)
    assert function("f() -> (bool)").decode_result(bytes(31) + b"\x01") is True
    assert function("closeGame()").decode_result(b"") is None


def test_results_that_are_none() -> None:
    with pytest.raises(DecodeError, match=r"claimData\(uint256\): the answer is empty"):
        CLAIM.decode_result(b"")
    with pytest.raises(DecodeError, match=r"claimData\(uint256\): result \(uint32,address,bytes32\)"):
        CLAIM.decode_result(bytes(95))
    with pytest.raises(DecodeError, match="it begins with 0x01020304"):
        CLAIM.decode(b"\x01\x02\x03\x04" + bytes(32))
    with pytest.raises(DecodeError, match=r"claimData\(uint256\): "):
        CLAIM.decode(CLAIM.selector)
    with pytest.raises(ValueError, match="1 values expected, not 2"):
        CLAIM.encode(1, 2)


MIXED = event("event E(string indexed s, uint8 a, (bool,bool) indexed t, address indexed who, bytes b)")


def test_the_arguments_of_a_log_are_in_the_order_of_the_declaration() -> None:
    arguments = (b"\x07" * 32, 5, b"\x08" * 32, WHERE, b"data")
    log = MIXED.encode(WHERE, *arguments)
    assert log.topics[0] == MIXED.topic and len(log.topics) == 4
    assert log.topics[3] == bytes(12) + WHERE
    assert MIXED.decode(log) == arguments


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"topics": ()}, "is not a E"),
        ({"topics": (Hash32(bytes(32)),)}, "is not a E"),
        ({"topics": (MIXED.topic,)}, "1 topics, not 4"),
        ({"topics": (MIXED.topic, *[Hash32(b"\xff" * 32)] * 3)}, "log"),
        ({"data": b""}, "log"),
    ],
)
def test_malformed_logs(change: dict[str, Any], message: str) -> None:
    log = MIXED.encode(WHERE, b"\x07" * 32, 5, b"\x08" * 32, WHERE, b"data")
    with pytest.raises(DecodeError, match=message):
        MIXED.decode(log._replace(**change))


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=4), st.binary(max_size=200))
def test_arbitrary_logs(topics: list[bytes], data: bytes) -> None:
    for first in ((), (MIXED.topic,)):
        try:
            arguments = MIXED.decode(Log(WHERE, (*first, *map(Hash32, topics)), data))
        except DecodeError:
            continue
        assert MIXED.decode(MIXED.encode(WHERE, *arguments)) == arguments


@given(st.binary(max_size=200))
def test_arbitrary_answers(data: bytes) -> None:
    with_array = function("f() -> ((uint256,bytes)[] games, string)")
    for member, decode in ((CLAIM, CLAIM.decode_result), (with_array, with_array.decode_result)):
        try:
            results = decode(data)
        except DecodeError:
            continue
        assert member.decode_result(member.encode_result(*results)) == results
