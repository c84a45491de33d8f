"""The table of game types: names as in flags, and what is done with each."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.game_types import (
    GAME_TYPES,
    GameType,
    Support,
    game_type_info,
    game_type_name,
    parse_game_type,
)
from pyoprollup.errors import ConfigError

NAMES = {
    0: "cannon",
    1: "permissioned",
    2: "asterisc",
    3: "asterisc-kona",
    4: "super-cannon",
    5: "super-permissioned",
    6: "op-succinct",
    7: "super-asterisc-kona",
    8: "cannon-kona",
    9: "super-cannon-kona",
    10: "zk",
    254: "fast",
    255: "alphabet",
    1337: "kailua",
}


def test_every_type_has_its_number_and_name() -> None:
    assert {int(number): info.name for number, info in GAME_TYPES.items()} == NAMES
    assert set(GAME_TYPES) == set(GameType)
    assert all(game_type_name(number) == name for number, name in NAMES.items())


def test_what_is_played_what_is_closed_and_what_is_only_named() -> None:
    def of(support: Support) -> set[int]:
        return {int(number) for number, info in GAME_TYPES.items() if info.support is support}

    assert of(Support.PLAYED) == {0, 1, 8, 9, 254, 255}
    assert of(Support.LIFE_CYCLE) == {5, 10}
    assert of(Support.NAMED) == {2, 3, 4, 6, 7, 1337}


def test_what_the_root_claim_is() -> None:
    assert {int(number) for number, info in GAME_TYPES.items() if info.super_roots} == {4, 5, 7, 9, 10}
    assert {int(number) for number, info in GAME_TYPES.items() if info.permissioned} == {1, 5}


def test_a_number_without_a_name() -> None:
    assert game_type_info(11) is None and game_type_info(2**32 - 1) is None
    assert game_type_name(11) == "<invalid: 11>"


def test_names_can_be_chosen_unless_they_are_only_names() -> None:
    assert parse_game_type("cannon-kona") is GameType.CANNON_KONA
    assert parse_game_type("zk") is GameType.ZK
    for name in ("kailua", "super-cannon", "Cannon", "", "0"):
        with pytest.raises(ConfigError, match="game_types"):
            parse_game_type(name)
