"""News as lines of a log, by structlog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyoprollup.events import Happening, Level, Tell
from pyoprollup.telemetry.plain import plain

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

__all__ = ["log_news"]


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
