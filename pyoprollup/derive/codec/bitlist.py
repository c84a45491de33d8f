"""Bit lists of span batches: bit *i* belongs to element *i*, stored as one big-endian number.

The number takes ``ceil(n / 8)`` bytes; bits at and above ``n`` must be zero.
Specification: protocol/delta/span-batches.md, Span batch format.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyoprollup.errors import DecodeError

__all__ = ["bits_to_bytes", "bits_to_text", "count_ones", "read_bits"]


def read_bits(data: bytes, pos: int, end: int, count: int) -> tuple[bytes, int]:
    """The raw bytes of a list of ``count`` bits and the position after it.

    Raises :class:`DecodeError` when it is cut off or has bits beyond ``count``.
    """
    after = pos + (count + 7) // 8
    if after > end:
        raise DecodeError(f"bit list of {count} bits is cut off after {end - pos} bytes")
    raw = data[pos:after]
    if count % 8 and raw[0] >> count % 8:
        raise DecodeError(f"bit list has bits beyond its {count}")
    return raw, after


def bits_to_text(raw: bytes, count: int) -> str:
    """The bits as a string of ``0`` and ``1``, element 0 first. Linear in ``count``."""
    if not count:
        return ""
    return format(int.from_bytes(raw, "big"), f"0{count}b")[::-1]


def bits_to_bytes(bits: Iterable[bool | int]) -> bytes:
    """Encode bits, element 0 first."""
    text = "".join("1" if bit else "0" for bit in bits)
    if not text:
        return b""
    return int(text[::-1], 2).to_bytes((len(text) + 7) // 8, "big")


def count_ones(raw: bytes) -> int:
    """Number of bits that are set."""
    return int.from_bytes(raw, "big").bit_count()
