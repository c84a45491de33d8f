"""The quick loops of ``unbrotli.quick`` beside the single steps of ``unbrotli.commands``."""

from __future__ import annotations

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.compression.unbrotli import quick, unbrotli
from tests.unit.derive.compression.unbrotli.support import mixed


@given(
    st.integers(0, 20_000),
    st.integers(0, 11),
    st.integers(10, 24),
    st.integers(0, 1 << 30),
    st.integers(0, 8),
    st.integers(0, 300),
)
@settings(max_examples=60)
def test_quick_loops_do_what_single_steps_do(
    size: int, quality: int, window: int, position: int, bit: int, cut: int
) -> None:
    """On sound streams, on damaged ones (a bit flipped), and on those that break off."""
    data = bytearray(brotli.compress(mixed(size), quality=quality, lgwin=window))
    data[position % len(data)] ^= (1 << bit) & 0xFF
    stream = bytes(data[: max(1, len(data) - cut)])
    found = unbrotli(stream)
    with pytest.MonkeyPatch.context() as patch:
        # With a margin that no input has, single steps decode everything.
        patch.setattr(quick, "_MARGIN", 1 << 40)
        assert unbrotli(stream) == found
