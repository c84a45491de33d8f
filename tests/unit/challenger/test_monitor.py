"""Which games of a factory are played, which are claimed from, and how little of its list is read."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.bindings import DisputeGameFactory, GameMetadata, load_contract
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.game_types import GameType
from pyoprollup.challenger.monitor import GameMonitor
from pyoprollup.errors import Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from tests.unit.challenger.contracts.support import FACTORY, FakeContracts
from tests.unit.challenger.support import Told

NOW, WINDOW = 1_000_000, 1_000


def proxy(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


class Factory:
    """A factory with a list of type and creation time, and a monitor that reads it."""

    def __init__(self, *games: tuple[int, int], **config: Any) -> None:
        self.games = list(games)
        self.l1 = FakeContracts()
        self.l1.add(FACTORY, load_contract("DisputeGameFactory"), self._answer)
        self.told = Told()
        self.number = 10
        settings: dict[str, Any] = {"game_types": (GameType.CANNON,), "game_window": WINDOW, **config}
        self.monitor = GameMonitor(
            ChallengerConfig(game_factory_address=FACTORY, **settings),
            DisputeGameFactory(FACTORY, self.l1),
            self.told.news,
        )

    def _answer(self, name: str, arguments: tuple[Any, ...]) -> Any:
        if name == "gameCount":
            return len(self.games)
        assert name == "gameAtIndex"
        game_type, timestamp = self.games[arguments[0]]
        return game_type, timestamp, proxy(arguments[0] + 1)

    @property
    def head(self) -> L1BlockRef:
        return L1BlockRef(Hash32(self.number.to_bytes(32, "big")), self.number, ZERO_HASH, NOW)

    def played(self) -> list[int]:
        return [game.index for game in self.monitor.games(self.head).to_play]

    def claimed(self) -> list[int]:
        return [game.index for game in self.monitor.games(self.head).to_claim]

    def listed(self, earliest: int) -> list[int]:
        return [game.index for game in self.monitor.games_at_or_after(earliest, self.head)]

    def entries_read(self) -> int:
        """How many entries of the list were read since this was last asked."""
        count = sum(names.count("gameAtIndex") for _, names in self.l1.asked)
        self.l1.asked.clear()
        return count


def test_an_empty_factory() -> None:
    factory = Factory()
    assert factory.played() == factory.claimed() == []


def test_the_newest_come_first_and_all_is_read_at_one_block() -> None:
    factory = Factory((0, NOW - 3), (0, NOW - 2), (0, NOW - 1))
    games = factory.monitor.games(factory.head).to_play
    assert [game.index for game in games] == [2, 1, 0]
    assert games[0] == GameMetadata(2, 0, NOW - 1, proxy(3))
    assert {block for block, _ in factory.l1.asked} == {factory.head.hash}


@pytest.mark.parametrize(("timestamp", "is_in"), [(-1, False), (0, True), (1, True)])
def test_the_window_begins_with_its_first_second(timestamp: int, is_in: bool) -> None:
    factory = Factory((0, NOW - WINDOW + timestamp), (0, NOW))
    assert factory.played() == ([1, 0] if is_in else [1])


def test_a_window_longer_than_time_is_all_of_it() -> None:
    factory = Factory((0, 0), (0, NOW), game_window=NOW + 5)
    assert factory.played() == [1, 0]


# --- what is done with which


def test_types_that_are_not_played_are_still_claimed_from() -> None:
    factory = Factory(*((int(game_type), NOW) for game_type in (0, 1, 8, 5, 10, 255)))
    assert factory.played() == [0]
    assert sorted(factory.claimed()) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("game_type", [2, 3, 4, 6, 7, 1337, 77, (1 << 32) - 1])
def test_types_that_are_named_only_or_not_known_are_left_alone(game_type: int) -> None:
    factory = Factory((game_type, NOW), (0, NOW))
    assert factory.played() == factory.claimed() == [1]
    assert factory.told.events() == ["unsupported-game"]


def test_each_game_is_told_of_once() -> None:
    factory = Factory((77, NOW), (1, NOW))
    for _ in range(3):
        factory.monitor.games(factory.head)
        factory.number += 1
    assert sorted(factory.told.events()) == ["game-not-played", "unsupported-game"]


def test_with_a_list_of_allowed_games_all_others_are_ignored() -> None:
    factory = Factory((0, NOW), (0, NOW), (0, NOW), game_allowlist=(proxy(2),))
    assert factory.played() == factory.claimed() == [1]


# --- how much is read


def test_what_is_known_is_not_read_again() -> None:
    factory = Factory(*((0, NOW) for _ in range(250)))
    assert factory.listed(0) == list(reversed(range(250)))
    assert factory.entries_read() == 250
    factory.games.append((0, NOW))
    assert factory.listed(0) == list(reversed(range(251)))
    assert factory.entries_read() == 2  # the newest that is known, and the new one


def test_reading_ends_with_the_first_that_is_too_old() -> None:
    factory = Factory(*((0, number) for number in range(1_000)))
    assert factory.listed(950) == list(reversed(range(950, 1_000)))
    assert factory.entries_read() == 100  # one batch


def test_games_that_grow_too_old_are_forgotten() -> None:
    factory = Factory((0, 10), (0, 20), (0, 30))
    assert factory.listed(5) == [2, 1, 0]
    assert factory.listed(20) == [2, 1]
    assert factory.listed(31) == []


def test_a_list_that_got_shorter_is_read_anew() -> None:
    """Public failure 14: a reorg of L1, or a node that lags."""
    factory = Factory((0, 10), (0, 20), (0, 30))
    factory.listed(0)
    factory.games.pop()
    assert factory.listed(0) == [1, 0]


def test_a_list_whose_end_is_another_one_is_read_anew() -> None:
    factory = Factory((0, 10), (0, 20), (0, 30))
    factory.listed(0)
    factory.games[1:] = [(0, 21), (0, 31), (0, 41)]
    games = factory.monitor.games_at_or_after(0, factory.head)
    assert [(game.index, game.timestamp) for game in games] == [(3, 41), (2, 31), (1, 21), (0, 10)]


def test_after_a_reorg_all_of_it_is_read_anew() -> None:
    """The last entry may be what it was, and one before it another one."""
    factory = Factory((0, 10), (0, 20), (0, 30))
    factory.listed(0)
    factory.games[1] = (255, 20)
    factory.monitor.begin_anew()
    assert [game.game_type for game in factory.monitor.games_at_or_after(0, factory.head)] == [0, 255, 0]


def test_an_l1_that_fails_is_the_callers_matter_and_nothing_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    factory = Factory((0, 10), (0, 20))
    factory.listed(0)

    def fail(*_: object) -> Any:
        raise Unavailable("down")

    with monkeypatch.context() as patched:
        patched.setattr(factory.l1, "call", fail)
        with pytest.raises(Unavailable):
            factory.listed(0)
    factory.entries_read()
    assert factory.listed(0) == [1, 0] and factory.entries_read() == 1
