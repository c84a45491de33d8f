"""The types of dispute games, by the number that the factory knows them by.

A type that is *played* is one that the challenger makes moves in. Of one with a *life cycle* only it resolves
and closes games, and claims bonds. The others are named, so that people can read what is in a factory.

Specification: fault-proof/stage-one/dispute-game-interface.md, "Types".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum

from pyoprollup.errors import ConfigError

__all__ = [
    "GAME_TYPES",
    "GameType",
    "GameTypeInfo",
    "Support",
    "game_type_info",
    "game_type_name",
    "parse_game_type",
]


class GameType(IntEnum):
    """The numbers of the types that have a name."""

    CANNON = 0
    PERMISSIONED = 1
    ASTERISC = 2
    ASTERISC_KONA = 3
    SUPER_CANNON = 4
    SUPER_PERMISSIONED = 5
    OP_SUCCINCT = 6
    SUPER_ASTERISC_KONA = 7
    CANNON_KONA = 8
    SUPER_CANNON_KONA = 9
    ZK = 10
    FAST = 254
    ALPHABET = 255
    KAILUA = 1337


class Support(Enum):
    """What is done with games of a type."""

    PLAYED = "played"
    LIFE_CYCLE = "life cycle"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class GameTypeInfo:
    """What is known of a type.

    ``name`` is as in flags. With ``super_roots`` the root claim is a super root and the game's number a
    timestamp, else it is an output root and the number that of an L2 block. Games that are ``permissioned``
    are for two parties that the contract names, and come to no step.
    """

    name: str
    support: Support
    super_roots: bool = False
    permissioned: bool = False


_PLAYED, _LIFE_CYCLE, _NAMED = Support.PLAYED, Support.LIFE_CYCLE, Support.NAMED

GAME_TYPES: Mapping[GameType, GameTypeInfo] = {
    GameType.CANNON: GameTypeInfo("cannon", _PLAYED),
    GameType.PERMISSIONED: GameTypeInfo("permissioned", _PLAYED, permissioned=True),
    GameType.ASTERISC: GameTypeInfo("asterisc", _NAMED),
    GameType.ASTERISC_KONA: GameTypeInfo("asterisc-kona", _NAMED),
    GameType.SUPER_CANNON: GameTypeInfo("super-cannon", _NAMED, super_roots=True),
    GameType.SUPER_PERMISSIONED: GameTypeInfo(
        "super-permissioned", _LIFE_CYCLE, super_roots=True, permissioned=True
    ),
    GameType.OP_SUCCINCT: GameTypeInfo("op-succinct", _NAMED),
    GameType.SUPER_ASTERISC_KONA: GameTypeInfo("super-asterisc-kona", _NAMED, super_roots=True),
    GameType.CANNON_KONA: GameTypeInfo("cannon-kona", _PLAYED),
    GameType.SUPER_CANNON_KONA: GameTypeInfo("super-cannon-kona", _PLAYED, super_roots=True),
    GameType.ZK: GameTypeInfo("zk", _LIFE_CYCLE, super_roots=True),
    GameType.FAST: GameTypeInfo("fast", _PLAYED),
    GameType.ALPHABET: GameTypeInfo("alphabet", _PLAYED),
    GameType.KAILUA: GameTypeInfo("kailua", _NAMED),
}
"""All types that have a name."""

_BY_NAME = {info.name: number for number, info in GAME_TYPES.items()}
_INFO: Mapping[int, GameTypeInfo] = {int(number): info for number, info in GAME_TYPES.items()}


def game_type_info(number: int) -> GameTypeInfo | None:
    """What is known of a type; ``None`` for a number that has no name."""
    return _INFO.get(number)


def game_type_name(number: int) -> str:
    """The name of a type, or its number between signs that no name has."""
    info = _INFO.get(number)
    return f"<invalid: {number}>" if info is None else info.name


def parse_game_type(name: str) -> GameType:
    """The type of a name that the challenger can be told to play; raises :class:`ConfigError` for others."""
    number = _BY_NAME.get(name)
    if number is None:
        raise ConfigError(f"game_types: {name!r} is no type of game")
    if GAME_TYPES[number].support is _NAMED:
        raise ConfigError(f"game_types: {name} is known by name only")
    return number
