"""A small program's file, put together by hand."""

from __future__ import annotations

import struct


def elf_file(
    segments: list[tuple[int, int, bytes, int]],
    symbols: list[tuple[bytes, int, int]] | None = None,
    *,
    entry: int = 0x1000,
    machine: int = 8,
    ident: bytes = b"\x7fELF\x02\x02\x01",
) -> bytes:
    """A file of 64-bit MIPS; a segment is its kind, address, bytes, and size in memory."""
    at = 64 + 56 * len(segments)
    table, contents = b"", b""
    for kind, address, data, size in segments:
        table += struct.pack(">IIQQQQQQ", kind, 5, at + len(contents), address, address, len(data), size, 1)
        contents += data
    sections, sections_at = b"", at + len(contents)
    if symbols is not None:
        names, rows = b"\0", bytes(24)
        for name, start, size in symbols:
            rows += struct.pack(">IBBHQQ", len(names), 0x12, 0, 1, start, size)
            names += name + b"\0"
        symbols_at = sections_at
        names_at = symbols_at + len(rows)
        contents += rows + names
        sections_at = names_at + len(names)
        sections = (
            bytes(64)
            + struct.pack(">IIQQQQIIQQ", 0, 2, 0, 0, symbols_at, len(rows), 2, 1, 8, 24)
            + struct.pack(">IIQQQQIIQQ", 0, 3, 0, 0, names_at, len(names), 0, 0, 1, 0)
        )
    count = len(sections) // 64
    head = ident.ljust(16, b"\0") + struct.pack(
        ">HHIQQQIHHHHHH",
        2,
        machine,
        1,
        entry,
        64,
        sections_at if count else 0,
        0,
        64,
        56,
        len(segments),
        64,
        count,
        0,
    )
    return head + table + contents + sections
