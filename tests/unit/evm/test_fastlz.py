"""The size that is counted is the size of what FastLZ writes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.evm.fastlz import fastlz_size
from tests.unit.evm.plain_fastlz import compress, decompress

PIECES = st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([b"ab", b"\x00" * 32, bytes(range(40))])))


@settings(max_examples=200)
@given(PIECES)
def test_as_the_plain_one(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    written = compress(data)
    assert decompress(written) == data
    assert fastlz_size(data) == len(written)


@pytest.mark.parametrize("seed", range(20))
def test_long_and_far(seed: int) -> None:
    """Runs longer than one match, and repetitions around the greatest distance."""
    rng = random.Random(seed)
    block = rng.randbytes(rng.randrange(1, 900))
    data = block + rng.randbytes(8192 - len(block) + rng.randrange(-3, 4)) + block
    data += bytes([rng.randrange(256)]) * rng.randrange(1000) + rng.randbytes(rng.randrange(20))
    written = compress(data)
    assert decompress(written) == data
    assert fastlz_size(data) == len(written)
