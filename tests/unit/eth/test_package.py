"""The package as a whole: its exports, what importing it loads, and reading JSON."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pyoprollup.eth
from pyoprollup.errors import DecodeError
from pyoprollup.eth import (
    ExecutionPayload,
    ExecutionPayloadEnvelope,
    Header,
    Log,
    PayloadAttributes,
    Receipt,
    Withdrawal,
)
from pyoprollup.eth.quantity_reader import QuantityReader


def test_exports_exist() -> None:
    for name in pyoprollup.eth.__all__:
        assert getattr(pyoprollup.eth, name) is not None


def test_importing_loads_neither_the_evm_nor_upper_layers() -> None:
    code = (
        "import sys, pyoprollup.eth\n"
        "upper = ('eth.', 'pyoprollup.rollup', 'pyoprollup.derive', 'pyoprollup.vectors')\n"
        "assert 'eth' not in sys.modules and 'rlp' not in sys.modules\n"
        "assert not [name for name in sys.modules if name.startswith(upper)]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_json_reader_names_the_field() -> None:
    obj = QuantityReader({"flag": 1, "list": {}, "none": None, "bytes": "0x0102"}, "thing")
    with pytest.raises(DecodeError, match=r"thing\.flag"):
        obj.boolean("flag")
    with pytest.raises(DecodeError, match=r"thing\.list"):
        obj.items("list")
    with pytest.raises(DecodeError, match=r"thing\.none"):
        obj.object("none")
    with pytest.raises(DecodeError, match=r"thing\.bytes"):
        obj.fixed("bytes", 3)
    with pytest.raises(DecodeError, match=r"thing\.missing"):
        obj.uint64("missing")
    assert obj.optional("none", obj.hash) is None
    assert obj.fixed("bytes", 2) == b"\x01\x02"
    with pytest.raises(DecodeError, match="thing"):
        QuantityReader([], "thing")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["0x", "0x1", "0x00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
zero = bytes(32)
withdrawal = Withdrawal(1, 2, bytes(20), 3)
payload = ExecutionPayload(
    *(
        zero,
        bytes(20),
        zero,
        zero,
        bytes(256),
        zero,
        1,
        2,
        3,
        4,
        b"",
        5,
        zero,
        (b"tx",),
        (withdrawal,),
        0,
        0,
        zero,
    )
)
FORMS = [
    (ExecutionPayload.from_json, payload.to_json()),
    (ExecutionPayloadEnvelope.from_json, ExecutionPayloadEnvelope(payload, zero).to_json()),
    (
        PayloadAttributes.from_json,
        PayloadAttributes(1, zero, bytes(20), (withdrawal,), zero, (b"tx",)).to_json(),
    ),
    (Header.from_json, payload.header(zero).to_json()),
    (Withdrawal.from_json, withdrawal.to_json()),
    (Receipt.from_json, {"status": "0x1", "logs": [], "type": "0x2", "logsBloom": None, "root": None}),
    (Log.from_json, {"address": "0x" + "00" * 20, "topics": [], "data": "0x", "logIndex": "0x1"}),
]


@given(st.sampled_from(FORMS), json_values, st.data())
@settings(max_examples=300)
def test_hostile_json(form: tuple[Any, dict[str, Any]], value: object, draw: st.DataObject) -> None:
    read, valid = form
    read(valid)
    damaged = {**valid, draw.draw(st.sampled_from(sorted(valid))): value}
    for candidate in (value, damaged):
        try:
            read(candidate)
        except DecodeError:
            continue
