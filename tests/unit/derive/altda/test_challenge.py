"""Events and calldata of the challenge contract."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.altda.challenge import (
    CHALLENGE_STATUS_TOPIC,
    ChallengeError,
    ChallengeEvent,
    decode_challenge_event,
    decode_resolved_input,
)
from pyoprollup.derive.altda.commitment import CommitmentError, decode_commitment, keccak_commitment
from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.receipts import Log
from tests.unit.derive.altda.support import CONTRACT, challenge_log, resolve_calldata, word

COMMITMENT = keccak_commitment(b"the input")


def log_of(data: bytes, *topics: bytes) -> Log:
    return Log(CONTRACT, (CHALLENGE_STATUS_TOPIC, *topics), data)


def test_event_of_a_real_contract() -> None:
    """Topic and data as the deployed contract emits them."""
    data = bytes.fromhex(
        "0000000000000000000000000000000000000000000000000000000000000040"
        "0000000000000000000000000000000000000000000000000000000000000001"
        "0000000000000000000000000000000000000000000000000000000000000021"
        "00eed82c1026bdd0f23461dd6ca515ef677624e63e6fc0ff91e3672af8eddf579d"
        "00000000000000000000000000000000000000000000000000000000000000"
    )
    topic = bytes.fromhex("c5d8c630ba2fdacb1db24c4599df78c7fb8cf97b5aecde34939597f6697bb1ad")
    assert topic == CHALLENGE_STATUS_TOPIC
    expected = decode_commitment(data[96:129])
    assert decode_challenge_event(log_of(data, word(14))) == ChallengeEvent(expected, 14, 1)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**64 - 1), st.integers(0, 255))
def test_events_round_trip(digest: bytes, number: int, status: int) -> None:
    commitment = decode_commitment(b"\0" + digest)
    log = challenge_log(commitment, number, status)
    assert decode_challenge_event(log) == ChallengeEvent(commitment, number, status)


def test_lenient_as_every_other_node() -> None:
    """Unpadded contents, contents in front of other words, and trailing bytes are all read."""
    encoded = COMMITMENT.encode()
    event = ChallengeEvent(COMMITMENT, 7, 2)
    unpadded = word(64) + word(2) + word(len(encoded)) + encoded
    distant = word(96) + word(2) + word(0xBAD) + word(len(encoded)) + encoded + b"more"
    for data in (unpadded, distant):
        assert decode_challenge_event(log_of(data, word(7))) == event


@pytest.mark.parametrize(
    ("data", "topics"),
    [
        (b"", [word(7)]),
        (word(64), [word(7)]),
        (word(64) + word(1), [word(7)]),
        (word(64) + word(1) + word(34) + COMMITMENT.encode(), [word(7)]),  # longer than the data
        (word(65) + word(1) + word(33) + COMMITMENT.encode(), [word(7)]),  # length is huge
        (word(2**256 - 32) + word(1) + word(33) + COMMITMENT.encode(), [word(7)]),
        (word(64) + word(256) + word(33) + COMMITMENT.encode(), [word(7)]),  # no uint8
        (word(64) + word(1) + word(33) + COMMITMENT.encode(), []),
        (word(64) + word(1) + word(33) + COMMITMENT.encode(), [word(7), word(8)]),
        (word(64) + word(1) + word(33) + COMMITMENT.encode(), [word(2**64)]),
    ],
)
def test_malformed_events(data: bytes, topics: list[bytes]) -> None:
    with pytest.raises(ChallengeError):
        decode_challenge_event(log_of(data, *topics))


def test_events_of_something_else() -> None:
    with pytest.raises(ChallengeError):
        decode_challenge_event(Log(CONTRACT, (keccak256(b"Other()"), word(7)), b""))
    with pytest.raises(ChallengeError):
        decode_challenge_event(Log(CONTRACT, (), b""))
    with pytest.raises(CommitmentError):
        decode_challenge_event(log_of(word(64) + word(1) + word(1) + b"\x07", word(7)))


@given(st.binary(min_size=1, max_size=200))
def test_resolved_input(data: bytes) -> None:
    assert decode_resolved_input(resolve_calldata(COMMITMENT, 7, data)) == data


@pytest.mark.parametrize(
    "calldata",
    [
        b"",
        b"\x01\x02\x03",
        b"\x01\x02\x03\x04",
        b"sel." + word(7) + word(96) + word(0),
        b"sel." + word(7) + word(96) + word(96) + word(0),  # an empty input
        b"sel." + word(7) + word(96) + word(96) + word(1),
        b"sel." + word(7) + word(999) + word(96) + word(1) + b"x",  # the other argument counts too
    ],
)
def test_malformed_calldata(calldata: bytes) -> None:
    with pytest.raises(ChallengeError):
        decode_resolved_input(calldata)


words = st.sampled_from([0, 1, 32, 33, 64, 96, 128, 2**63, 2**64 - 32, 2**255, 2**256 - 1]).map(word)


@given(st.lists(words | st.binary(max_size=40), max_size=8).map(b"".join), st.lists(words, max_size=3))
def test_arbitrary_bytes(data: bytes, topics: list[bytes]) -> None:
    for decode in (
        lambda: decode_challenge_event(log_of(data, *topics)),
        lambda: decode_resolved_input(data),
    ):
        with contextlib.suppress(DecodeError):
            decode()
