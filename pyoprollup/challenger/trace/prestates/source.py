"""Where the first states of programs come from, and the file that is always the same."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Protocol

from pyoprollup.eth.types import Hash32

__all__ = ["PrestateSource", "SinglePrestateSource"]


class PrestateSource(Protocol):
    """Finds the file of a prestate."""

    @abstractmethod
    def prestate_path(self, prestate_hash: Hash32) -> Path:
        """The file to use for games with this prestate.

        A source may have but one file, so whoever plays compares what is in it. Raises
        :class:`~pyoprollup.challenger.trace.prestates.errors.PrestateUnavailable`.
        """


class SinglePrestateSource:
    """A :class:`PrestateSource` with one file for all games."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def prestate_path(self, _prestate_hash: Hash32) -> Path:
        """The file, whatever is asked for."""
        return self._path
