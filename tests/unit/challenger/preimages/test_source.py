from __future__ import annotations

from pathlib import Path

import pytest

from pyoprollup.challenger.preimages import DirectoryPreimageSource, PreimagesUnreadable
from pyoprollup.errors import NotFound
from pyoprollup.eth.types import Hash32

KEY = Hash32(bytes(range(32)))


@pytest.mark.parametrize("form", [None, "file"])
def test_a_file_each(form: str | None, tmp_path: Path) -> None:
    if form is not None:
        (tmp_path / "kvformat").write_text(form)
    (tmp_path / f"0x{KEY.hex()}.txt").write_text("c0FFee")
    assert DirectoryPreimageSource(tmp_path).get(KEY) == b"\xc0\xff\xee"
    with pytest.raises(NotFound):
        DirectoryPreimageSource(tmp_path).get(Hash32(bytes(32)))


def test_a_folder_for_each_beginning(tmp_path: Path) -> None:
    (tmp_path / "kvformat").write_text("directory")
    (tmp_path / "0001").mkdir()
    (tmp_path / "0001" / f"{KEY.hex()[4:]}.txt").write_text("")
    assert DirectoryPreimageSource(tmp_path).get(KEY) == b""


@pytest.mark.parametrize("content", ["0xc0ffee", "c0f", "zz", "\0\0", "c0 ff"])
def test_damaged_files(content: str, tmp_path: Path) -> None:
    (tmp_path / f"0x{KEY.hex()}.txt").write_text(content)
    with pytest.raises(PreimagesUnreadable):
        DirectoryPreimageSource(tmp_path).get(KEY)


def test_files_beyond_all_bounds(tmp_path: Path) -> None:
    file = tmp_path / f"0x{KEY.hex()}.txt"
    file.write_text("00" * 4)
    assert DirectoryPreimageSource(tmp_path, 4).get(KEY) == bytes(4)
    file.write_text("00" * 5)
    with pytest.raises(PreimagesUnreadable):
        DirectoryPreimageSource(tmp_path, 4).get(KEY)


def test_forms_that_we_cannot_read(tmp_path: Path) -> None:
    for form in ("pebble", "file\n", "x" * 1000):
        (tmp_path / "kvformat").write_text(form)
        with pytest.raises(PreimagesUnreadable):
            DirectoryPreimageSource(tmp_path).get(KEY)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        DirectoryPreimageSource(tmp_path / "none").get(KEY)
    (tmp_path / "file").write_text("")
    with pytest.raises(PreimagesUnreadable):
        DirectoryPreimageSource(tmp_path / "file").get(KEY)
