"""States in files, as op-cannon writes them: either tool can go on where the other one stopped.

One byte of version, then the memory (number of pages; each page's number and 4096 bytes, upwards), then the
fields of the state in a fixed order, numbers big-endian, the threads of both stacks from the bottom up, and
what of a hint has come. Files named ``.bin.gz`` are compressed by gzip.

Specification: none; the form is the reference's.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, cast

from pyoprollup.cannon.core.plain import PAGE_BYTES
from pyoprollup.cannon.errors import StateFileError, UnsupportedVersion
from pyoprollup.cannon.state import THREAD_BYTES, State, Thread
from pyoprollup.cannon.versions import StateVersion

__all__ = ["MAX_STATE_PAGES", "encode_state", "is_binary_file", "load_state", "read_state", "save_state"]

MAX_STATE_PAGES = 1 << 20
"""4 GiB: more pages than that are not read."""
MAX_THREADS = 1 << 20
MAX_HINT = 1 << 30
PORTION = 1 << 16


def is_binary_file(name: str) -> bool:
    """Whether a name is one of a state file; there are no other forms of them any more."""
    return name.endswith((".bin", ".bin.gz"))


# --- reading


class _Reader:
    """Fields of a stream; its end in the middle of one is an error."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def take(self, count: int, what: str) -> bytes:
        parts = []
        left = count
        while left:
            try:
                part = self._stream.read(min(left, PORTION))
            except (OSError, EOFError, zlib.error) as exc:
                raise StateFileError(f"{what}: {exc}") from exc
            if not part:
                raise StateFileError(f"{what}: the file ends {left} bytes too early")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def number(self, what: str, limit: int = 1 << 64) -> int:
        value = int.from_bytes(self.take(8, what), "big")
        if value >= limit:
            raise StateFileError(f"{what}: {value}, at most {limit - 1} can be")
        return value

    def byte(self, what: str) -> int:
        return self.take(1, what)[0]

    def flag(self, what: str) -> bool:
        value = self.byte(what)
        if value > 1:
            raise StateFileError(f"{what}: {value} is neither 0 nor 1")
        return bool(value)

    def at_end(self) -> bool:
        try:
            return not self._stream.read(1)
        except (OSError, EOFError, zlib.error) as exc:
            raise StateFileError(f"after the state: {exc}") from exc


def read_state(stream: IO[bytes]) -> State:
    """Read a state. Raises :class:`StateFileError`, and :class:`UnsupportedVersion` for another version's."""
    reader = _Reader(stream)
    version = reader.byte("version")
    if version != StateVersion.MULTITHREADED64_5:
        raise UnsupportedVersion(f"state version {version} is not one that can be run")
    state = State()
    for _ in range(reader.number("number of pages", MAX_STATE_PAGES + 1)):
        index = reader.number("page", 1 << 52)
        if index in state.memory.pages:
            raise StateFileError(f"page {index} comes twice")
        state.memory.set_page(index, reader.take(PAGE_BYTES, f"page {index}"))
    state.preimage_key = reader.take(32, "pre-image key")
    state.preimage_offset = reader.number("pre-image offset")
    state.heap = reader.number("heap")
    state.ll_status = reader.byte("reservation")
    state.ll_address = reader.number("address of the reservation")
    state.ll_owner = reader.number("owner of the reservation")
    state.exit_code = reader.byte("exit code")
    state.exited = reader.flag("exited")
    state.step = reader.number("step")
    state.steps_since_switch = reader.number("steps since the last switch")
    state.traverse_right = reader.flag("direction")
    state.next_thread_id = reader.number("next thread's id")
    state.left = list(_threads(reader, "left threads"))
    state.right = list(_threads(reader, "right threads"))
    size = int.from_bytes(reader.take(4, "hint"), "big")
    if size > MAX_HINT:
        raise StateFileError(f"hint: {size} bytes, at most {MAX_HINT} can be")
    state.last_hint = reader.take(size, "hint")
    if not reader.at_end():
        raise StateFileError("there is more in the file than a state")
    return state


def _threads(reader: _Reader, what: str) -> Iterator[Thread]:
    for _ in range(reader.number(what, MAX_THREADS)):
        data = reader.take(THREAD_BYTES, what)
        words = [int.from_bytes(data[at : at + 8], "big") for at in range(10, THREAD_BYTES, 8)]
        yield Thread(
            thread_id=int.from_bytes(data[:8], "big"),
            exit_code=data[8],
            exited=data[9] != 0,
            pc=words[0],
            next_pc=words[1],
            lo=words[2],
            hi=words[3],
            registers=tuple(words[4:]),
        )


def load_state(path: Path) -> State:
    """Read a state from a file, compressed or not by its name."""
    if not is_binary_file(path.name):
        raise UnsupportedVersion(
            f"{path}: states in other forms than .bin and .bin.gz are not supported any more"
        )
    try:
        with gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb") as stream:
            return read_state(cast("BinaryIO", stream))
    except OSError as exc:
        raise StateFileError(f"{path}: {exc.strerror or exc}") from exc


# --- writing


def encode_state(state: State) -> Iterator[bytes]:
    """The bytes of a state, in portions."""
    yield bytes((StateVersion.MULTITHREADED64_5,))
    yield len(state.memory.pages).to_bytes(8, "big")
    for index, page in state.memory.items():
        yield index.to_bytes(8, "big") + page
    yield state.preimage_key
    yield state.preimage_offset.to_bytes(8, "big")
    yield state.heap.to_bytes(8, "big")
    yield bytes((state.ll_status,))
    yield state.ll_address.to_bytes(8, "big")
    yield state.ll_owner.to_bytes(8, "big")
    yield bytes((state.exit_code, state.exited))
    yield state.step.to_bytes(8, "big")
    yield state.steps_since_switch.to_bytes(8, "big")
    yield bytes((state.traverse_right,))
    yield state.next_thread_id.to_bytes(8, "big")
    for threads in (state.left, state.right):
        yield len(threads).to_bytes(8, "big")
        for thread in threads:
            yield thread.encode()
    yield len(state.last_hint).to_bytes(4, "big")
    yield state.last_hint


def save_state(path: Path, state: State) -> None:
    """Write a state to a file, which is there whole or not at all."""
    if not is_binary_file(path.name):
        raise StateFileError(f"{path}: a state file is called .bin or .bin.gz")
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as raw:
        if path.name.endswith(".gz"):
            with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                for portion in encode_state(state):
                    packed.write(portion)
        else:
            for portion in encode_state(state):
                raw.write(portion)
    beside.chmod(0o755)
    beside.replace(path)
