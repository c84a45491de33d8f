"""Where the data of commands comes from."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from pyoprollup.cli import inputs
from pyoprollup.cli.inputs import InputError, config_of, read_inputs
from pyoprollup.errors import ConfigError
from pyoprollup.rollup import UnknownChainError, load_chain

DATA = bytes(range(200, 256))


def _read(*names: object) -> list[tuple[str, bytes]]:
    return [(item.name, item.data) for item in read_inputs([str(name) for name in names])]


@pytest.mark.parametrize("text", ["0x00ff", "00ff", "00FF", "0X00fF", " 00 ff\n"])
def test_hex_arguments(text: str) -> None:
    assert [data for _, data in _read(text)] == [b"\0\xff"]


@pytest.mark.parametrize(
    "text", ["", "0x", "0xf", "zz", "0x0g", "no such file", "０１", "0x00\0", "\udcff", "f" * 5001]
)
def test_what_is_neither_a_file_nor_hex(text: str) -> None:
    with pytest.raises(InputError, match="neither a file nor hex"):
        _read(text)


def test_long_hex_is_not_a_path() -> None:
    ((name, data),) = _read("ab" * 100_000)
    assert len(data) == 100_000
    assert len(name) == 20


@pytest.mark.parametrize("content", [DATA, DATA.hex().encode(), b"0x" + DATA.hex().encode() + b"\n"])
def test_files_of_bytes_or_hex(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    assert _read(path) == [("a.bin", DATA)]


def test_hex_that_is_wrapped_is_one_piece(tmp_path: Path) -> None:
    path = tmp_path / "a"
    text = DATA.hex()
    path.write_text("\n".join(text[at : at + 10] for at in range(0, len(text), 10)))
    assert _read(path) == [("a", DATA)]


def test_hex_with_a_prefix_on_each_line_is_one_piece_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("\n0x00ff\n\n0x01\n")
    assert _read(path) == [("a:1", b"\0\xff"), ("a:2", b"\1")]
    path.write_text("0x00ff\n0xzz\n")
    assert _read(path) == [("a", b"0x00ff\n0xzz\n")]


def test_folders_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        (tmp_path / name).write_text("0" + name)
    (tmp_path / "inner").mkdir()
    assert _read(tmp_path, "00") == [("a", b"\n"), ("b", b"\x0b"), ("c", b"\x0c"), ("00", b"\0")]


def test_empty_folders_and_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no file"):
        _read(tmp_path)
    (tmp_path / "empty").touch()
    assert _read(tmp_path) == [("empty", b"")]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"0x0102\n")))
    assert _read("-") == [("stdin", b"\1\2")]


def test_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_INPUT_BYTES", 10)
    (tmp_path / "a").write_bytes(bytes(11))
    with pytest.raises(InputError, match="more than 10 bytes"):
        _read(tmp_path / "a")


def test_configurations(tmp_path: Path) -> None:
    assert config_of(None, None, "op-mainnet") is load_chain(10)
    assert config_of("8453", None, "op-mainnet") is load_chain("base-mainnet")
    path = tmp_path / "rollup.json"
    path.write_text(json.dumps(load_chain("zora-mainnet").to_json()))
    assert config_of(None, path, "op-mainnet") == load_chain("zora-mainnet")


def test_configurations_that_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(UnknownChainError):
        config_of("nowhere", None, "op-mainnet")
    with pytest.raises(InputError, match="--rollup-config: cannot read"):
        config_of(None, tmp_path / "missing", "op-mainnet")
    path = tmp_path / "rollup.json"
    path.write_text('{"block_time": "2"}')
    with pytest.raises(ConfigError, match=r"rollup\.json: block_time: expected an integer, got '2'"):
        config_of(None, path, "op-mainnet")
