"""The request-response protocol to fetch a block by its number.

Specification: protocol/rollup-node-p2p.md, ``payload_by_number``. A request is the number, 8 bytes
little-endian. A response is a code; for code 0 a version (4 bytes little-endian) and snappy frames follow:

======= ========================================================
version content of the frames
======= ========================================================
0       SSZ of a payload, of version 1 or, since Canyon, 2
1       parent beacon block root and SSZ of a payload, of version 3 or, since Isthmus, 4
======= ========================================================

The specification has a version 2 for Isthmus, which the reference neither writes nor reads; it is read here.
"""

from __future__ import annotations

from enum import IntEnum

from pyoprollup.errors import DecodeError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.signed_payload import MAX_GOSSIP_SIZE
from pyoprollup.p2p.errors import BadResponse, SyncRequestError
from pyoprollup.p2p.message import decode_body, encode_body
from pyoprollup.p2p.snappy import compress_frames, decompress_frames
from pyoprollup.p2p.topics import published_version
from pyoprollup.rollup.config import BeforeGenesisError, RollupConfig

__all__ = [
    "MAX_BLOCK_NUMBER",
    "RequestRefused",
    "ResultCode",
    "decode_request",
    "decode_response",
    "encode_refusal",
    "encode_request",
    "encode_response",
    "payload_by_number_protocol",
]

MAX_BLOCK_NUMBER = (1 << 64) - 1

_PAYLOAD, _ENVELOPE, _ISTHMUS_ENVELOPE = 0, 1, 2
_HEADER_SIZE = 5


class ResultCode(IntEnum):
    """First byte of a response. Others than these are errors too."""

    SUCCESS = 0
    NOT_FOUND = 1
    INVALID_REQUEST = 2
    UNKNOWN_ERROR = 3


class RequestRefused(SyncRequestError):
    """The peer answers with an error code."""

    def __init__(self, code: int) -> None:
        names = {known.value: known.name.lower().replace("_", " ") for known in ResultCode}
        super().__init__(f"the peer answers with code {code}: {names.get(code, 'one that does not exist')}")
        self.code = code


def payload_by_number_protocol(chain_id: int) -> str:
    """The protocol's id. The specification ends it with a slash, the reference does not."""
    return f"/opstack/req/payload_by_number/{chain_id}/0"


def encode_request(number: int) -> bytes:
    """The request for a block; raises :class:`DecodeError` for a number that is no uint64."""
    if not 0 <= number <= MAX_BLOCK_NUMBER:
        raise DecodeError(f"block number {number} does not fit uint64")
    return number.to_bytes(8, "little")


def decode_request(data: bytes) -> int:
    """The number that is asked for; raises :class:`DecodeError`. What follows it does not matter."""
    if len(data) < 8:
        raise DecodeError(f"a request has 8 bytes, not {len(data)}")
    return int.from_bytes(data[:8], "little")


def encode_refusal(code: int) -> bytes:
    """The response that says why there is no block."""
    return bytes((code,))


def encode_response(envelope: ExecutionPayloadEnvelope, config: RollupConfig) -> bytes:
    """The response with a block; raises :class:`DecodeError` if the block does not have the fork's fields."""
    has_root = published_version(config, envelope.payload.timestamp) >= BlockVersion.V3
    if has_root != (envelope.parent_beacon_block_root is not None):
        raise DecodeError(
            f"block {envelope.payload.id} should{'' if has_root else ' not'} have a beacon root"
        )
    version = _ENVELOPE if has_root else _PAYLOAD
    header = bytes((ResultCode.SUCCESS,)) + version.to_bytes(4, "little")
    return header + compress_frames(encode_body(envelope))


def decode_response(data: bytes, number: int, config: RollupConfig) -> ExecutionPayloadEnvelope:
    """The block of a response to the request for ``number``.

    Its number and hash are checked, that it belongs to the chain is not. Raises :class:`RequestRefused` and
    :class:`BadResponse`.
    """
    if len(data) > MAX_GOSSIP_SIZE:
        raise BadResponse(f"a response of {len(data)} bytes is too large")
    if not data:
        raise BadResponse("the response is empty")
    if data[0] != ResultCode.SUCCESS:
        raise RequestRefused(data[0])
    if len(data) < _HEADER_SIZE:
        raise BadResponse("the version is cut short")
    try:
        version = _block_version(int.from_bytes(data[1:5], "little"), number, config)
        envelope = decode_body(version, decompress_frames(data[_HEADER_SIZE:], MAX_GOSSIP_SIZE))
    except (DecodeError, BeforeGenesisError) as exc:
        raise BadResponse(f"block {number}: {exc}") from exc
    if envelope.payload.block_number != number:
        raise BadResponse(f"asked for block {number}, got {envelope.payload.id}")
    if not envelope.check_block_hash():
        raise BadResponse(f"block {envelope.payload.id} has another hash than it claims")
    return envelope


def _block_version(version: int, number: int, config: RollupConfig) -> BlockVersion:
    expected = published_version(config, config.time_for_block(number))
    if version == _PAYLOAD:
        return min(expected, BlockVersion.V2)
    if version == _ENVELOPE:
        return max(expected, BlockVersion.V3)
    if version == _ISTHMUS_ENVELOPE:
        return BlockVersion.V4
    raise DecodeError(f"unrecognized version {version}")
