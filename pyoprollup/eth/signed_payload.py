"""The pure parts of block gossip: compression, signature and message id.

Specification: protocol/rollup-node-p2p.md, Gossip Topics. A message is the snappy block compression of a
65-byte signature (``r``, ``s``, parity) and the SSZ of a payload or, since Ecotone, of an envelope.
"""

from __future__ import annotations

from hashlib import sha256

from cramjam import CompressionError, DecompressionError, snappy

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import SignatureError, keccak256, recover_address, sign
from pyoprollup.eth.types import Address, Hash32

__all__ = [
    "MAX_GOSSIP_SIZE",
    "MIN_GOSSIP_SIZE",
    "SIGNATURE_SIZE",
    "SIGNING_DOMAIN_BLOCKS_V1",
    "SnappyError",
    "compress",
    "decompress",
    "message_id",
    "recover_signer",
    "sign_payload",
    "signing_hash",
]

MAX_GOSSIP_SIZE = 10 * (1 << 20)
"""Largest message, compressed or not, in bytes."""

MIN_GOSSIP_SIZE = 66
"""Smallest decompressed message: a signature and something signed."""

SIGNATURE_SIZE = 65
SIGNING_DOMAIN_BLOCKS_V1 = bytes(32)

_DOMAIN_INVALID_SNAPPY, _DOMAIN_VALID_SNAPPY = b"\x00\x00\x00\x00", b"\x01\x00\x00\x00"


class SnappyError(DecodeError):
    """Data is not valid snappy, or would grow beyond the limit."""


def signing_hash(payload: bytes, chain_id: int, domain: bytes = SIGNING_DOMAIN_BLOCKS_V1) -> Hash32:
    """The digest that the sequencer signs: of the domain, the chain id, and the payload's hash.

    ``payload`` is all that follows the signature in a message. Raises :class:`DecodeError` for a chain
    id of more than 256 bits.
    """
    if not 0 <= chain_id < 1 << 256:
        raise DecodeError(f"chain id {chain_id} does not fit 256 bits")
    return keccak256(domain + chain_id.to_bytes(32, "big") + keccak256(payload))


def sign_payload(payload: bytes, chain_id: int, private_key: bytes) -> bytes:
    """The 65-byte signature of a payload; raises :class:`SignatureError` for a bad key."""
    r, s, y_parity = sign(signing_hash(payload, chain_id), private_key)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((y_parity,))


def recover_signer(signature: bytes, payload: bytes, chain_id: int) -> Address:
    """The account that signed a payload; raises :class:`SignatureError`."""
    if len(signature) != SIGNATURE_SIZE:
        raise SignatureError(f"a signature has {SIGNATURE_SIZE} bytes, not {len(signature)}")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    return recover_address(signing_hash(payload, chain_id), r, s, signature[64])


def message_id(topic: str, data: bytes) -> bytes:
    """The 20-byte gossip id of a message as received.

    Equal contents have equal ids, however they were compressed. The topic is part of the id (the
    reference does so; the specification does not mention it).
    """
    try:
        domain, content = _DOMAIN_VALID_SNAPPY, decompress(data)
    except SnappyError:
        domain, content = _DOMAIN_INVALID_SNAPPY, data
    name = topic.encode()
    return sha256(domain + len(name).to_bytes(8, "little") + name + content).digest()[:20]


def compress(data: bytes) -> bytes:
    """Snappy block compression; raises :class:`SnappyError` for data of 4 GiB or more."""
    try:
        return bytes(snappy.compress_raw(data))
    except CompressionError as exc:
        raise SnappyError(str(exc)) from exc


def decompress(data: bytes, limit: int = MAX_GOSSIP_SIZE) -> bytes:
    """The inverse of :func:`compress`.

    The announced size is compared with ``limit`` before anything is allocated. Raises
    :class:`SnappyError`.
    """
    try:
        size = snappy.decompress_raw_len(data)
        if size > limit:
            raise SnappyError(f"the decompressed size of {size} bytes exceeds {limit}")
        return bytes(snappy.decompress_raw(data))
    except DecompressionError as exc:
        raise SnappyError(f"not valid snappy: {exc}") from exc
