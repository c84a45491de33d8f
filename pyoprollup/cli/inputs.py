"""Reads what commands are pointed at: hex on the command line, files and folders, standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from pyoprollup.errors import ConfigError, DecodeError
from pyoprollup.replay.recording import read_json
from pyoprollup.rollup import RollupConfig, load_chain

__all__ = [
    "InputError",
    "NamedData",
    "config_of",
    "database_in",
    "given_config",
    "read_genesis",
    "read_inputs",
]

MAX_INPUT_BYTES = 1 << 28
"""Largest file that is read: far above any channel."""

_DATABASE = "chain.sqlite"

_HEX_DIGITS = b"0123456789abcdefABCDEF"
_BLANKS = b" \t\r\n"


class InputError(DecodeError):
    """An input is not there, or is neither hex nor a file."""


@dataclass(frozen=True, slots=True)
class NamedData:
    """Bytes and a name for them in messages."""

    name: str
    data: bytes


def config_of(chain: str | None, rollup_config: Path | None, default: str) -> RollupConfig:
    """The configuration of a chain in the registry, or of a ``rollup.json``."""
    if rollup_config is None:
        return load_chain(default if chain is None else chain)
    try:
        return RollupConfig.load(_read_file(rollup_config, "--rollup-config"))
    except ConfigError as exc:
        raise ConfigError(f"{rollup_config}: {exc}") from exc


def given_config(chain: str | None, rollup_config: Path | None) -> RollupConfig | None:
    """The configuration that one of two options names; ``None`` without them, and never both."""
    if chain is None and rollup_config is None:
        return None
    if chain is not None and rollup_config is not None:
        raise typer.BadParameter("give --chain or --rollup-config, not both")
    return config_of(chain, rollup_config, "")


def read_genesis(path: Path) -> Any:
    """The content of a genesis file; some wrap the genesis with things about it."""
    value = read_json(path)
    wrapped = value.get("genesis") if isinstance(value, dict) else None
    return wrapped if isinstance(wrapped, dict) else value


def database_in(folder: Path) -> Path:
    """The file of the chain's database in ``--datadir``, which is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"--datadir: {folder}: {exc.strerror or exc}") from exc
    return folder / _DATABASE


def read_inputs(inputs: Sequence[str]) -> Iterator[NamedData]:
    """The data of each input: ``-`` (standard input), a file, the files of a folder in the order of
    their names, or hex.

    A file holds the bytes themselves or their hex; hex with ``0x`` on each line is one piece of data
    a line. Raises :class:`InputError`.
    """
    for text in inputs:
        if text == "-":
            yield from _pieces("stdin", sys.stdin.buffer.read(MAX_INPUT_BYTES + 1))
            continue
        path = _existing(text)
        if path is None:
            yield NamedData(text if len(text) <= 20 else f"{text[:18]}..", _from_argument(text))
        elif path.is_dir():
            files = sorted(item for item in path.iterdir() if item.is_file())
            if not files:
                raise InputError(f"input: folder {text} has no file")
            for item in files:
                yield from _pieces(item.name, _read_file(item))
        else:
            yield from _pieces(path.name, _read_file(path))


def _existing(text: str) -> Path | None:
    try:
        path = Path(text)
        return path if text and path.exists() else None
    except (OSError, ValueError):  # too long for a path: then it is hex
        return None


def _read_file(path: Path, what: str = "input") -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_INPUT_BYTES + 1)
    except OSError as exc:
        raise InputError(f"{what}: cannot read {path}: {exc.strerror or exc}") from exc


def _from_argument(text: str) -> bytes:
    data = _from_hex(text.encode("utf-8", "replace"))
    if data is None:
        shown = text if len(text) <= 60 else text[:57] + "..."
        raise InputError(f"input: {shown!r} is neither a file nor hex")
    return data


def _pieces(name: str, content: bytes) -> Iterator[NamedData]:
    if len(content) > MAX_INPUT_BYTES:
        raise InputError(f"input: {name} has more than {MAX_INPUT_BYTES} bytes")
    lines = content.split() if content[:64].lstrip(_BLANKS)[:2] in (b"0x", b"0X") else []
    if len(lines) > 1 and all(line[:2] in (b"0x", b"0X") for line in lines):
        found = [_from_hex(line) for line in lines]
        if None not in found:
            for number, data in enumerate(found, 1):
                yield NamedData(f"{name}:{number}", data or b"")
            return
    data = _from_hex(content)
    yield NamedData(name, content if data is None else data)


def _from_hex(text: bytes) -> bytes | None:
    """Bytes from hex digits, blanks between them allowed; ``None`` if it is anything else."""
    text = text.strip(_BLANKS)
    if text[:2] in (b"0x", b"0X"):
        text = text[2:]
    digits = text.translate(None, _BLANKS)
    if not digits or len(digits) % 2 or digits.translate(None, _HEX_DIGITS):
        return None
    return bytes.fromhex(digits.decode())
