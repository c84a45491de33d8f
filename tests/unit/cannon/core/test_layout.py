"""No two things are in one place."""

from __future__ import annotations

from pyoprollup.cannon.core import layout

WIDE = {"COUNTS": 2, "KEY": 4, "HELD_KEY": 4, "ACCESS": 2, "BEFORE": 2, "LL_THREADS": 6, "LL_STEPS": 6}
BEFORE_WORDS = {
    "M64",
    "M32",
    "SIGN",
    "ALIGNED",
    "PC",
    "NEXT",
    "LO",
    "HI",
    "ID",
    "THREAD_CODE",
    "THREAD_EXITED",
    "ROW",
}


def test_words_do_not_overlap() -> None:
    names = [name for name in vars(layout) if name.isupper() and name not in BEFORE_WORDS]
    used: dict[int, str] = {}
    for name in names[: names.index("WORDS")]:
        if name == "LL_MOST":
            continue
        for index in range(getattr(layout, name), getattr(layout, name) + WIDE.get(name, 1)):
            assert index not in used, f"{name} and {used[index]}"
            used[index] = name
    assert max(used) < layout.WORDS


def test_answers_differ() -> None:
    names = [name for name in vars(layout) if name.isupper()]
    answers = [getattr(layout, name) for name in names[names.index("OK") : names.index("QUANTUM")]]
    assert sorted(set(answers)) == sorted(answers)
