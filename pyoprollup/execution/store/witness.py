"""State that is fetched as it is needed: execution from a witness, or from a node that answers for hashes."""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.eth.crypto import keccak256
from pyoprollup.execution.store.cache import BytesCache
from pyoprollup.execution.store.errors import CorruptStore

__all__ = ["WitnessStore"]


class WitnessStore:
    """Implements ``KeyValue`` on a function that fetches pre-images by their keccak-256.

    ``fetch`` raises ``KeyError`` for what it does not have; its other errors pass. Whatever it gives is
    checked, so it need not be trusted. What was fetched is remembered, up to ``cache_bytes``.
    """

    def __init__(self, fetch: Callable[[bytes], bytes], cache_bytes: int = 64 << 20) -> None:
        self._fetch = fetch
        self._cache = BytesCache(cache_bytes)

    def __getitem__(self, key: bytes) -> bytes:
        """The pre-image; raises :class:`CorruptStore` if a wrong one comes, and what ``fetch`` raises."""
        value = self._cache.get(key)
        if value is None:
            value = self._fetch(key)
            if keccak256(value) != key:
                raise CorruptStore(f"what was fetched for 0x{key.hex()} has another hash")
            self._cache.put(key, value)
        return value
