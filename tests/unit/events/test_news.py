"""What components tell."""

from __future__ import annotations

from pyoprollup.events import Happening, Level, News, no_news


def test_a_component_has_a_voice() -> None:
    told: list[Happening] = []
    news = News("batcher", told.append)
    news("state-cleared", number=7)
    error = ValueError("no room")
    news.failed("publish-failed", error, tx=b"\x01")
    assert told == [
        Happening("batcher", "state-cleared", {"number": 7}),
        Happening("batcher", "publish-failed", {"error": error, "tx": b"\x01"}, Level.WARNING),
    ]


def test_nobody_needs_to_listen() -> None:
    News("batcher")("state-cleared")
    no_news(Happening("batcher", "state-cleared"))
