"""Which games are looked at, when, and what becomes of those that fail, end, or are forgotten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from pyoprollup.bindings import GameMetadata
from pyoprollup.challenger.coordinator import Coordinator, GameDefect, Job
from pyoprollup.challenger.disk import DiskManager
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.player import GamePlayer, InvalidPrestate, PassResult
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Address
from pyoprollup.events import NEVER, Level
from tests.unit.challenger.support import Told, head


def game(number: int, *, timestamp: int = 500) -> GameMetadata:
    return GameMetadata(number, 0, timestamp, Address(bytes([number]) * 20))


class Player:
    """Says what it is told to."""

    def __init__(self, metadata: GameMetadata) -> None:
        self.game = metadata
        self.looked: list[int] = []
        self.result: PassResult | Exception = PassResult(GameStatus.IN_PROGRESS)
        self.prestate_error: RollupError | None = None

    def validate_prestate(self) -> None:
        if self.prestate_error is not None:
            raise self.prestate_error

    def progress_game(self, head: L1BlockRef) -> PassResult:
        self.looked.append(head.number)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class Setting:
    def __init__(self, datadir: Path, *, allow_invalid_prestate: bool = False) -> None:
        self.told = Told()
        self.metrics = ChallengerMetrics()
        self.players: list[Player] = []
        self.folders: list[Path] = []
        self.create_error: Exception | None = None
        self.prepare: Callable[[Player], None] = lambda _player: None
        self.disk = DiskManager(datadir)
        self.coordinator = Coordinator(
            self._create,
            self.disk,
            self.metrics,
            self.told.news,
            allow_invalid_prestate=allow_invalid_prestate,
        )

    def _create(self, metadata: GameMetadata, folder: Path, _head: L1BlockRef) -> GamePlayer:
        if self.create_error is not None:
            raise self.create_error
        player = Player(metadata)
        self.prepare(player)
        self.players.append(player)
        self.folders.append(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return cast(GamePlayer, player)

    def schedule(self, number: int, *games: GameMetadata) -> list[Job]:
        return self.coordinator.schedule(games, head(number))

    def look(self, number: int, *games: GameMetadata) -> list[int]:
        """A whole look after a block; the indices of the games that were looked at."""
        jobs = self.schedule(number, *games)
        for job in jobs:
            self.coordinator.process_result(job.run())
        return [job.game.index for job in jobs]


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path)


def test_each_game_is_looked_at_once_for_each_block(setting: Setting) -> None:
    assert setting.look(1, game(1), game(2)) == [1, 2]
    assert setting.look(2, game(1), game(2)) == [1, 2]
    assert [player.looked for player in setting.players] == [[1, 2], [1, 2]]
    assert setting.folders[0] == setting.disk.dir_for_game(game(1).proxy)


def test_never_twice_at_the_same_time(setting: Setting) -> None:
    (job,) = setting.schedule(1, game(1))
    assert setting.schedule(2, game(1)) == []
    setting.coordinator.process_result(job.run())
    assert setting.look(3, game(1)) == [1]


def test_not_while_it_has_transactions_on_their_way(setting: Setting) -> None:
    setting.look(1, game(1))
    setting.coordinator.sending(game(1).proxy, True)
    assert setting.look(2, game(1)) == []
    assert setting.coordinator.again(game(1).proxy, head(2)) is None
    setting.coordinator.sending(game(1).proxy, False)
    assert setting.coordinator.again(game(1).proxy, head(2)) is not None
    setting.coordinator.sending(game(9).proxy, True)  # nobody knows it any more


# --- games that fail


def test_one_that_cannot_be_set_up_is_tried_again(setting: Setting) -> None:
    setting.create_error = Unavailable("down")
    assert setting.look(1, game(1)) == [1]
    assert setting.metrics.game_errors == 1 and setting.told.events() == ["game-failed"]
    setting.create_error = None
    assert setting.look(2, game(1)) == [1] and setting.players[0].looked == [2]


def test_a_defect_in_one_game_is_that_games(setting: Setting) -> None:
    def break_first(player: Player) -> None:
        if player.game.index == 1:
            player.result = ZeroDivisionError("ours")

    setting.prepare = break_first
    assert setting.look(1, game(1), game(2)) == [1, 2]
    assert setting.players[1].looked == [1]
    (told,) = setting.told.happenings
    assert isinstance(told.details["error"], GameDefect) and "ZeroDivisionError: ours" in str(told.details)
    assert setting.look(2, game(1), game(2)) == [1, 2]


def test_an_error_within_a_look_is_counted(setting: Setting) -> None:
    setting.prepare = lambda player: setattr(
        player, "result", PassResult(GameStatus.IN_PROGRESS, error=Unavailable("down"))
    )
    setting.look(1, game(1))
    assert setting.metrics.game_errors == 1


@pytest.mark.parametrize("error", [InvalidPrestate("another program"), Unavailable("down")])
@pytest.mark.parametrize("allowed", [True, False])
def test_a_game_of_another_program_is_played_only_if_that_is_wanted(
    tmp_path: Path, error: RollupError, allowed: bool
) -> None:
    setting = Setting(tmp_path, allow_invalid_prestate=allowed)
    setting.prepare = lambda player: setattr(player, "prestate_error", error)
    setting.look(1, game(1))
    plays = allowed and isinstance(error, InvalidPrestate)
    assert setting.players[0].looked == ([1] if plays else [])
    assert setting.told.events() == (["invalid-prestate"] if plays else ["game-failed"])
    assert setting.told.happenings[0].level >= Level.WARNING


# --- games that end, and their files


def ends(index: int) -> Callable[[Player], None]:
    def prepare(player: Player) -> None:
        if player.game.index == index:
            player.result = PassResult(GameStatus.DEFENDER_WON)

    return prepare


def test_a_game_that_is_over_is_not_looked_at_and_its_files_go(setting: Setting) -> None:
    setting.prepare = ends(1)
    assert setting.look(1, game(1), game(2)) == [1, 2]
    assert setting.look(2, game(1), game(2)) == [2]
    assert [path.name for path in setting.disk.datadir.iterdir()] == [setting.folders[1].name]


def test_files_of_a_game_that_is_being_looked_at_stay(setting: Setting) -> None:
    """All games of a list are known before the first result: it must not delete another's folder."""
    setting.prepare = ends(1)
    first, second = setting.schedule(1, game(1), game(2))
    assert second.run().player is not None
    setting.coordinator.process_result(first.run())
    assert setting.disk.dir_for_game(game(2).proxy).exists()


