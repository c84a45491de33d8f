"""Which function an address is in: the table that ``load-elf`` writes beside a state.

Specification: none; the form is op-cannon's ``meta.json``.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from pyoprollup.cannon.errors import SymbolsError

__all__ = ["Symbol", "Symbols", "parse_symbols"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A function or variable: its name, where it starts, and its size in bytes."""

    name: str
    start: int
    size: int


@dataclass(frozen=True)
class Symbols:
    """Symbols in the order of their addresses."""

    symbols: tuple[Symbol, ...] = ()

    def lookup(self, address: int) -> str:
        """The symbol that an address is in, or what op-cannon says where there is none."""
        if not self.symbols:
            return "!unknown"
        index = bisect_right(self.symbols, address, key=lambda symbol: symbol.start)
        if index == 0:
            return "!start"
        found = self.symbols[index - 1]
        return "!gap" if found.start + found.size < address else found.name

    def to_json(self) -> dict[str, Any]:
        """The form of ``meta.json``."""
        return {
            "symbols": [{"name": each.name, "start": each.start, "size": each.size} for each in self.symbols]
        }


def parse_symbols(text: str | bytes) -> Symbols:
    """Read ``meta.json``; raises :class:`SymbolsError` if it is not of that form."""
    try:
        rows = json.loads(text)["symbols"]
        found = [Symbol(row["name"], row["start"], row["size"]) for row in rows or ()]
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise SymbolsError(f"not a table of symbols: {exc}") from exc
    for each in found:
        if not isinstance(each.name, str) or type(each.start) is not int or type(each.size) is not int:
            raise SymbolsError(f"not a symbol: {each}")
    return Symbols(tuple(sorted(found, key=lambda symbol: symbol.start)))
