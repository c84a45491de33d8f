"""The folders of games: one for each, which goes when the game is over."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection
from pathlib import Path

from pyoprollup.eth.types import Address, to_hex

__all__ = ["DiskManager"]

_GAME = re.compile(r"game-(0x[0-9a-f]{40})", re.ASCII)


class DiskManager:
    """Folders ``game-<address>`` in the folder ``datadir``. Nothing else in there is touched."""

    def __init__(self, datadir: Path) -> None:
        self.datadir = datadir

    def dir_for_game(self, game: Address) -> Path:
        """The folder of a game, which need not exist."""
        return self.datadir / f"game-{to_hex(game)}"

    def remove_all_except(self, keep: Collection[Address]) -> None:
        """Delete the folders of all other games.

        Raises the last ``OSError`` once all were tried, if one cannot be deleted.
        """
        if not self.datadir.is_dir():
            return
        kept = {to_hex(game) for game in keep}
        failed: OSError | None = None
        for path in self.datadir.iterdir():
            match = _GAME.fullmatch(path.name.lower())
            # A link is not ours, and what it points to even less.
            if match is not None and match[1] not in kept and path.is_dir() and not path.is_symlink():
                try:
                    shutil.rmtree(path)
                except OSError as exc:
                    failed = exc
        if failed is not None:
            raise failed
