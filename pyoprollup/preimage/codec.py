"""The messages on a program's two channels, as bytes.

On the hint channel the program sends the length of the hint (4 bytes, big-endian) and the hint, and is
answered with one byte once the hint is taken note of. On the channel of pre-images it sends a key (32 bytes),
and is answered with the length of the pre-image (8 bytes, big-endian) and the pre-image.

What sends and receives them over descriptors is in :mod:`~pyoprollup.preimage.client` and
:mod:`~pyoprollup.preimage.server`; a VM reads them out of a machine's memory with a :class:`HintDecoder`.

Specification: fault-proof/index.md, "Pre-image communication".
"""

from __future__ import annotations

from pyoprollup.preimage.errors import MessageTooLarge

__all__ = [
    "HINT_ACKNOWLEDGED",
    "HINT_PREFIX_SIZE",
    "KEY_SIZE",
    "LENGTH_SIZE",
    "MAX_HINT_SIZE",
    "MAX_PREIMAGE_SIZE",
    "HintDecoder",
    "encode_hint",
    "encode_preimage",
]

KEY_SIZE = 32
LENGTH_SIZE = 8
HINT_PREFIX_SIZE = 4
HINT_ACKNOWLEDGED = b"\0"

MAX_PREIMAGE_SIZE = 64 << 20
"""Bytes of the largest pre-image that is read: several times what a large upload can have."""

MAX_HINT_SIZE = 256 << 20
"""Bytes of the largest hint that is read. The longest have all transactions of a block, in hex of hex."""


def encode_hint(hint: bytes, limit: int = MAX_HINT_SIZE) -> bytes:
    """A hint with its length before it; raises :class:`MessageTooLarge`."""
    if len(hint) > limit:
        raise MessageTooLarge(f"a hint of {len(hint)} bytes, at most {limit} are sent")
    return len(hint).to_bytes(HINT_PREFIX_SIZE, "big") + hint


def encode_preimage(data: bytes) -> bytes:
    """A pre-image with its length before it: what is answered, and what a step of a VM reads parts of."""
    return len(data).to_bytes(LENGTH_SIZE, "big") + data


class HintDecoder:
    """Puts hints together from what is written in pieces of any size; ``pending`` is what came before."""

    def __init__(self, limit: int = MAX_HINT_SIZE, pending: bytes = b"") -> None:
        self._limit = limit
        self._pending = bytearray(pending)

    @property
    def pending(self) -> bytes:
        """The beginning of a hint that is not complete."""
        return bytes(self._pending)

    def feed(self, data: bytes) -> list[bytes]:
        """The hints that are complete with ``data``, in order.

        Raises :class:`MessageTooLarge`; nothing can be read any more then.
        """
        pending = self._pending
        pending += data
        found, start = [], 0
        while len(pending) - start >= HINT_PREFIX_SIZE:
            begin = start + HINT_PREFIX_SIZE
            size = int.from_bytes(pending[start:begin], "big")
            if size > self._limit:
                raise MessageTooLarge(f"a hint of {size} bytes, at most {self._limit} are read")
            if len(pending) - begin < size:
                break
            start = begin + size
            found.append(bytes(pending[begin:start]))
        del pending[:start]
        return found
