"""Folders of games: which of them go, and what is never touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyoprollup.challenger.disk import DiskManager
from pyoprollup.eth.types import Address

GAMES = [Address(bytes([number]) * 20) for number in (0xA1, 0xB2, 0xC3)]


@pytest.fixture
def disk(tmp_path: Path) -> DiskManager:
    disk = DiskManager(tmp_path / "data")
    for game in GAMES:
        folder = disk.dir_for_game(game)
        (folder / "proofs").mkdir(parents=True)
        (folder / "proofs" / "1.json.gz").write_text("proof")
    return disk


def test_a_folder_is_named_after_its_game(disk: DiskManager) -> None:
    assert disk.dir_for_game(GAMES[0]) == disk.datadir / ("game-0x" + "a1" * 20)


def test_folders_of_other_games_go_with_all_in_them(disk: DiskManager) -> None:
    disk.remove_all_except([GAMES[1]])
    assert list(disk.datadir.iterdir()) == [disk.dir_for_game(GAMES[1])]
    assert (disk.dir_for_game(GAMES[1]) / "proofs" / "1.json.gz").exists()


def test_capitals_in_a_name_make_it_no_other_game(disk: DiskManager) -> None:
    folder = disk.datadir / ("game-0x" + "C3" * 20)
    disk.dir_for_game(GAMES[2]).rename(folder)
    disk.remove_all_except([GAMES[2]])
    assert folder.exists()
    disk.remove_all_except([])
    assert not folder.exists()


@pytest.mark.parametrize(
    "name", ["game-0x12", "game-", "prestates", "game-0x" + "g1" * 20, "x-game-0x" + "a1" * 20]
)
def test_what_is_not_a_games_stays(disk: DiskManager, name: str) -> None:
    (disk.datadir / name).mkdir()
    (disk.datadir / ("game-0x" + "d4" * 20)).write_text("a file")
    disk.remove_all_except([])
    assert sorted(path.name for path in disk.datadir.iterdir()) == sorted([name, "game-0x" + "d4" * 20])


def test_a_link_is_not_followed(disk: DiskManager, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("text")
    (disk.datadir / ("game-0x" + "d4" * 20)).symlink_to(elsewhere)
    disk.remove_all_except([])
    assert (elsewhere / "precious").exists()


def test_one_that_cannot_be_removed_stops_no_other(
    disk: DiskManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of a month's games must not pile up behind one of them."""
    import shutil

    tried: list[Path] = []
    rmtree = shutil.rmtree

    def remove(path: Path) -> None:
        tried.append(path)
        if path == tried[0]:
            raise PermissionError(str(path))
        rmtree(path)

    monkeypatch.setattr("pyoprollup.challenger.disk.shutil.rmtree", remove)
    with pytest.raises(PermissionError):
        disk.remove_all_except([])
    assert len(tried) == 3 and list(disk.datadir.iterdir()) == [tried[0]]


def test_without_a_folder_there_is_nothing_to_do(tmp_path: Path) -> None:
    DiskManager(tmp_path / "none").remove_all_except([])
    assert not (tmp_path / "none").exists()
