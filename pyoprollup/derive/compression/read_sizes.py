"""In which portions the reference's RLP stream reads from a decompressor.

Between the two stands a buffer of 4096 bytes. The payload of a larger string is read past it,
straight into place. The difference shows when decompression fails: what is in the buffer is still
used, while bytes that a direct read returns together with an error are lost, even when they
complete the batch. So the portions decide which batch is the last one of a broken channel.

Specification: protocol/derivation.md, Channel format.
"""

from __future__ import annotations

__all__ = ["READ_BUFFER", "ReadSizes"]

READ_BUFFER = 4096
"""Size of the buffer in front of the RLP stream, in bytes."""

_SHORTEST_BATCH = 32
"""Every batch is longer than this; the reader has given up by the time it has seen a shorter one."""


class ReadSizes:
    """Follows the batches (RLP strings) in ``out``, which grows while its user decompresses.

    ``limit`` is the largest number of bytes that the RLP stream takes, 0 for no limit.
    """

    __slots__ = ("_given_up", "_item", "_limit", "_out", "_payload", "_stop")

    def __init__(self, out: bytearray, limit: int) -> None:
        self._out = out
        self._limit = limit
        self._given_up = False
        self._item = self._payload = self._stop = 0

    def direct(self, position: int) -> int:
        """Bytes asked for by a read at ``position`` that goes past the buffer; 0 if it does not.

        All bytes before ``position`` are in ``out`` and have been consumed. Positions never decrease.
        """
        while self._stop <= position and not self._given_up:
            self._item = self._stop
            if not self._read_header(position):
                return 0
        missing = self._stop - position
        inside = not self._given_up and self._payload <= position
        return missing if inside and missing >= READ_BUFFER else 0

    def _read_header(self, position: int) -> bool:
        """Move on to the item at ``_item``; false if its header is incomplete or the reader stops."""
        out, start = self._out, self._item
        if start >= position:
            return False
        head = out[start]
        width = head - 0xB7 if 0xB8 <= head < 0xC0 else 0
        self._payload = start + 1 + width
        if self._payload > position:
            return False
        size = int.from_bytes(out[start + 1 : self._payload], "big") if width else head - 0x80
        long_form_is_wrong = width and (out[start + 1] == 0 or size < 56)
        stop = self._payload + size
        too_large = self._limit and stop > self._limit
        self._given_up = bool(head >= 0xC0 or size < _SHORTEST_BATCH or long_form_is_wrong or too_large)
        self._stop = stop
        return not self._given_up
