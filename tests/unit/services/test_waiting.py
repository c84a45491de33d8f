"""Waiting at the start for what is not there yet."""

from __future__ import annotations

import pytest

from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.events import Happening
from pyoprollup.services import StartAbandoned, Waiting


class Slow:
    """Answers at the last of so many times."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "here"


def test_an_answer_ends_it_and_each_reason_is_told_once() -> None:
    news: list[Happening] = []
    waiting = Waiting(news.append, pause=0.001)
    down, syncing = Unavailable("down"), Unavailable("syncing")
    assert waiting.until("l1", Slow(down, down, syncing)) == "here"
    assert [(each.event, str(each.details["error"])) for each in news] == [
        ("waiting-for-l1", "down"),
        ("waiting-for-l1", "syncing"),
    ]


def test_what_will_not_get_better_is_not_waited_for() -> None:
    with pytest.raises(ConfigError):
        Waiting(lambda _: None).until("l1", Slow(ConfigError("another chain")))


def test_nobody_wants_it_any_more() -> None:
    waiting = Waiting(lambda _: None, lambda: True)
    with pytest.raises(StartAbandoned, match="down"):
        waiting.until("l1", Slow(Unavailable("down")))
