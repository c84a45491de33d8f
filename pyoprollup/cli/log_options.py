"""Options for the log of a service, the same for all of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from pyoprollup.cli.options import choice, option
from pyoprollup.errors import ConfigError
from pyoprollup.events import Level, Tell

__all__ = ["LogOptions"]

_LEVELS = {
    "trace": Level.TRACE,
    "debug": Level.DEBUG,
    "info": Level.INFO,
    "warn": Level.WARNING,
    "error": Level.ERROR,
}
_FORMATS = ("text", "logfmt", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """What is written to standard error, and how."""

    log_level: str = option(
        "--log-level",
        f"What is logged: {', '.join(_LEVELS)}.",
        default="info",
        metavar="LEVEL",
        parse=choice(*_LEVELS),
        alias="--log.level",
    )
    log_format: str = option(
        "--log-format",
        f"How it is written: {', '.join(_FORMATS)}.",
        default="text",
        metavar="FORMAT",
        parse=choice(*_FORMATS),
        alias="--log.format",
    )

    @property
    def level(self) -> Level:
        return _LEVELS[self.log_level]

    def tell(self) -> Tell:
        """Writes news to standard error."""
        from pyoprollup.telemetry.logs import log_news, make_logger

        try:
            return log_news(make_logger(sys.stderr, self.log_format), self.level)
        except ModuleNotFoundError as exc:
            raise ConfigError("structlog is not installed; it comes with pyoprollup[node]") from exc
