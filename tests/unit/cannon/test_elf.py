"""Programs' files: what is loaded, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.elf import HEAP_START, load_elf, parse_elf, program_symbols
from pyoprollup.cannon.errors import ElfError
from pyoprollup.cannon.symbols import Symbol
from tests.unit.cannon.programs import elf_file

DATA = bytes(range(1, 9))
LOAD, DYNAMIC, ABIFLAGS = 1, 2, 0x70000003
LAST = 2**48 - 1


def test_segments_are_copied_and_filled_up() -> None:
    file = elf_file([(LOAD, 0x4004, DATA, 0x2000), (4, 0x9000, DATA, 8)], entry=0x4004)
    state = load_elf(parse_elf(file))
    assert state.memory.read(0x4000, 16) == bytes(4) + DATA + bytes(4)
    assert state.memory.read(0x9000, 8) == DATA
    assert sorted(state.memory.pages) == [4, 5, 6, 9]
    assert (state.left[0].pc, state.left[0].next_pc, state.heap) == (0x4004, 0x4008, HEAP_START)


@pytest.mark.parametrize(
    ("kind", "address", "in_file", "in_memory", "wrong"),
    [
        (LOAD, 0, 0, 0, None),
        (LOAD, 0, 2, 0, "2 bytes in the file, but 0"),
        (LOAD, 0x4000, 8, 4, "8 bytes in the file, but 4"),
        (LOAD, 0x4000, 4, 8, None),
        (LOAD, LAST - 6, 8, 8, "out of the memory"),
        (LOAD, LAST - 7, 8, 8, "overlaps with the heap"),
        (LOAD, 2**64 - 4, 8, 8, "out of the memory"),
        (LOAD, HEAP_START - 7, 8, 8, "overlaps with the heap"),
        (LOAD, HEAP_START - 8, 8, 8, None),
        (LOAD, 0, 8, 1 << 40, "more than"),
        (ABIFLAGS, LAST, 8, 4, None),
        (DYNAMIC, 0x4000, 8, 4, "not a loadable one"),
        (DYNAMIC, 0x4000, 4, 8, "not a loadable one"),
        (DYNAMIC, HEAP_START, 8, 8, "overlaps with the heap"),
    ],
)
def test_segments_that_do_not_fit(
    kind: int, address: int, in_file: int, in_memory: int, wrong: str | None
) -> None:
    file = parse_elf(elf_file([(kind, address, DATA[:in_file], in_memory)]))
    if wrong is None:
        load_elf(file)
    else:
        with pytest.raises(ElfError, match=wrong):
            load_elf(file)


def test_symbols_come_by_address() -> None:
    file = parse_elf(elf_file([], [(b"two", 0x2000, 8), (b"one", 0x1000, 0x20), (b"\xff", 0x3000, 1)]))
    assert program_symbols(file).symbols == (
        Symbol("one", 0x1000, 0x20),
        Symbol("two", 0x2000, 8),
        Symbol("\ufffd", 0x3000, 1),
    )
    with pytest.raises(ElfError, match="no symbols"):
        program_symbols(parse_elf(elf_file([])))


@pytest.mark.parametrize(
    ("file", "wrong"),
    [
        (b"", "header"),
        (b"\x7fELF" + bytes(80), "class 0"),
        (b"MZ" + bytes(80), "not an ELF file"),
        (elf_file([], machine=62), "machine 62"),
        (elf_file([], ident=b"\x7fELF\x01\x02\x01"), "class 1"),
        (elf_file([], ident=b"\x7fELF\x02\x01\x01"), "byte order 1"),
        (elf_file([(LOAD, 0, DATA, 8)])[:-1], "segment 0"),
        (elf_file([(LOAD, 0, DATA, 8)])[:100], "segment headers"),
    ],
)
def test_what_is_no_program(file: bytes, wrong: str) -> None:
    with pytest.raises(ElfError, match=wrong):
        parse_elf(file)


WHOLE = elf_file([(LOAD, 0x4000, DATA, 16)], [(b"start", 0x4000, 8)])


@given(st.data())
def test_damaged_files_are_refused_or_load(data: st.DataObject) -> None:
    file = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(file[: data.draw(st.integers(0, len(file)))] if data.draw(st.booleans()) else file)
    try:
        parsed = parse_elf(damaged)
        if sum(each.memory_size for each in parsed.segments) < 1 << 20:
            load_elf(parsed)
    except ElfError:
        pass


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ElfError):
        parse_elf(data)
