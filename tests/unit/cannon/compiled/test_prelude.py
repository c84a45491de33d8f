"""Words and pages of ``prelude`` beside those of ``plain``."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.cannon.compiled.engine import FIRST_PAGES
from pyoprollup.cannon.core.layout import FULL
from pyoprollup.cannon.core.plain import Vm, load64, store64
from tests.unit.cannon.compiled.support import engine_with

ADDRESSES = st.one_of(st.integers(0, 2**61 - 1), st.integers(0, 2000)).map(lambda index: index * 8)


@settings(max_examples=30)
@given(st.lists(st.tuples(ADDRESSES, st.integers(0, 2**64 - 1)), max_size=30), ADDRESSES)
def test_words(writes: list[tuple[int, int]], elsewhere: int) -> None:
    plain, compiled = Vm({}, set(), []), engine_with()
    for address, word in writes:
        store64(plain, address, word)
        compiled.store(address, word)
    for address in (elsewhere, *(address for address, _ in writes)):
        assert compiled.peek(address) == load64(plain, address)
    assert compiled.page_count() == len(plain.pages)


def test_there_is_always_room() -> None:
    plain, compiled = Vm({}, set(), []), engine_with()
    moved = 0
    for i in range(3 * FIRST_PAGES):
        address = (i * 0x9E3779B97F4A7C15) % 2**64 & ~7
        store64(plain, address, i)
        compiled.store(address, i)
        moved += compiled.get(FULL)
        compiled.make_room()
    assert moved > 1
    for key, page in plain.pages.items():
        assert compiled.read(key * 4096, 4096) == b"".join(word.to_bytes(8, "big") for word in page)
    assert compiled.state().memory.pages == plain.pages


def test_poking_makes_no_pages() -> None:
    compiled = engine_with((0x5000, b"\x01"))
    compiled.poke(0x9000, 7)
    compiled.poke(0x5008, 7)
    assert (compiled.page_count(), compiled.peek(0x9000), compiled.peek(0x5008)) == (1, 0, 7)
