"""Remembers what is known about the prestates that were used last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from pyoprollup.challenger.trace.vm import PrestateProvider
from pyoprollup.eth.types import Hash32

__all__ = ["PRESTATE_CACHE_SIZE", "PrestateProviderCache"]

PRESTATE_CACHE_SIZE = 5

T = TypeVar("T", bound=PrestateProvider)


class PrestateProviderCache(Generic[T]):
    """Providers by the hash of their prestate. ``create`` makes one; that it raised is not remembered."""

    def __init__(self, create: Callable[[Hash32], T]) -> None:
        self._create = create
        self._providers: OrderedDict[Hash32, T] = OrderedDict()

    def get_or_create(self, prestate_hash: Hash32) -> T:
        """The provider of a prestate; raises what ``create`` raises."""
        found = self._providers.pop(prestate_hash, None)
        if found is None:
            found = self._create(prestate_hash)
        self._providers[prestate_hash] = found
        while len(self._providers) > PRESTATE_CACHE_SIZE:
            self._providers.popitem(last=False)
        return found
