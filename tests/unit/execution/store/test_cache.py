"""The bounded memory, and state that is fetched."""

from __future__ import annotations

import pytest

from pyoprollup.eth.crypto import keccak256
from pyoprollup.execution.store import CorruptStore, WitnessStore
from pyoprollup.execution.store.cache import BytesCache


def test_the_least_recently_used_goes_first() -> None:
    cache = BytesCache(3 * 300)
    for name in (b"a", b"b", b"c"):
        cache.put(name, bytes(100))
    assert cache.get(b"a") == bytes(100)
    cache.put(b"d", bytes(100))
    assert [cache.get(name) is not None for name in (b"a", b"b", b"c", b"d")] == [True, False, True, True]
    cache.put(b"a", bytes(400))
    assert [cache.get(name) is not None for name in (b"a", b"c", b"d")] == [True, False, True]
    cache.drop(b"a")
    cache.drop(b"unknown")
    assert cache.get(b"a") is None
    cache.put(b"e", bytes(10_000))
    assert len(cache) == 0


def test_nothing_is_kept_without_room() -> None:
    cache = BytesCache(0)
    cache.put(b"a", b"")
    assert cache.get(b"a") is None


def test_state_is_fetched_once_and_checked() -> None:
    values = {keccak256(bytes([number])): bytes([number]) for number in range(3)}
    fetched: list[bytes] = []

    def fetch(key: bytes) -> bytes:
        fetched.append(key)
        return values[key]

    store = WitnessStore(fetch)
    for _ in range(2):
        assert [store[key] for key in values] == list(values.values())
    assert fetched == list(values)
    with pytest.raises(KeyError):
        store[bytes(32)]
    values[bytes(32)] = b"wrong"
    with pytest.raises(CorruptStore):
        store[bytes(32)]
    values[bytes(32)] = b""
    with pytest.raises(CorruptStore):
        store[bytes(32)]