def test_files_of_a_game_with_transactions_on_their_way_stay(setting: Setting) -> None:
    setting.look(1, game(1), game(2))
    setting.coordinator.sending(game(1).proxy, True)
    cast(Any, setting.players[0]).result = PassResult(GameStatus.DEFENDER_WON)
    cast(Any, setting.players[1]).result = PassResult(GameStatus.DEFENDER_WON)
    setting.look(2, game(1), game(2))
    assert setting.disk.dir_for_game(game(1).proxy).exists()


def test_files_that_cannot_be_removed_are_told(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_keep: object) -> None:
        raise PermissionError("read only")

    monkeypatch.setattr(setting.disk, "remove_all_except", fail)
    setting.prepare = ends(1)
    setting.look(1, game(1))
    assert setting.told.events() == ["files-not-removed"]


# --- games that are forgotten


def test_a_game_that_is_no_longer_listed_is_forgotten_unless_it_is_in_flight(setting: Setting) -> None:
    setting.look(1, game(1), game(2))
    (job,) = setting.schedule(2, game(1))
    assert setting.coordinator.again(game(2).proxy, head(2)) is None
    assert setting.schedule(3) == []
    setting.coordinator.process_result(job.run())  # it was in flight, and is known still
    assert setting.metrics.games_in_progress == 1
    setting.schedule(4)
    assert setting.metrics.games_in_progress == 0
    assert setting.look(5, game(1)) == [1] and len(setting.players) == 3


