from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.signed_payload import MAX_GOSSIP_SIZE
from pyoprollup.eth.types import Hash32
from pyoprollup.p2p import BadResponse, RequestRefused, payload_by_number_protocol
from pyoprollup.p2p.message import encode_body
from pyoprollup.p2p.req_resp import (
    decode_request,
    decode_response,
    encode_refusal,
    encode_request,
    encode_response,
)
from pyoprollup.p2p.snappy import compress_frames, decompress_frames
from tests.unit.p2p.support import V1, V2, V3, V4, chain, config, envelope

HEADER_0, HEADER_1, HEADER_2 = (bytes((0, version, 0, 0, 0)) for version in range(3))


def block(version: BlockVersion) -> ExecutionPayloadEnvelope:
    return chain(1, version, first=9)[0]


def test_protocol() -> None:
    assert payload_by_number_protocol(10) == "/opstack/req/payload_by_number/10/0"


@given(st.integers(0, (1 << 64) - 1), st.binary(max_size=3))
def test_request_round_trip(number: int, more: bytes) -> None:
    assert encode_request(number) == number.to_bytes(8, "little")
    assert decode_request(encode_request(number) + more) == number


@pytest.mark.parametrize("number", [-1, 1 << 64])
def test_no_such_request(number: int) -> None:
    with pytest.raises(DecodeError):
        encode_request(number)


def test_short_request() -> None:
    with pytest.raises(DecodeError):
        decode_request(bytes(7))


@pytest.mark.parametrize(
    ("version", "header"), [(V1, HEADER_0), (V2, HEADER_0), (V3, HEADER_1), (V4, HEADER_1)]
)
def test_response(version: BlockVersion, header: bytes) -> None:
    response = encode_response(block(version), config(version))
    assert response[:5] == header
    assert decompress_frames(response[5:], 10_000) == encode_body(block(version))
    assert decode_response(response, 9, config(version)) == block(version)


def test_the_number_tells_the_versions_fork() -> None:
    """Not what the block itself says of its time."""
    for served, asked in ((V2, V1), (V1, V2), (V4, V3), (V3, V4)):
        with pytest.raises(BadResponse):
            decode_response(encode_response(block(served), config(served)), 9, config(asked))


def test_version_2_is_read() -> None:
    response = HEADER_2 + compress_frames(encode_body(block(V4)))
    assert decode_response(response, 9, config(V4)) == block(V4)


def test_refusals() -> None:
    for code, name in (
        (1, "not found"),
        (2, "invalid request"),
        (3, "unknown error"),
        (200, "one that does not exist"),
    ):
        with pytest.raises(RequestRefused, match=f"code {code}: {name}") as caught:
            decode_response(encode_refusal(code) + b"more", 9, config())
        assert caught.value.code == code


def test_bad_responses() -> None:
    good = encode_response(block(V4), config(V4))
    wrong_hash = ExecutionPayloadEnvelope(block(V4).payload, Hash32(b"\x77" * 32))
    for response in (
        b"",
        good[:4],
        good[:-1],
        bytes((0, 3, 0, 0, 0)) + good[5:],
        bytes((0, 1, 0, 0, 1)) + good[5:],
        HEADER_0 + good[5:],
        encode_response(envelope(block_number=10), config(V4)),
        encode_response(wrong_hash, config(V4)),
        HEADER_1 + compress_frames(bytes(MAX_GOSSIP_SIZE + 1)),
        HEADER_1 + bytes(MAX_GOSSIP_SIZE),
    ):
        with pytest.raises(BadResponse):
            decode_response(response, 9, config(V4))


def test_only_blocks_with_the_forks_fields_are_served() -> None:
    with pytest.raises(DecodeError, match="should have a beacon root"):
        encode_response(block(V2), config(V3))
    with pytest.raises(DecodeError, match="should not have a beacon root"):
        encode_response(block(V3), config(V2))


def test_before_genesis() -> None:
    late = config(genesis=config().genesis.__class__(l2=config().genesis.l2.__class__(Hash32(bytes(32)), 20)))
    with pytest.raises(BadResponse, match="before the genesis block"):
        decode_response(encode_response(block(V4), config(V4)), 9, late)


@given(st.binary(max_size=100), st.sampled_from([b"", HEADER_0, HEADER_1]), st.booleans())
def test_arbitrary_bytes(data: bytes, header: bytes, compress: bool) -> None:
    with suppress(BadResponse, RequestRefused):
        decode_response(header + (compress_frames(data) if compress else data), 9, config())


@given(st.data())
def test_damaged_responses(data: st.DataObject) -> None:
    response = bytearray(encode_response(block(V4), config(V4)))
    response[data.draw(st.integers(0, len(response) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(BadResponse, RequestRefused):
        assert decode_response(bytes(response), 9, config(V4)) == block(V4)
