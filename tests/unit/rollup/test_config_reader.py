from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.errors import ConfigError
from pyoprollup.rollup.config_reader import MAX_CONFIG_BYTES, ConfigReader, parse_json


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("uint", -1, "a.uint: -1 does not fit 64"),
        ("uint", 1 << 64, "does not fit 64"),
        ("uint", "5", "a.uint: expected an integer, got '5'"),
        ("uint", True, "expected an integer, got True"),
        ("uint", 1.0, "expected an integer, got 1.0"),
        ("address", "0x12", "a.address: expected 20 bytes, got 1"),
        ("address", "12" * 20, "a.address: expected 0x-prefixed hex"),
        ("address", "0x" + "zz" * 20, "a.address: malformed hex"),
        ("hash", 7, "a.hash: expected 0x-prefixed hex"),
        ("section", [], "a.section: expected an object, got []"),
        ("optional_bool", 1, "a.optional_bool: expected true or false, got 1"),
        ("optional_text", 1, "a.optional_text: expected a string, got 1"),
    ],
)
def test_errors_name_field_and_value(key: str, value: object, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        getattr(ConfigReader({key: value}, "a"), key)(key)
    assert message in str(error.value)


@pytest.mark.parametrize("value", [{}, {"x": None}])
def test_missing_and_null_are_zero(value: object) -> None:
    reader = ConfigReader(value)
    assert reader.uint("x") == 0
    assert reader.hash("x") == bytes(32)
    assert reader.address("x") == bytes(20)
    assert reader.optional_uint("x") is None
    assert reader.optional_address("x") is None
    assert reader.optional_bool("x") is None
    assert reader.optional_section("x") is None
    reader.section("x").finish()
    reader.finish()


def test_unknown_keys_are_refused_unless_null() -> None:
    reader = ConfigReader({"known": 1, "unknown": None}, "genesis")
    reader.uint("known")
    reader.finish()
    with pytest.raises(ConfigError, match=r"genesis\.known: unknown field \(value 1\)"):
        ConfigReader({"known": 1}, "genesis").finish()


def test_long_values_are_cut() -> None:
    with pytest.raises(ConfigError) as error:
        ConfigReader({"x": "a" * 10_000}).uint("x")
    assert len(str(error.value)) < 200


def test_huge_integers_are_named_without_their_digits() -> None:
    with pytest.raises(ConfigError, match="x: <int> does not fit"):
        ConfigReader({"x": 1 << 100_000}).uint("x")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[NaN]", "[-Infinity]", "[" * 200_000, '{"a":' * 100_000, "1" * 5000, b"\xff\xfe\x00", b"\x80"],
)
def test_malformed_json(text: str | bytes) -> None:
    with pytest.raises(ConfigError, match="file: "):
        parse_json(text, "file")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        '{"a":' * 1_000_000,
        '["]]]]",' * 100_000,
        '"' + '\\"' * 1_000_000,
        "]" * 99 + "[" * 132,
    ],
)
def test_nesting_is_bounded_before_decoding(text: str) -> None:
    """Also under a recursion limit that would let the decoder overflow the stack."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000_000)
    try:
        with pytest.raises(ConfigError, match="malformed JSON"):
            parse_json(text, "file")
    finally:
        sys.setrecursionlimit(limit)


def test_brackets_in_strings_do_not_nest() -> None:
    value = {"a": "[" * 100 + '\\"{{' * 50, "b": [[[]]]}
    assert parse_json(json.dumps(value), "file") == value


def test_oversized_json() -> None:
    with pytest.raises(ConfigError, match="at most"):
        parse_json(b" " * (MAX_CONFIG_BYTES + 1), "file")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_json_or_an_error(data: bytes) -> None:
    try:
        parse_json(data, "file")
    except ConfigError:
        return
    json.loads(data)
