"""States in files: there and back, and everything else refused."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.cannon.errors import StateFileError, UnsupportedVersion
from pyoprollup.cannon.state import State, Thread
from pyoprollup.cannon.state_file import encode_state, is_binary_file, load_state, read_state, save_state
from tests.unit.cannon.test_engine import STATES


def same(one: State, other: State) -> bool:
    return b"".join(encode_state(one)) == b"".join(encode_state(other))


@given(
    STATES,
    st.binary(max_size=20),
    st.lists(st.tuples(st.integers(0, 2**64 - 1), st.binary(max_size=20)), max_size=3),
)
def test_there_and_back(state: State, hint: bytes, writes: list[tuple[int, bytes]]) -> None:
    state.last_hint = hint
    for address, data in writes:
        state.memory.write(address, data)
    data = b"".join(encode_state(state))
    again = read_state(BytesIO(data))
    assert same(again, state)
    assert again.hash() == state.hash() and again.last_hint == hint


@pytest.mark.parametrize("name", ["a.bin", "a.bin.gz"])
def test_files(tmp_path: Path, name: str) -> None:
    state = State.initial(0x1000, 5)
    state.memory.write(0x1000, b"code")
    save_state(tmp_path / name, state)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert same(load_state(tmp_path / name), state)
    if name.endswith(".gz"):
        packed = (tmp_path / name).read_bytes()
        save_state(tmp_path / name, state)
        assert (tmp_path / name).read_bytes() == packed
        assert gzip.decompress(packed) == b"".join(encode_state(state))


def test_names_of_files(tmp_path: Path) -> None:
    assert is_binary_file("a.bin") and is_binary_file("a.bin.gz")
    assert not is_binary_file("a.json") and not is_binary_file("a.gz")
    with pytest.raises(StateFileError):
        save_state(tmp_path / "a.json", State())
    with pytest.raises(UnsupportedVersion):
        load_state(tmp_path / "a.json")
    with pytest.raises(StateFileError):
        load_state(tmp_path / "missing.bin")


@pytest.mark.parametrize("version", [0, 1, 7, 9, 255])
def test_other_versions(version: int) -> None:
    with pytest.raises(UnsupportedVersion, match=f"version {version} "):
        read_state(BytesIO(bytes([version]) + bytes(200)))


WHOLE = b"".join(encode_state(State(left=[Thread(0, 4, 8)], last_hint=b"hint")))


def test_a_file_that_ends_early_or_late() -> None:
    for size in range(1, len(WHOLE)):
        with pytest.raises(StateFileError):
            read_state(BytesIO(WHOLE[:size]))
    with pytest.raises(StateFileError, match="more in the file"):
        read_state(BytesIO(WHOLE + b"\0"))


def test_numbers_without_bounds_are_not_believed() -> None:
    many = (2**64 - 1).to_bytes(8, "big")
    with pytest.raises(StateFileError, match="number of pages"):
        read_state(BytesIO(b"\x08" + many + WHOLE))
    page = (7).to_bytes(8, "big") + bytes(4096)
    with pytest.raises(StateFileError, match="comes twice"):
        read_state(BytesIO(b"\x08" + (2).to_bytes(8, "big") + page + page))
    with pytest.raises(StateFileError, match="page"):
        read_state(BytesIO(b"\x08" + (1).to_bytes(8, "big") + many + bytes(5000)))


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises((StateFileError, UnsupportedVersion)):
        read_state(BytesIO(b"\x08" + data))


@pytest.mark.parametrize(
    "content",
    [b"", b"not gzip", gzip.compress(WHOLE)[:-9], gzip.compress(WHOLE)[:20] + b"x" * 40],
    ids=["empty", "text", "cut off", "damaged"],
)
def test_damaged_compression(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.bin.gz"
    path.write_bytes(content)
    with pytest.raises(StateFileError):
        load_state(path)
