from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.compression.prefix_code import NO_SYMBOL, bit_windows, build_code, single_symbol
from tests.bit_writer import BitWriter, code_words


@st.composite
def complete_lengths(draw: st.DrawFn) -> dict[int, int]:
    """Code lengths of 2 to 40 symbols that leave no code word over."""
    lengths = [1, 1]
    for _ in range(draw(st.integers(0, 38))):
        length = lengths.pop(draw(st.integers(0, len(lengths) - 1)))
        lengths += [length + 1] * 2 if length < 15 else [length]
    symbols = draw(st.lists(st.integers(0, 703), min_size=len(lengths), max_size=len(lengths), unique=True))
    return dict(zip(symbols, lengths, strict=True))


@given(complete_lengths(), st.randoms(use_true_random=False))
def test_symbols_come_back(lengths: dict[int, int], chance: random.Random) -> None:
    code = build_code(bytes(lengths.get(symbol, 0) for symbol in range(max(lengths) + 1)))
    symbols = chance.choices(list(lengths), k=30)
    writer = BitWriter()
    words = code_words(lengths)
    for symbol in symbols:
        writer.put(*words[symbol])
    bits = int.from_bytes(writer.getvalue(), "little")
    for symbol in symbols:
        entry = code.find(bits)
        assert entry >> 4 == symbol
        assert entry & 15 == lengths[symbol]
        bits >>= entry & 15


def test_a_code_of_one_bit_has_one_word_only() -> None:
    code = build_code(b"\0\0\1")
    assert code.find(0) == 2 << 4 | 1
    assert code.find(1) == NO_SYMBOL << 4


def test_an_empty_code_has_no_words() -> None:
    assert build_code(bytes(19)).find(0) == NO_SYMBOL << 4


def test_a_single_symbol_takes_no_bits() -> None:
    assert single_symbol(700).find(0x7FFF) == 700 << 4


@pytest.mark.parametrize(("start", "stop"), [(0, 9), (3, 4), (5, 9), (8, 12)])
def test_bit_windows(start: int, stop: int) -> None:
    data = bytes(range(1, 10))
    windows = bit_windows(data, start, stop)
    assert len(windows) >= stop - start
    for i in range(stop - start):
        assert windows[i] == int.from_bytes(data[start + i : start + i + 4], "little")
