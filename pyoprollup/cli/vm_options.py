"""The VMs of games: programs, their servers, and where pre-states come from. Flags are op-challenger's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyoprollup.cli.options import option
from pyoprollup.errors import ConfigError

if TYPE_CHECKING:
    from pyoprollup.challenger.game_types import GameType
    from pyoprollup.challenger.register import BottomTraces

__all__ = ["VmOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VmOptions:
    """What decides about single steps, for each type of game that has a VM."""

    cannon_bin: str = option(
        "--cannon-bin", "VM of games of type cannon and cannon-kona.", default="", metavar="FILE"
    )

    def traces(
        self, game_types: Iterable[GameType], datadir: Path, l1: str, l2: str
    ) -> Mapping[int, BottomTraces]:
        """The lower traces of the types that are to be played.

        Raises :class:`ConfigError` for a type that lacks something.
        """
        from pyoprollup.challenger.game_types import GameType
        from pyoprollup.challenger.trace.alphabet_games import AlphabetTraces
        from pyoprollup.challenger.trace.permissioned import PermissionedTraces

        found: dict[int, BottomTraces] = {}
        for game_type in game_types:
            match game_type:
                case GameType.ALPHABET | GameType.FAST:
                    found[game_type] = AlphabetTraces()
                case GameType.PERMISSIONED:
                    found[game_type] = PermissionedTraces()
                case _:
                    raise ConfigError(f"game_types: there is no VM for {game_type.name.lower()}")
        return found
