"""The table of symbols."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.errors import SymbolsError
from pyoprollup.cannon.symbols import Symbol, Symbols, parse_symbols

TABLE = Symbols((Symbol("one", 0x1000, 0x20), Symbol("two", 0x2000, 8)))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (0, "!start"),
        (0xFFF, "!start"),
        (0x1000, "one"),
        (0x101F, "one"),
        (0x1020, "one"),
        (0x1021, "!gap"),
        (0x2008, "two"),
        (2**64 - 1, "!gap"),
    ],
)
def test_lookup(address: int, name: str) -> None:
    assert TABLE.lookup(address) == name
    assert Symbols().lookup(address) == "!unknown"


def test_it_comes_back_from_json() -> None:
    assert parse_symbols(json.dumps(TABLE.to_json())) == TABLE
    assert parse_symbols('{"symbols": null}') == Symbols()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"symbols": [1]}', '{"symbols": [{"name": 1, "start": 2, "size": 3}]}', "\ud800"],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(SymbolsError):
        parse_symbols(text)


@given(st.binary(max_size=50))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(SymbolsError):
        parse_symbols(data)
