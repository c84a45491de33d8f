from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.sources.lru import Lru


def test_order_of_use() -> None:
    left: list[tuple[str, int]] = []
    lru: Lru[str, int] = Lru(2, lambda key, value: left.append((key, value)))
    lru.put("a", 1)
    lru.put("b", 2)
    assert lru.get("a") == 1
    assert ("b" in lru, lru.peek("b"), lru.peek("c")) == (True, 2, None)  # asking is not using
    lru.put("c", 3)
    assert left == [("b", 2)]
    lru.put("a", 4)
    assert (lru.remove("c"), lru.remove("c"), lru.get("c")) == (True, False, None)
    assert left == [("b", 2), ("c", 3)]
    assert (len(lru), lru.get("a")) == (1, 4)
    lru.clear()
    assert (len(lru), lru.get("a"), left) == (0, None, [("b", 2), ("c", 3)])


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


@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from("gpr"), st.integers(0, 6)), max_size=40))
def test_against_a_list(capacity: int, steps: list[tuple[str, int]]) -> None:
    lru: Lru[int, int] = Lru(capacity)
    model: list[int] = []  # least recently used first
    for kind, key in steps:
        known = key in model
        if known:
            model.remove(key)
        if kind == "r":
            assert lru.remove(key) == known
        elif kind == "p":
            lru.put(key, key)
            model.append(key)
            del model[:-capacity]
        else:
            assert (lru.get(key) is not None) == known
            model += [key] if known else []
        assert len(lru) == len(model)
        assert all(key in lru for key in model)
