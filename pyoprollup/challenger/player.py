"""The player of one game: from its first look at it to its end."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.sender import InFlight, Outgoing
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.events import NEVER, News

__all__ = ["Actor", "GamePlayer", "InvalidPrestate", "NotInSync", "PassResult", "Validator"]


class NotInSync(Unavailable):
    """The rollup node has not derived all that the game is decided by, or follows another L1 chain."""


class InvalidPrestate(RollupError):
    """The game begins from a state that is not the one we have: what it proves is another program."""


class Actor(Protocol):
    """Acts in one game."""

    @abstractmethod
    def status(self, head: L1BlockRef) -> GameStatus:
        """How the game stands after an L1 block."""

    @abstractmethod
    def act(self, head: L1BlockRef) -> None:
        """Look at the game after an L1 block, and do what is to be done.

        May raise any ``RollupError``: :class:`NotInSync`, for one, if the game cannot be judged now.
        """

    @abstractmethod
    def collect(self) -> Sequence[Outgoing]:
        """What was sent since the last call."""

    @property
    @abstractmethod
    def next_due(self) -> float:
        """When there is something to do though L1 stands still, such as an answer that was held back."""


class Validator(Protocol):
    """Checks something about a game before it is played."""

    @abstractmethod
    def validate(self) -> None:
        """Raises :class:`InvalidPrestate`, or what a read does."""


@dataclass(frozen=True, slots=True)
class PassResult:
    """What came of one look at a game."""

    status: GameStatus
    outgoing: tuple[Outgoing, ...] = ()
    next_due: float = NEVER
    error: RollupError | None = None


class GamePlayer:
    """Plays one game. ``actor`` is ``None`` for a game that was over at the first look."""

    def __init__(
        self, actor: Actor | None, status: GameStatus, validators: Sequence[Validator], news: News
    ) -> None:
        self._actor = actor
        self._validators = validators
        self._news = news
        self.status = status

    def validate_prestate(self) -> None:
        """Raise :class:`InvalidPrestate`, or what a read does, unless the game is one that we can judge."""
        for validator in self._validators:
            validator.validate()

    def progress_game(self, head: L1BlockRef) -> PassResult:
        """One look at the game after an L1 block. Raises nothing of what can go wrong outside."""
        actor = self._actor
        if actor is None or self.status is not GameStatus.IN_PROGRESS:
            return PassResult(self.status)
        error = None
        try:
            actor.act(head)
        except InFlight:
            pass
        except RollupError as exc:
            error = exc
            self._news.failed("not-in-sync" if isinstance(exc, NotInSync) else "act-failed", exc)
        outgoing = tuple(actor.collect())
        try:
            self.status = actor.status(head)
        except RollupError as exc:
            self._news.failed("status-unknown", exc)
        if self.status is not GameStatus.IN_PROGRESS:
            self._news("game-resolved", status=str(self.status))
            self._actor = None  # its traces go with it
        return PassResult(self.status, outgoing, actor.next_due, error)
