"""News as lines of a log, by structlog."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from pyoprollup.events import Happening, Level, Tell
from pyoprollup.telemetry.plain import plain

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger

__all__ = ["FORMATS", "log_news", "make_logger"]

FORMATS = ("text", "logfmt", "json")
"""Forms of lines: for people, and two for machines. The keys of ``json`` and ``logfmt`` are op-node's: ``t``
for the time, ``lvl`` and ``msg``."""

_SHORT = {"trace": "TRACE", "debug": "DEBUG", "info": "INFO ", "warn": "WARN ", "error": "ERROR"}


def log_news(logger: FilteringBoundLogger | None = None, level: Level = Level.INFO) -> Tell:
    """Writes every happening of at least ``level`` with structlog: the event, its source, and the details.

    ``logger`` is one of structlog's, by default ``structlog.get_logger("pyoprollup")``. Raises
    ``ModuleNotFoundError`` where structlog is not installed; it comes with the extra ``node``.
    """
    import structlog

    log: Any = logger or structlog.get_logger("pyoprollup")

    def write(happening: Happening) -> None:
        if happening.level < level:
            return
        details = {name: plain(value) for name, value in happening.details.items()}
        if happening.node:
            details["node"] = happening.node
        number = max(happening.level, Level.DEBUG)
        log.log(int(number), happening.event, source=happening.source, **details)

    return write


def make_logger(stream: TextIO, form: str = "text") -> FilteringBoundLogger:
    """A logger for :func:`log_news` that writes lines of one of the :data:`FORMATS` to ``stream``."""
    import structlog

    processors: list[Any] = [_named]
    if form == "json":
        processors.append(structlog.processors.JSONRenderer())
    elif form == "logfmt":
        processors.append(structlog.processors.LogfmtRenderer(key_order=("t", "lvl", "msg")))
    else:
        processors.append(_text)
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(0),
        context_class=dict,
    )
    return logger


def _named(_logger: Any, level: str, event: EventDict) -> EventDict:
    """Time, level and text under op-node's names, before the rest."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    name = {"warning": "warn"}.get(level, level)
    return {"t": now, "lvl": name, "msg": event.pop("event", ""), **event}


def _text(_logger: Any, _level: str, event: EventDict) -> str:
    """A line for people: level, time, text, and the rest as ``name=value``."""
    rest = dict(event)
    time, level, text = rest.pop("t"), rest.pop("lvl"), rest.pop("msg")
    pairs = [f"{name}={_shown(value)}" for name, value in rest.items()]
    return " ".join((f"{_SHORT.get(level, level)} [{time}] {text:<24}", *pairs)).rstrip()


def _shown(value: Any) -> str:
    """A value on one line; what comes from outside cannot begin another, or upset a terminal."""
    if isinstance(value, dict):
        value = " ".join(f"{name}:{item}" for name, item in value.items())
    text = "".join(char if char.isprintable() else "?" for char in str(value))
    return f'"{text}"' if " " in text or not text else text
