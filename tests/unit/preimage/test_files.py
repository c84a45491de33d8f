from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import PreimageFiles, PreimageMissing, StoreError

KEY = Hash32(bytes(range(32)))


@pytest.mark.parametrize("form", ["file", "directory"])
def test_what_is_put_is_there(form: str, tmp_path: Path) -> None:
    files = PreimageFiles(tmp_path / "new", create=form)
    for data in (b"\xc0\xff\xee", b"", bytes(100_000)):
        files.put(KEY, data)
        assert files.get(KEY) == data
        assert PreimageFiles(tmp_path / "new").get(KEY) == data
    assert (tmp_path / "new" / "kvformat").read_text() == form
    with pytest.raises(PreimageMissing):
        files.get(Hash32(bytes(32)))


def test_the_names_are_op_programs(tmp_path: Path) -> None:
    PreimageFiles(tmp_path / "a", create="file").put(KEY, b"\xab")
    PreimageFiles(tmp_path / "b", create="directory").put(KEY, b"\xab")
    name = KEY.hex()
    for path in (f"a/0x{name}.txt", f"b/{name[:4]}/{name[4:]}.txt"):
        assert (tmp_path / path).read_text() == "ab"
    assert len(list((tmp_path / "a").iterdir())) == 2


def test_a_folder_keeps_its_form(tmp_path: Path) -> None:
    PreimageFiles(tmp_path, create="file").put(KEY, b"1")
    assert PreimageFiles(tmp_path, create="directory").get(KEY) == b"1"
    assert PreimageFiles(tmp_path).get(KEY) == b"1"


def test_a_folder_that_gets_its_form_later(tmp_path: Path) -> None:
    files = PreimageFiles(tmp_path)
    with pytest.raises(PreimageMissing):
        files.get(KEY)
    PreimageFiles(tmp_path, create="directory").put(KEY, b"1")
    assert files.get(KEY) == b"1"


@pytest.mark.parametrize("content", ["0xc0ffee", "c0f", "zz", "\0\0", "c0 ff", "00" * 5])
def test_damaged_files(content: str, tmp_path: Path) -> None:
    (tmp_path / f"0x{KEY.hex()}.txt").write_text(content)
    with pytest.raises(StoreError):
        PreimageFiles(tmp_path, limit=4).get(KEY)


def test_forms_that_we_do_not_have(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no form"):
        PreimageFiles(tmp_path, create="pebble")
    (tmp_path / "kvformat").write_text("pebble")
    for use in (lambda: PreimageFiles(tmp_path).get(KEY), lambda: PreimageFiles(tmp_path, create="file")):
        with pytest.raises(StoreError, match="cannot be read"):
            use()


def test_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        PreimageFiles(tmp_path / "file").get(KEY)
    with pytest.raises(StoreError):
        PreimageFiles(tmp_path / "file").put(KEY, b"")
    with pytest.raises(StoreError):
        PreimageFiles(tmp_path / "file", create="file")


@given(st.binary(max_size=40))
def test_arbitrary_content_is_data_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("files")
    (folder / f"0x{KEY.hex()}.txt").write_bytes(content)
    try:
        data = PreimageFiles(folder).get(KEY)
    except StoreError:
        return
    assert data.hex().encode() == content.lower()
