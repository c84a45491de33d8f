"""Data and expectations for tests of the brotli decoder."""

from __future__ import annotations

import random
from itertools import pairwise

import brotli

from pyoprollup.derive.compression.unbrotli import FIRST_PORTION, PORTION

__all__ = ["library_output", "mixed", "portions"]


def mixed(size: int, seed: int = 1) -> bytes:
    """Random bytes, repetitions, and words of the built-in dictionary."""
    chance = random.Random(seed)
    data = bytearray()
    while len(data) < size:
        data += chance.randbytes(chance.randrange(20))
        start = chance.randrange(len(data) + 1)
        data += data[start : start + chance.randrange(60)]
        data += chance.choice([b" government of the ", b"Information", b'<a href="http://', b""])
    return bytes(data[:size])


def portions(data: bytes) -> list[bytes]:
    """The pieces in which the reference takes its input."""
    cuts = [0, *range(FIRST_PORTION, len(data), PORTION), len(data)]
    return [data[a:b] for a, b in pairwise(cuts)]


def library_output(pieces: list[bytes]) -> list[bytes]:
    """What the C library gives after each piece, up to an error."""
    decoder = brotli.Decompressor()
    results: list[bytes] = []
    out = b""
    try:
        for piece in pieces:
            more = decoder.process(piece)
            while more:
                out += more
                more = decoder.process(b"")
            results.append(out)
    except brotli.error:
        pass
    return results
