"""Which games are being played, and which of them is to be looked at now.

Specification: none; it is a matter of order. Each game is looked at once for each L1 block that counts, never
twice at the same time, and not while transactions of the last look are on their way. One that fails never
stops another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pyoprollup.bindings import GameMetadata
from pyoprollup.challenger.disk import DiskManager
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.player import GamePlayer, InvalidPrestate, PassResult
from pyoprollup.errors import RollupError
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Address, to_hex
from pyoprollup.events import NEVER, Level, News

__all__ = ["Coordinator", "GameDefect", "Job", "JobResult", "PlayerCreator"]

PlayerCreator = Callable[[GameMetadata, Path, L1BlockRef], GamePlayer]
"""Makes the player of a game, with a folder for its files, as things stand after an L1 block.

May raise any ``RollupError``; then it is tried again.
"""


class GameDefect(RollupError):
    """A fault of ours came to light, in one game or in a task."""


@dataclass(slots=True)
class _GameState:
    game: GameMetadata
    last_processed_block: int
    player: GamePlayer | None = None
    busy: bool = False
    """Whether it is being looked at."""
    sending: bool = False
    """Whether it has transactions on their way."""
    status: GameStatus = GameStatus.IN_PROGRESS
    next_due: float = NEVER
    outdated: bool = False
    """Whether what the look that is taken finds out is no longer of use."""

    def begin_anew(self) -> None:
        """Forget all that was found out about the game."""
        self.player, self.status, self.next_due = None, GameStatus.IN_PROGRESS, NEVER
        self.outdated = self.busy

    @property
    def in_flight(self) -> bool:
        return self.busy or self.sending


@dataclass(frozen=True, slots=True)
class Job:
    """One look at a game. Everything in it happens in one worker."""

    game: GameMetadata
    head: L1BlockRef
    player: GamePlayer | None
    create: Callable[[], GamePlayer]

    def run(self) -> JobResult:
        """Make the player if there is none yet, and let it look."""
        player = self.player
        try:
            if player is None:
                player = self.create()
            return JobResult(self, player, player.progress_game(self.head))
        except RollupError as exc:
            return JobResult(self, player, None, exc)
        except Exception as exc:  # noqa: BLE001 - one game's defect is not to end the others
            return JobResult(self, player, None, GameDefect(f"{type(exc).__name__}: {exc}"))


@dataclass(frozen=True, slots=True)
class JobResult:
    """What came of a job: the player, if there is one by now, and its result or an error."""

    job: Job
    player: GamePlayer | None
    result: PassResult | None = None
    error: RollupError | None = field(default=None)


class Coordinator:
    """The state of all games. All calls come from one thread; jobs are run elsewhere."""

    def __init__(
        self,
        create_player: PlayerCreator,
        disk: DiskManager,
        metrics: ChallengerMetrics,
        news: News,
        *,
        allow_invalid_prestate: bool = False,
    ) -> None:
        self._create_player = create_player
        self._disk = disk
        self._metrics = metrics
        self._news = news
        self._allow_invalid_prestate = allow_invalid_prestate
        self._states: dict[Address, _GameState] = {}
        self._last_scheduled_block = 0

    def schedule(self, games: Iterable[GameMetadata], head: L1BlockRef) -> list[Job]:
        """The looks to be taken after an L1 block, at these games; the states of all others are forgotten.

        A game whose address stands for another one by now, after a reorg of L1, begins anew.
        """
        wanted = {game.proxy: game for game in games}
        for address, state in list(self._states.items()):
            if not state.in_flight and wanted.get(address) != state.game:
                del self._states[address]
        for game in wanted.values():
            if game.proxy not in self._states:
                self._states[game.proxy] = _GameState(game, self._last_scheduled_block)
        jobs = [job for game in wanted.values() if (job := self._job(game, head)) is not None]
        self._last_scheduled_block = head.number
        self._count(head.number)
        return jobs

    def begin_anew(self) -> None:
        """L1 was reorganized: each game is to be looked at as if for the first time.

        The factory gives addresses by number, so that one may stand for another game now, made at the same
        time: with another root, of another block. And a game that was over may not be any more.
        """
        for state in self._states.values():
            state.begin_anew()

    def again(self, address: Address, head: L1BlockRef) -> Job | None:
        """Another look at one game at the same block, as its transactions are done or its time has come."""
        state = self._states.get(address)
        return None if state is None else self._job(state.game, head)

    def due(self, now: float) -> list[Address]:
        """Games that something is due in though L1 stands still."""
        return [address for address, state in self._states.items() if _is_due(state) <= now]

    @property
    def next_due(self) -> float:
        """When that is."""
        return min((_is_due(state) for state in self._states.values()), default=NEVER)

    def _job(self, game: GameMetadata, head: L1BlockRef) -> Job | None:
        state = self._states[game.proxy]
        if state.in_flight or state.game != game:
            return None
        if state.status is not GameStatus.IN_PROGRESS:
            state.last_processed_block = head.number
            return None
        state.busy = True
        state.next_due = NEVER
        return Job(game, head, state.player, lambda: self._create(game, head))

    def _create(self, game: GameMetadata, head: L1BlockRef) -> GamePlayer:
        player = self._create_player(game, self._disk.dir_for_game(game.proxy), head)
        try:
            player.validate_prestate()
        except InvalidPrestate as exc:
            if not self._allow_invalid_prestate:
                raise
            self._news("invalid-prestate", Level.ERROR, error=exc, game=to_hex(game.proxy))
        return player

    def process_result(self, done: JobResult) -> None:
        """Take note of a look; about its transactions :meth:`sending` is to be told."""
        game = done.job.game
        state = self._states.get(game.proxy)
        if state is None or state.game != game:
            return
        state.busy = False
        if state.outdated:
            state.begin_anew()
            return
        state.player = done.player
        if done.error is not None:
            self._failed(game, done.error)
            return
        assert done.result is not None
        if done.result.error is not None:
            self._metrics.game_errors += 1
        state.status = done.result.status
        state.next_due = done.result.next_due
        state.last_processed_block = done.job.head.number
        if state.status is not GameStatus.IN_PROGRESS:
            self._clean_up()
        self._count(self._last_scheduled_block)

    def _failed(self, game: GameMetadata, error: RollupError) -> None:
        self._metrics.game_errors += 1
        self._news.failed("game-failed", error, game=to_hex(game.proxy), index=game.index)

    def sending(self, address: Address, sends: bool) -> None:
        """Whether transactions of a game are on their way: until they are done it is left alone."""
        state = self._states.get(address)
        if state is not None:
            state.sending = sends

    def _clean_up(self) -> None:
        keep = [
            address
            for address, state in self._states.items()
            if state.status is GameStatus.IN_PROGRESS or state.in_flight
        ]
        try:
            self._disk.remove_all_except(keep)
        except OSError as exc:
            self._news("files-not-removed", Level.ERROR, error=exc)

    def _count(self, block: int) -> None:
        metrics, states = self._metrics, self._states.values()
        found = [state.status for state in states]
        metrics.games_in_progress = found.count(GameStatus.IN_PROGRESS)
        metrics.games_defender_won = found.count(GameStatus.DEFENDER_WON)
        metrics.games_challenger_won = found.count(GameStatus.CHALLENGER_WON)
        metrics.games_in_flight = sum(state.in_flight for state in states)
        metrics.highest_acted_l1_block = min((state.last_processed_block for state in states), default=block)


def _is_due(state: _GameState) -> float:
    return NEVER if state.in_flight or state.status is not GameStatus.IN_PROGRESS else state.next_due
