from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pyoprollup.challenger.trace.vm.disk import is_intact, read_json, write_json
from pyoprollup.challenger.trace.vm.errors import FileDamaged
from pyoprollup.challenger.trace.vm.folder import TraceFolder
from pyoprollup.errors import NotFound


def snapshots(path: Path, *names: str) -> TraceFolder:
    folder = TraceFolder(path)
    folder.snapshots.mkdir(parents=True)
    for name in names:
        (folder.snapshots / name).write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    ("index", "name"),
    [
        (0, None),
        (19, None),
        (20, "20"),
        (21, "20"),
        (99, "20"),
        (100, "100"),
        (1 << 64, "18446744073709551615"),
    ],
)
def test_the_latest_snapshot_that_leads_there(tmp_path: Path, index: int, name: str | None) -> None:
    names = ["0", "20", "100", "18446744073709551615"]
    folder = snapshots(tmp_path, *[f"{name}.bin.gz" for name in names])
    wanted = None if name is None else folder.snapshots / f"{name}.bin.gz"
    assert folder.starting_snapshot(index) == wanted


def test_other_files_among_snapshots(tmp_path: Path) -> None:
    names = [
        ".tmp",
        "x.bin.gz",
        "10.json.gz",
        "-5.bin.gz",
        "010.bin.gz",
        "1_0.bin.gz",
        "10.bin.gz.tmp",
        "١.bin.gz",
    ]
    folder = snapshots(tmp_path, *names, f"{1 << 64}.bin.gz", "9" * 200 + ".bin.gz")
    assert folder.starting_snapshot(1 << 70) is None
    assert TraceFolder(tmp_path / "none").starting_snapshot(5) is None
    assert (
        TraceFolder(tmp_path, binary_snapshots=False).starting_snapshot(50) == folder.snapshots / "10.json.gz"
    )


def test_names_of_files(tmp_path: Path) -> None:
    folder = TraceFolder(tmp_path)
    assert folder.final_state == tmp_path / "final.bin.gz"
    assert folder.last_step_file == tmp_path / "state.json.gz"
    assert folder.proof_format % 7 == str(folder.proof_file(7)) == str(tmp_path / "proofs" / "7.json.gz")
    assert folder.snapshot_format % 7 == str(tmp_path / "snapshots" / "7.bin.gz")
    assert TraceFolder(tmp_path, binary_snapshots=False).final_state == tmp_path / "final.json.gz"


def test_json_files(tmp_path: Path) -> None:
    packed, plain = tmp_path / "new" / "a.json.gz", tmp_path / "a.json"
    write_json(packed, {"step": 80})
    assert gzip.decompress(packed.read_bytes()) == b'{"step":80}\n'
    assert [path.name for path in packed.parent.iterdir()] == ["a.json.gz"]
    plain.write_text('{"step": 80}')
    assert read_json(packed, 100) == read_json(plain, 100) == {"step": 80}
    with pytest.raises(NotFound):
        read_json(tmp_path / "none.json.gz", 100)
    for path in (packed, plain):
        with pytest.raises(FileDamaged):
            read_json(path, 5)
    with pytest.raises(FileDamaged):
        read_json(tmp_path, 100)


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json.gz"
    write_json(path, 1)
    with pytest.raises(TypeError):
        write_json(path, object())
    assert read_json(path, 100) == 1 and len(list(tmp_path.iterdir())) == 1


def test_whether_a_file_unpacks(tmp_path: Path) -> None:
    path = tmp_path / "a.bin.gz"
    assert not is_intact(path)
    path.write_bytes(gzip.compress(bytes(3 << 20)))
    assert is_intact(path)
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:100], whole[:-8] + bytes(8), b"", b"text", gzip.compress(b"")):
        path.write_bytes(damaged)
        assert not is_intact(path)
    plain = tmp_path / "a.bin"
    assert not is_intact(plain)
    plain.write_bytes(b"anything")
    assert is_intact(plain)
