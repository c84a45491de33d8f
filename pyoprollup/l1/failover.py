"""Several endpoints for one thing: whom to ask, when to ask again, and what to make of their answers.

Endpoints have an order of preference. One that failed steps back behind the others for a while that grows
with its failures; before it is used again, whoever owns it looks at it anew (:attr:`Standing.must_check`). A
question goes to one endpoint after the other until there is an answer; when all have failed, there is a
pause, which grows and is spread by chance, and another round.

An endpoint that says "there is no such thing" may only be behind the others: it is believed when nobody who
answers says otherwise.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pyoprollup.errors import ConfigError, NotFound, Unavailable
from pyoprollup.events import News

__all__ = ["AllFailed", "Clockwork", "EndpointPool", "HasStanding", "Patience", "Standing"]

T = TypeVar("T")


class AllFailed(Unavailable):
    """No endpoint has an answer. ``answers`` has what each of them said last, by its name."""

    def __init__(self, what: str, answers: dict[str, str]) -> None:
        said = "; ".join(f"{name}: {text}" for name, text in answers.items())
        super().__init__(f"{what}: {said or 'nobody was asked'}")
        self.what = what
        self.answers = answers


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a question is asked. Times in seconds; raises :class:`ConfigError`.

    ``rounds`` over all endpoints; between two of them a pause of ``pause``, twice that, and so on up to
    ``longest_pause``, of which up to half is left out by chance. An endpoint that failed steps back for the
    same times.
    """

    rounds: int = 3
    pause: float = 0.5
    longest_pause: float = 8.0

    def __post_init__(self) -> None:
        if self.rounds < 1 or not 0 < self.pause <= self.longest_pause:
            raise ConfigError(f"retries: at least one round, and pauses above 0 that grow, not {self}")

    def after(self, failures: int) -> float:
        """The longest pause after so many failures in a row."""
        return float(min(self.pause * 2.0 ** min(failures - 1, 30), self.longest_pause))


class Clockwork:
    """Time and chance from outside. ``clock`` gives seconds from anywhere, ``chance`` a number below 1.

    Without a ``sleep``, pauses are real, and end when ``closed`` is set.
    """

    def __init__(
        self, clock: Callable[[], float], sleep: Callable[[float], object] | None, chance: Callable[[], float]
    ) -> None:
        self.closed = threading.Event()
        """Whether nobody wants answers any more."""
        self.clock, self.chance = clock, chance
        self.sleep: Callable[[float], object] = sleep or self.closed.wait


class Standing:
    """How an endpoint has done lately."""

    def __init__(self) -> None:
        self.failures = 0
        """In a row."""
        self.until = 0.0
        """Until when others are asked before it."""
        self.must_check = True
        """It is new, or was away: it may be another server than before."""
        self.last_error: Exception | None = None


class HasStanding(Protocol):
    """An endpoint. ``name`` is for people; it has no secrets that may be in a URL. Closed with the pool."""

    @property
    def name(self) -> str: ...

    @property
    def standing(self) -> Standing: ...

    def close(self) -> None: ...


E = TypeVar("E", bound=HasStanding)


class EndpointPool(Generic[E]):
    """The endpoints, in the order of preference. For several threads.

    ``news`` is told when an endpoint fails and when it is back.
    """

    def __init__(
        self, endpoints: Sequence[E], patience: Patience, works: Clockwork, news: News | None = None
    ) -> None:
        self._endpoints = tuple(endpoints)
        self._patience = patience
        self._works = works
        self._news = news or News("l1")
        self._lock = threading.Lock()

    @property
    def endpoints(self) -> tuple[E, ...]:
        """All of them, in the order of preference."""
        return self._endpoints

    def now(self) -> float:
        """The time, by the clock of the endpoints."""
        return self._works.clock()

    def check(self, look: Callable[[E], object], nobody: str) -> dict[str, str]:
        """Look at every endpoint; returns why each that raises ``Unavailable`` cannot be used, by its name.

        Raises :class:`AllFailed`, which says ``nobody``, if none can.
        """
        failures: dict[str, str] = {}
        for endpoint in self._endpoints:
            try:
                look(endpoint)
            except Unavailable as exc:
                failures[endpoint.name] = str(exc)
        if len(failures) == len(self._endpoints):
            raise AllFailed(nobody, failures)
        return failures

    def close(self) -> None:
        """End all questions, who waits between two rounds gives up at once; and all connections."""
        self._works.closed.set()
        for endpoint in self._endpoints:
            endpoint.close()

    def ask(self, what: str, attempt: Callable[[E], T], missing_rounds: int = 1, rounds: int = 0) -> T:
        """The first answer. ``attempt`` raises :class:`Unavailable` if an endpoint has none.

        Raises :class:`NotFound` if endpoints say that there is no such thing and none has it, in each of
        ``missing_rounds`` (servers behind a balancer do not all know the same), and :class:`AllFailed`,
        which tells what each said. Other errors of ``attempt`` are answers, and are raised.
        """
        answers: dict[str, str] = {}
        rounds = rounds or self._patience.rounds
        for number in range(1, rounds + 1):
            if self._works.closed.is_set():
                raise AllFailed(what, {"client": "it is closed"})
            missing: NotFound | None = None
            for endpoint in self._in_order():
                try:
                    answer = attempt(endpoint)
                except NotFound as exc:
                    missing = exc
                    answers[endpoint.name] = str(exc)
                except Unavailable as exc:
                    answers[endpoint.name] = str(exc)
                    self._failed(endpoint, exc, what)
                else:
                    self._worked(endpoint)
                    return answer
            if missing is not None and number >= min(missing_rounds, rounds):
                raise missing
            if number < rounds:
                longest = self._patience.after(number)
                self._works.sleep(longest * (1 - self._works.chance() / 2))
        raise AllFailed(what, answers)

    def _in_order(self) -> list[E]:
        """Those in good standing first, then the others by when they may be back."""
        now = self._works.clock()
        with self._lock:
            return sorted(self._endpoints, key=lambda endpoint: max(endpoint.standing.until, now) - now)

    def _failed(self, endpoint: E, error: Exception, what: str) -> None:
        standing = endpoint.standing
        with self._lock:
            standing.failures += 1
            standing.last_error = error
            standing.until = self._works.clock() + self._patience.after(standing.failures)
        self._news.failed("endpoint-failed", error, endpoint=endpoint.name, what=what)

    def _worked(self, endpoint: E) -> None:
        standing = endpoint.standing
        with self._lock:
            failures, standing.failures, standing.until = standing.failures, 0, 0.0
        if failures:
            self._news("endpoint-is-back", endpoint=endpoint.name, failures=failures)