def test_a_result_of_a_game_that_nobody_knows_is_dropped(setting: Setting, tmp_path: Path) -> None:
    (job,) = setting.schedule(1, game(1))
    other = Setting(tmp_path)
    other.coordinator.process_result(job.run())
    assert other.metrics.games_in_progress == 0


def test_another_game_at_the_same_address_begins_anew(setting: Setting) -> None:
    """Public failure 14: after a reorg of L1 that shows in the list."""
    setting.look(1, game(1))
    assert setting.look(2, game(1, timestamp=501)) == [1]
    assert [player.looked for player in setting.players] == [[1], [2]]


def test_a_result_of_the_game_that_was_at_an_address_before_is_dropped(setting: Setting) -> None:
    (job,) = setting.schedule(1, game(1))
    assert setting.schedule(2, game(1, timestamp=501)) == []  # the look is under way
    setting.coordinator.process_result(job.run())
    assert setting.look(3, game(1, timestamp=501)) == [1]
    assert setting.players[1].looked == [3]


def test_after_a_reorg_each_game_gets_a_new_player(setting: Setting) -> None:
    """Public failure 14: the list may be the same, and each game another one."""
    setting.prepare = ends(1)
    setting.look(1, game(1), game(2))
    setting.prepare = lambda _player: None
    setting.coordinator.begin_anew()
    assert setting.look(2, game(1), game(2)) == [1, 2]
    assert len(setting.players) == 4


def test_a_look_that_a_reorg_has_overtaken_is_of_no_use(setting: Setting) -> None:
    setting.prepare = ends(1)
    (job,) = setting.schedule(1, game(1))
    setting.coordinator.begin_anew()
    setting.prepare = lambda _player: None
    assert setting.schedule(2, game(1)) == []
    setting.coordinator.process_result(job.run())
    assert setting.look(3, game(1)) == [1]
    assert setting.players[-1].looked == [3] and len(setting.players) == 2


# --- when something is due


def test_held_answers_are_due_though_l1_stands_still(setting: Setting) -> None:
    setting.prepare = lambda player: setattr(
        player, "result", PassResult(GameStatus.IN_PROGRESS, next_due=70.0 + player.game.index)
    )
    setting.look(1, game(1), game(2))
    assert setting.coordinator.next_due == 71.0
    assert setting.coordinator.due(70.9) == []
    assert setting.coordinator.due(71.5) == [game(1).proxy]
    job = setting.coordinator.again(game(1).proxy, head(1))
    assert job is not None and setting.coordinator.next_due == 72.0
    setting.coordinator.sending(game(2).proxy, True)
    assert setting.coordinator.next_due == NEVER


def test_of_a_game_that_is_over_nothing_is_due(setting: Setting) -> None:
    setting.prepare = lambda player: setattr(
        player, "result", PassResult(GameStatus.DEFENDER_WON, next_due=7.0)
    )
    setting.look(1, game(1))
    assert setting.coordinator.due(100.0) == [] and setting.coordinator.next_due == NEVER


# --- what is counted


def test_how_games_stand_and_how_far_all_are_looked_at(setting: Setting) -> None:
    setting.prepare = ends(1)
    setting.look(10, game(1), game(2), game(3))
    metrics = setting.metrics
    assert (metrics.games_defender_won, metrics.games_in_progress, metrics.games_in_flight) == (1, 2, 0)
    assert metrics.highest_acted_l1_block == 10
    jobs = setting.schedule(11, game(1), game(2), game(3))
    assert metrics.games_in_flight == 2 and metrics.highest_acted_l1_block == 10
    for job in jobs:
        setting.coordinator.process_result(job.run())
    assert metrics.highest_acted_l1_block == 11
    setting.schedule(12)
    assert metrics.highest_acted_l1_block == 12
