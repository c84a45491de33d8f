"""News as lines of a log."""

from __future__ import annotations

import io
import json
import re

import structlog
from structlog.testing import capture_logs

from pyoprollup.errors import Unavailable
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import Hash32
from pyoprollup.events import Level, News
from pyoprollup.telemetry.logs import log_news, make_logger


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


def written(form: str) -> str:
    stream = io.StringIO()
    news = News("engine", log_news(make_logger(stream, form)))
    news("new-head", number=7, hash=b"\x12")
    news.failed("refused", Unavailable("two words\nand \x1b[31mred"), block=BlockID(Hash32(bytes(32)), 3))
    return stream.getvalue()


def test_lines_for_people() -> None:
    first, second = written("text").splitlines()
    assert re.fullmatch(r"INFO  \[\S+Z\] new-head +source=engine number=7 hash=0x12", first)
    assert second.startswith("WARN  [")
    assert 'error="two words?and ?[31mred"' in second
    assert 'block="number:3 hash:0x00' in second


def test_lines_for_machines() -> None:
    first, second = (json.loads(line) for line in written("json").splitlines())
    assert list(first) == ["t", "lvl", "msg", "source", "number", "hash"]
    assert (second["lvl"], second["error"]) == ("warn", "two words\nand \x1b[31mred")
    first, second = written("logfmt").splitlines()
    assert re.fullmatch(r"t=\S+Z lvl=info msg=new-head source=engine number=7 hash=0x12", first)
    assert "lvl=warn msg=refused" in second
