"""How the commands of services run, and end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pyoprollup.cli.output import print_error, print_head, print_line
from pyoprollup.cli.stopping import Stopping, stopping
from pyoprollup.errors import RollupError
from pyoprollup.events import Level, Tell

if TYPE_CHECKING:
    from pyoprollup.cli.log_options import LogOptions
    from pyoprollup.services import RunningService, Waiting
    from pyoprollup.telemetry.level import LeveledTell

__all__ = ["run_service", "service_log"]

_LOOK_SECONDS = 0.2
_READINESS_SECONDS = 10.0


def service_log(logs: LogOptions) -> LeveledTell:
    """The log of a service, to standard error."""
    from pyoprollup.telemetry.level import LeveledTell
    from pyoprollup.telemetry.logs import log_news, make_logger

    return LeveledTell(log_news(make_logger(sys.stderr, logs.log_format), Level.TRACE), logs.level)


def run_service(build: Callable[[Waiting], RunningService], log: Tell, title: str) -> None:
    """Run until a signal comes; raises :class:`RollupError` if the service ends by itself.

    ``build`` may wait for others.
    """
    from pyoprollup.services import StartAbandoned, Waiting

    with stopping() as stop:
        try:
            waiting = Waiting(log, lambda: stop.asked)
            service = build(waiting)
            service.waiting = waiting
            with service:
                _run(service, stop, title)
        except StartAbandoned as exc:
            print_error(str(exc))


def _run(service: RunningService, stop: Stopping, title: str) -> None:
    print_head(title)
    print_line(f"JSON-RPC    {service.rpc.url if service.rpc else ''}", indent=2)
    if service.metrics_url:
        print_line(f"metrics     {service.metrics_url}", indent=2)
    look_at = 0.0
    while not stop.asked:
        time.sleep(_LOOK_SECONDS)
        health = service.service.health
        if not health.running:
            raise RollupError(f"the service has ended: {health.error}")
        if time.monotonic() >= look_at:
            look_at = time.monotonic() + _READINESS_SECONDS
            service.readiness()  # tells when it changes
