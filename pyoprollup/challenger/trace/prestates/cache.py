"""Remembers what is known about the prestates that were used last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from pyoprollup.challenger.trace.vm import PrestateProvider
from pyoprollup.eth.types import Hash32
from pyoprollup.sources.lru import Lru

__all__ = ["PRESTATE_CACHE_SIZE", "PrestateProviderCache"]

PRESTATE_CACHE_SIZE = 5

T = TypeVar("T", bound=PrestateProvider)


class PrestateProviderCache(Generic[T]):
    """Providers by the hash of their prestate. ``create`` makes one; that it raised is not remembered."""

    def __init__(self, create: Callable[[Hash32], T]) -> None:
        self._create = create
        self._providers: Lru[Hash32, T] = Lru(PRESTATE_CACHE_SIZE)

    def get_or_create(self, prestate_hash: Hash32) -> T:
        """The provider of a prestate; raises what ``create`` raises."""
        found = self._providers.get(prestate_hash)
        if found is None:
            found = self._create(prestate_hash)
            self._providers.put(prestate_hash, found)
        return found
