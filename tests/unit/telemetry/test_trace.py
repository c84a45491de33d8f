"""A line of JSON for each happening."""

from __future__ import annotations

import io
import json

from pyoprollup.errors import Unavailable
from pyoprollup.events import Happening, Level
from pyoprollup.telemetry import trace_news


def test_lines() -> None:
    file = io.StringIO()
    tell = trace_news(file)
    details = {"error": Unavailable("no answer")}
    tell(Happening("batcher", "sync-status-failed", details, Level.WARNING, ("node",), "sequencer", 1.23456))
    tell(Happening("l1", "block"))
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert lines == [
        {
            "time": 1.235,
            "node": "sequencer",
            "from": "batcher",
            "event": "sync-status-failed",
            "to": ["node"],
            "details": {"error": "no answer"},
        },
        {"time": 0.0, "node": None, "from": "l1", "event": "block", "to": []},
    ]
