"""Gossip's pure parts: compression, signature, message id."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import SECP256K1_N, SignatureError, address_of, keccak256
from pyoprollup.eth.signed_payload import (
    MAX_GOSSIP_SIZE,
    SnappyError,
    compress,
    decompress,
    message_id,
    recover_signer,
    sign_payload,
    signing_hash,
)

KEY = keccak256(b"a sequencer's key")


@given(st.binary(max_size=300) | st.binary(max_size=20).map(lambda b: b * 500))
def test_compression_round_trip(data: bytes) -> None:
    assert decompress(compress(data)) == data


@given(st.binary(max_size=60))
@settings(max_examples=200)
def test_arbitrary_bytes_decompress_or_raise_snappy_errors(data: bytes) -> None:
    try:
        decompress(data)
    except SnappyError:
        return


def test_the_announced_size_is_checked_first() -> None:
    assert decompress(compress(bytes(100)), limit=100) == bytes(100)
    with pytest.raises(SnappyError, match="exceeds"):
        decompress(compress(bytes(101)), limit=100)
    with pytest.raises(SnappyError, match="exceeds"):
        decompress(b"\xff\xff\xff\xff\x0f")
    assert len(decompress(compress(bytes(MAX_GOSSIP_SIZE)))) == MAX_GOSSIP_SIZE


@given(st.binary(max_size=100), st.integers(0, (1 << 256) - 1))
@settings(max_examples=20)
def test_signature(payload: bytes, chain_id: int) -> None:
    signature = sign_payload(payload, chain_id, KEY)
    assert recover_signer(signature, payload, chain_id) == address_of(KEY)
    assert recover_signer(signature, payload + b"!", chain_id) != address_of(KEY)


def test_signing_hash() -> None:
    expected = keccak256(bytes(32) + (901).to_bytes(32, "big") + keccak256(b"payload"))
    assert signing_hash(b"payload", 901) == expected
    for chain_id in (1 << 256, -1):
        with pytest.raises(DecodeError):
            signing_hash(b"", chain_id)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        bytes(65),
        bytes(64),
        b"\x01" * 66,
        b"\x01" * 64 + b"\x04",
        SECP256K1_N.to_bytes(32, "big") + b"\x01" * 33,
    ],
)
def test_malformed_signatures(signature: bytes) -> None:
    with pytest.raises(SignatureError):
        recover_signer(signature, b"payload", 901)


def test_message_id_depends_on_content_and_topic() -> None:
    topic, content = "/optimism/901/2/blocks", b"content" * 20
    literal = b"\x8c\x01" + b"\xf0\x8b" + content  # the same content, without any compression
    assert decompress(literal) == content
    assert compress(content) != literal
    assert message_id(topic, literal) == message_id(topic, compress(content))
    assert message_id(topic + "x", literal) != message_id(topic, literal)
    prefix = (22).to_bytes(8, "little") + topic.encode()
    assert message_id(topic, literal) == sha256(b"\x01\0\0\0" + prefix + content).digest()[:20]
    assert message_id(topic, b"no snappy") == sha256(b"\0\0\0\0" + prefix + b"no snappy").digest()[:20]
