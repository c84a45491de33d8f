"""Values in the words of JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyoprollup.errors import Unavailable
from pyoprollup.eth.refs import BlockID, BlockLabel, L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.telemetry import plain

HASH = Hash32(b"\x11" * 32)
TEXT = "0x" + "11" * 32


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (b"\x01\x02", "0x0102"),
        (BlockLabel.SAFE, "safe"),
        (BlockID(HASH, 3), {"number": 3, "hash": TEXT}),
        (L2BlockRef(HASH, 3, HASH, 9, BlockID(HASH, 1), 0), {"number": 3, "hash": TEXT, "l1_origin": 1}),
        (Unavailable("no answer"), "no answer"),
        ([b"\x01", {"a": HASH}], ["0x01", {"a": TEXT}]),
    ],
)
def test_values(value: Any, expected: Any) -> None:
    assert plain(value) == expected
    json.dumps(plain(value))
