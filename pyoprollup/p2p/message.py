"""The bytes of a gossip message, apart from what they mean.

Specification: protocol/rollup-node-p2p.md, Block encoding. A message is the snappy block of

========= ==========================================================================================
bytes     content
========= ==========================================================================================
0–64      signature of the rest: ``r`` 32, ``s`` 32, parity 1
65–       the body: SSZ of the payload; from version 3 on, the parent beacon block root (32 bytes) first
========= ==========================================================================================
"""

from __future__ import annotations

from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.signed_payload import SIGNATURE_SIZE, compress, decompress
from pyoprollup.eth.ssz import SszError, decode_envelope, decode_payload, encode_envelope, encode_payload

__all__ = ["decode_body", "encode_body", "open_message", "seal_message"]


def encode_body(envelope: ExecutionPayloadEnvelope) -> bytes:
    """What the sequencer signs of a block; raises :class:`SszError`."""
    if envelope.parent_beacon_block_root is None:
        return encode_payload(envelope.payload)
    return encode_envelope(envelope)


def decode_body(version: BlockVersion, body: bytes) -> ExecutionPayloadEnvelope:
    """The block of a body on the topic of ``version``; raises :class:`SszError`."""
    if version >= BlockVersion.V3:
        return decode_envelope(version, body)
    return ExecutionPayloadEnvelope(decode_payload(version, body))


def seal_message(signature: bytes, body: bytes) -> bytes:
    """The message of a signed body; raises :class:`SnappyError`."""
    return compress(signature + body)


def open_message(message: bytes) -> tuple[bytes, bytes]:
    """Signature and body.

    Raises :class:`SnappyError`, and :class:`SszError` if there is no body.
    """
    data = decompress(message)
    if len(data) <= SIGNATURE_SIZE:
        raise SszError(f"a message of {len(data)} bytes has no body")
    return data[:SIGNATURE_SIZE], data[SIGNATURE_SIZE:]
