"""A trace: a line of JSON for each happening."""

from __future__ import annotations

import json
from typing import Any, TextIO

from pyoprollup.events import Happening, Tell
from pyoprollup.telemetry.plain import plain

__all__ = ["happening_json", "trace_news"]


def happening_json(happening: Happening) -> dict[str, Any]:
    """A happening as JSON: ``time`` (seconds), ``node``, ``from``, ``event``, ``to`` and ``details``."""
    details = {name: plain(value) for name, value in happening.details.items()}
    return {
        "time": round(happening.time, 3),
        "node": happening.node or None,
        "from": happening.source,
        "event": happening.event,
        "to": list(happening.targets),
        **({"details": details} if details else {}),
    }


def trace_news(file: TextIO) -> Tell:
    """Writes each happening to an open file."""

    def write(happening: Happening) -> None:
        file.write(json.dumps(happening_json(happening), separators=(",", ":")) + "\n")

    return write
