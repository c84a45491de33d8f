"""Which games are to be dealt with after an L1 block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoprollup.bindings import DEFAULT_BATCH_SIZE, DisputeGameFactory, GameMetadata, read_all
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.game_types import Support, game_type_info
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import to_hex
from pyoprollup.events import Level, News

__all__ = ["GameMonitor", "MonitoredGames"]


@dataclass(frozen=True, slots=True)
class MonitoredGames:
    """The games in the window: those to be played, and all whose bonds are to be claimed, these included."""

    to_play: tuple[GameMetadata, ...]
    to_claim: tuple[GameMetadata, ...]


class GameMonitor:
    """Lists the factory's games, the newest first.

    What it has read of the list it keeps: a list only grows, unless L1 is reorganized, and then its last
    entries differ.
    """

    def __init__(self, config: ChallengerConfig, factory: DisputeGameFactory, news: News) -> None:
        self._config = config
        self._factory = factory
        self._news = news
        self._known: list[GameMetadata] = []
        self._said: set[GameMetadata] = set()

    def games(self, head: L1BlockRef) -> MonitoredGames:
        """The games after an L1 block; raises what the factory's reads do."""
        to_play, to_claim = [], []
        earliest = max(0, head.time - self._config.game_window)
        for game in self.games_at_or_after(earliest, head):
            info = game_type_info(game.game_type)
            if info is None or info.support is Support.NAMED:
                self._once(game, "unsupported-game", Level.WARNING)
                continue
            if self._config.game_allowlist and game.proxy not in self._config.game_allowlist:
                continue
            to_claim.append(game)
            if info.support is not Support.PLAYED:
                continue
            if game.game_type not in self._config.game_types:
                self._once(game, "game-not-played", Level.WARNING)
                continue
            to_play.append(game)
        return MonitoredGames(tuple(to_play), tuple(to_claim))

    def games_at_or_after(self, earliest: int, head: L1BlockRef) -> Sequence[GameMetadata]:
        """The factory's games from the newest back to the last one not before ``earliest`` (seconds)."""
        count = self._factory.game_count(head.hash)
        known = self._still_known(count, head)
        top = known[0].index if known else -1
        games: list[GameMetadata] = []
        end = count
        while end > top + 1:
            start = max(top + 1, end - DEFAULT_BATCH_SIZE)
            calls = [self._factory.game_at_index_call(index) for index in reversed(range(start, end))]
            batch = read_all(self._factory.bound.l1, calls, head.hash)
            games += batch
            end = start
            if batch[-1].timestamp < earliest:
                break
        games += known if end == top + 1 else []
        self._known = [game for game in games if game.timestamp >= earliest]
        self._said.intersection_update(self._known)
        return self._known

    def begin_anew(self) -> None:
        """L1 was reorganized: read the whole list again."""
        self._known = []

    def _still_known(self, count: int, head: L1BlockRef) -> list[GameMetadata]:
        """What is known of the list, unless its newest entry is another one now."""
        if not self._known or self._known[0].index >= count:
            return []
        newest = self._factory.game_at_index(self._known[0].index, head.hash)
        return self._known if newest == self._known[0] else []

    def _once(self, game: GameMetadata, event: str, level: Level) -> None:
        if game not in self._said:
            self._said.add(game)
            self._news(event, level, game=to_hex(game.proxy), type=game.game_type, index=game.index)
