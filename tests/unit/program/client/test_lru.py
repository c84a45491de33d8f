from __future__ import annotations

from pyoprollup.program.client.lru import Lru


def test_what_was_used_last_stays() -> None:
    cache: Lru[int, str] = Lru(2)
    cache.put(1, "one")
    cache.put(2, "two")
    assert cache.get(1) == "one"
    cache.put(3, "three")
    assert (cache.get(1), cache.get(2), cache.get(3)) == ("one", None, "three")
    cache.put(1, "uno")
    cache.put(4, "four")
    assert (cache.get(1), cache.get(3), cache.get(4)) == ("uno", None, "four")
