"""News as lines of a log."""

from __future__ import annotations

import structlog
from structlog.testing import capture_logs

from pyoprollup.errors import Unavailable
from pyoprollup.events import Level, News
from pyoprollup.telemetry.logs import log_news


def test_the_text_of_an_error_is_in_the_log() -> None:
    with capture_logs() as lines:
        news = News("txmgr", log_news(structlog.get_logger()))
        news.failed("bump-failed", Unavailable("L1 does not answer"), nonce=4)
    assert lines == [
        {
            "event": "bump-failed",
            "log_level": "warning",
            "source": "txmgr",
            "error": "L1 does not answer",
            "nonce": 4,
        }
    ]


def test_what_is_below_the_level_is_not_written() -> None:
    with capture_logs() as lines:
        news = News("gossip", log_news(structlog.get_logger(), Level.INFO))
        news("message", Level.DEBUG)
        news("state-cleared")
    assert [line["event"] for line in lines] == ["state-cleared"]
