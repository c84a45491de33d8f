"""The cache: by what was used last, and no more bytes than there is room for."""

from __future__ import annotations

import pytest

from pyoprollup.l1.rpc.cache import ByteCache


def test_what_was_used_last_stays() -> None:
    cache = ByteCache(30)
    for key in "abc":
        cache.keep(key, key.upper(), 10)
    assert cache.get("a") == "A"
    cache.keep("d", "D", 10)
    assert [cache.get(key) for key in "abcd"] == ["A", None, "C", "D"]
    assert cache.size == 30


def test_bytes_count_not_entries() -> None:
    cache = ByteCache(100)
    for key in range(50):
        cache.keep(key, key, 2)
    assert cache.size == 100
    cache.keep("large", 1, 99)
    assert cache.size <= 100
    assert cache.get(0) is None
    cache.keep("larger", 1, 101)
    assert cache.get("larger") is None, "it would push everything else out and not fit all the same"
    assert cache.get("large") == 1


def test_a_key_that_comes_again_counts_once() -> None:
    cache = ByteCache(100)
    for size in (10, 20, 30):
        cache.keep("a", size, size)
    assert (cache.get("a"), cache.size) == (30, 30)


def test_what_cannot_be_read_is_not_kept() -> None:
    cache = ByteCache(100)

    def fail() -> int:
        raise ValueError("down")

    with pytest.raises(ValueError, match="down"):
        cache.get_or("a", fail, lambda _value: 1)
    assert cache.get_or("a", lambda: 5, lambda _value: 1) == 5
    assert cache.get_or("a", fail, lambda _value: 1) == 5
