"""Files of a trace: read within bounds, written whole.

Any of them may be cut off by a crash or a full disk. A reader of such a file gets :class:`FileDamaged`, and
the file is made anew.
"""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path
from typing import Any

from pyoprollup.challenger.trace.vm.errors import FileDamaged
from pyoprollup.errors import DecodeError, NotFound
from pyoprollup.rpc.json_text import from_json_text, to_json_text

__all__ = ["is_intact", "read_json", "remove", "write_json"]

_PIECE = 1 << 20
_READ_ERRORS = (OSError, EOFError, zlib.error)


def read_json(path: Path, max_size: int) -> Any:
    """The value in a JSON file, unpacked if its name ends in ``.gz``; at most ``max_size`` bytes of text.

    Raises :class:`~pyoprollup.errors.NotFound` if there is no such file, :class:`FileDamaged` otherwise.
    """
    try:
        with path.open("rb") as file:
            data = (gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file).read(max_size + 1)
    except FileNotFoundError as exc:
        raise NotFound(f"{path}: no such file") from exc
    except _READ_ERRORS as exc:
        raise FileDamaged(f"{path}: {exc}") from exc
    if len(data) > max_size:
        raise FileDamaged(f"{path}: more than {max_size} bytes")
    try:
        return from_json_text(data)
    except DecodeError as exc:
        raise FileDamaged(f"{path}: {exc}") from exc


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file, packed, so that it is there whole or not at all. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with new.open("wb") as file:
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
                packed.write(to_json_text(value) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def is_intact(path: Path) -> bool:
    """Whether a packed file unpacks to its end with the right check sum, and is not empty.

    One that is not packed has no check sum, so it only has to be there. The content is not kept.
    """
    if path.suffix != ".gz":
        return path.exists()
    found = False
    try:
        with gzip.open(path, "rb") as file:
            while file.read(_PIECE):
                found = True
    except _READ_ERRORS:
        return False
    return found


def remove(path: Path) -> None:
    """Remove a file if it is there and that is allowed."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
