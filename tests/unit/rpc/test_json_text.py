from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.rpc.json_text import MAX_DEPTH, from_json_text, to_json_text
from tests.support import ROOT

texts = st.text(alphabet=st.sampled_from('ab"\\[]{}\n\x00é'), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_round_trip(value: Any) -> None:
    assert from_json_text(to_json_text(value)) == value
    assert json.loads(to_json_text(value)) == value


def nested(depth: int, filling: bytes = b"") -> bytes:
    return b"[" * depth + filling + b"]" * depth


def test_depth() -> None:
    from_json_text(nested(MAX_DEPTH))
    from_json_text(b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH)
    for text in (nested(MAX_DEPTH + 1), b"[" * 10**6, b'{"a":' * 10**5, nested(10**5)):
        with pytest.raises(DecodeError, match="nested too deeply"):
            from_json_text(text)


def test_width_is_no_depth() -> None:
    assert len(from_json_text(b"[" + b",".join([b"[]"] * 5000) + b"]")) == 5000


@pytest.mark.parametrize("text", ["[" * 1000, '\\"[' * 1000, "\\\\", '"' * 10, "\n[{" * 500, "]}" * 500])
def test_brackets_in_strings_do_not_count(text: str) -> None:
    value = [text] * 300 + [[]] * 300
    assert from_json_text(json.dumps(value).encode()) == value


@given(texts, st.integers(MAX_DEPTH + 1, 2 * MAX_DEPTH))
def test_depth_is_found_behind_any_string(text: str, depth: int) -> None:
    with pytest.raises(DecodeError, match="nested too deeply"):
        from_json_text(nested(depth, json.dumps(text).encode()))
    with pytest.raises(DecodeError, match="nested too deeply"):
        from_json_text(b"[" + json.dumps(text).encode() + b"," + nested(depth) + b"]")


@pytest.mark.parametrize(
    "text", [b'"' * 10**6, b'"\\"' * 10**6, b'["\\' * 10**5, b"[" * 300 + b'"' + b"\\" * 10**6]
)
def test_text_that_is_hard_to_search(text: bytes) -> None:
    with pytest.raises(DecodeError):
        from_json_text(text)


def test_a_large_stack_limit_does_not_matter() -> None:
    """py-evm raises Python's limit beyond what the machine's stack has room for."""
    code = (
        "import sys; sys.setrecursionlimit(10**6)\n"
        "from pyoprollup.errors import DecodeError\n"
        "from pyoprollup.rpc.json_text import from_json_text\n"
        "try: from_json_text(b'[' * 10**6)\n"
        "except DecodeError: sys.exit(7)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 7
