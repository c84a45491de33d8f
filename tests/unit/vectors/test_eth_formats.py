"""The golden vectors of the values and wire forms."""

from __future__ import annotations

import pytest

import pyoprollup.vectors.eth_formats  # noqa: F401 - registers its checks
from pyoprollup.vectors.core import CHECKS, Mismatch
from tests.support import shared_json

SECTIONS = [
    ("output_root", "output", 20),
    ("output_root", "unmarshal", 20),
    ("payloads", "payloads", 18),
    ("payloads", "message_ids", 10),
    ("payloads", "ssz_decode", 33),
    ("headers_blobs", "headers", 12),
    ("headers_blobs", "blobs", 12),
    ("headers_blobs", "blob_decode", 33),
    ("headers_blobs", "full", 4),
]


@pytest.mark.shared
@pytest.mark.parametrize(("file", "section", "count"), SECTIONS)
def test_golden_sections(file: str, section: str, count: int) -> None:
    cases = shared_json("golden", f"{file}.json")["cases"][section]
    assert len(cases) == count
    for case in cases:
        CHECKS[file, section](case)


BLOB = {"blob_trimmed": "0x000000000107", "ok": True, "data": "0x07"}


def test_checks_see_differences() -> None:
    check = CHECKS["headers_blobs", "blob_decode"]
    check(BLOB)
    for change in ({"ok": False}, {"data": "0x08"}, {"blob_trimmed": "0x00010000010007"}):
        with pytest.raises(Mismatch):
            check({**BLOB, **change})
    with pytest.raises(Mismatch):
        CHECKS["output_root", "unmarshal"]({"data": "0x", "error": None, "output_root": "0x" + "00" * 32})
