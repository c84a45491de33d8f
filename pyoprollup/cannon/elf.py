"""A program's file, and the state that it starts from.

Only what the machine runs is taken: 64 bits, big-endian, MIPS. Every segment of a file is copied to its
address, whatever its type, but for the one with ABI flags; what a loadable segment has beyond its bytes is
zero.

Specification: ELF-64 Object File Format; fault-proof/cannon-fault-proof-vm.md, "Memory".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pyoprollup.cannon.errors import ElfError
from pyoprollup.cannon.memory import Memory
from pyoprollup.cannon.stack import patch_stack
from pyoprollup.cannon.state import State
from pyoprollup.cannon.symbols import Symbol, Symbols

__all__ = [
    "HEAP_START",
    "MAX_PROGRAM_BYTES",
    "ElfFile",
    "Segment",
    "first_state",
    "load_elf",
    "parse_elf",
    "program_symbols",
]

HEAP_START = 0x100000000000
"""Where memory is given out from: 2**44. Programs lie below it."""
ADDRESS_END = 1 << 48
MAX_PROGRAM_BYTES = 4 << 30
"""What all segments may take together, zeros included."""

EM_MIPS = 8
PT_LOAD = 1
PT_MIPS_ABIFLAGS = 0x70000003
SHT_SYMTAB = 2

HEADER = struct.Struct(">HHIQQQIHHHHHH")
SEGMENT = struct.Struct(">IIQQQQQQ")
SECTION = struct.Struct(">IIQQQQIIQQ")
SYMBOL = struct.Struct(">IBBHQQ")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a program: its bytes in the file, and how many of the memory it takes from an address on."""

    kind: int
    address: int
    data: bytes
    memory_size: int


@dataclass(frozen=True, slots=True)
class ElfFile:
    """What is needed of a file: where the program starts, its segments, and its table of symbols if there is
    one.
    """

    entry: int
    segments: tuple[Segment, ...]
    symbols: tuple[Symbol, ...] | None


def _part(data: bytes, offset: int, size: int, what: str) -> bytes:
    if offset + size > len(data):
        raise ElfError(f"{what}: {size} bytes at {offset} are beyond the file's {len(data)}")
    return data[offset : offset + size]


def parse_elf(data: bytes) -> ElfFile:
    """Read a file; raises :class:`ElfError` if it is no program of this machine."""
    head = _part(data, 0, 16 + HEADER.size, "header")
    if head[:4] != b"\x7fELF":
        raise ElfError("not an ELF file")
    if head[4] != 2 or head[5] != 2:
        raise ElfError(f"class {head[4]}, byte order {head[5]}: a program has to be 64-bit and big-endian")
    fields = HEADER.unpack_from(head, 16)
    machine, entry, segments_at, sections_at = fields[1], fields[3], fields[4], fields[5]
    segment_size, segments, section_size, sections = fields[8:12]
    if machine != EM_MIPS:
        raise ElfError(f"machine {machine}: a program has to be for MIPS, {EM_MIPS}")
    if segments and segment_size != SEGMENT.size:
        raise ElfError(f"segment headers of {segment_size} bytes, not {SEGMENT.size}")
    if sections and section_size != SECTION.size:
        raise ElfError(f"section headers of {section_size} bytes, not {SECTION.size}")
    table = _part(data, segments_at, segments * SEGMENT.size, "segment headers") if segments else b""
    return ElfFile(
        entry,
        tuple(_segment(data, row, index) for index, row in enumerate(SEGMENT.iter_unpack(table))),
        _symbols(
            data, _part(data, sections_at, sections * SECTION.size, "section headers") if sections else b""
        ),
    )


def _segment(data: bytes, row: tuple[int, ...], index: int) -> Segment:
    kind, _, offset, address, _, file_size, memory_size, _ = row
    return Segment(kind, address, _part(data, offset, file_size, f"segment {index}"), memory_size)


def _symbols(data: bytes, table: bytes) -> tuple[Symbol, ...] | None:
    sections = list(SECTION.iter_unpack(table))
    for _, kind, _, _, offset, size, link, *_ in sections:
        if kind != SHT_SYMTAB:
            continue
        if size % SYMBOL.size or link >= len(sections):
            raise ElfError(f"symbols: {size} bytes, names in section {link}")
        names = _part(data, sections[link][4], sections[link][5], "names of symbols")
        rows = list(SYMBOL.iter_unpack(_part(data, offset, size, "symbols")))
        return tuple(Symbol(_name(names, row[0]), row[4], row[5]) for row in rows[1:])
    return None


def _name(names: bytes, at: int) -> str:
    end = names.find(b"\0", at)
    return names[at:end].decode("utf-8", "replace") if 0 <= at <= end else ""


def load_elf(file: ElfFile) -> State:
    """The state in which a program is about to start, its stack still missing.

    Raises :class:`ElfError` if a segment does not fit.
    """
    if sum(each.memory_size for each in file.segments if each.kind != PT_MIPS_ABIFLAGS) > MAX_PROGRAM_BYTES:
        raise ElfError(f"the program takes more than {MAX_PROGRAM_BYTES} bytes")
    state = State.initial(file.entry, HEAP_START)
    for index, segment in enumerate(file.segments):
        if segment.kind != PT_MIPS_ABIFLAGS:
            _place(state.memory, segment, f"segment {index}")
    return state


def first_state(file: ElfFile) -> State:
    """The state from which a program starts; raises :class:`ElfError` if a segment does not fit."""
    state = load_elf(file)
    patch_stack(state)
    return state


def _place(memory: Memory, segment: Segment, name: str) -> None:
    size, of_file = segment.memory_size, len(segment.data)
    if size != of_file:
        if segment.kind != PT_LOAD:
            raise ElfError(
                f"{name}: {of_file} bytes in the file, {size} in memory, and it is not a loadable one"
            )
        if size < of_file:
            raise ElfError(f"{name}: {of_file} bytes in the file, but {size} in memory")
    if size == 0:
        return
    last = segment.address + size - 1
    if last >= ADDRESS_END:
        raise ElfError(f"{name}: 0x{segment.address:x} to 0x{last:x} is out of the memory's range")
    if last >= HEAP_START:
        raise ElfError(f"{name}: 0x{segment.address:x} to 0x{last:x} overlaps with the heap")
    memory.write(segment.address, segment.data)
    memory.write_zeros(segment.address + of_file, size - of_file)


def program_symbols(file: ElfFile) -> Symbols:
    """The table of a program's symbols, by address. Raises :class:`ElfError` if it has none."""
    if file.symbols is None:
        raise ElfError("the program has no symbols")
    return Symbols(tuple(sorted(file.symbols, key=lambda symbol: symbol.start)))
