"""Who takes the looks at games: the caller itself, or a few threads."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

__all__ = ["InlineWorkers", "Workers"]

T = TypeVar("T")


class Workers(Protocol[T]):
    """Runs pieces of work, and hands their results back to one thread."""

    @abstractmethod
    def submit(self, work: Callable[[], T]) -> None:
        """Have it done; pieces may be done in any order, and at the same time."""

    @abstractmethod
    def collect(self) -> list[T]:
        """The results since the last call."""

    @property
    @abstractmethod
    def has_results(self) -> bool:
        """Whether :meth:`collect` would return something."""

    @property
    @abstractmethod
    def busy(self) -> int:
        """Pieces that are being done or wait, or whose result is not collected."""


class InlineWorkers(Workers[T], Generic[T]):
    """Does everything at once, in the thread of the caller: the same order each time."""

    def __init__(self) -> None:
        self._results: deque[T] = deque()

    def submit(self, work: Callable[[], T]) -> None:
        """Do it at once, before this returns."""
        self._results.append(work())

    def collect(self) -> list[T]:
        results = list(self._results)
        self._results.clear()
        return results

    @property
    def has_results(self) -> bool:
        return bool(self._results)

    @property
    def busy(self) -> int:
        return len(self._results)
