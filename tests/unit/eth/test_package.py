"""The package as a whole: its exports, what importing it loads, and reading JSON."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pyoprollup.eth
from pyoprollup.errors import DecodeError
from pyoprollup.eth.json_reader import JsonReader


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
    obj = JsonReader({"flag": 1, "list": {}, "none": None, "bytes": "0x0102"}, "thing")
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
        JsonReader([], "thing")
