"""What becomes of news: lines of a log, metrics, a trace.

Components tell what happens through one port, :data:`pyoprollup.events.Tell`. Here are its other ends:
:func:`~pyoprollup.telemetry.logs.log_news` writes with structlog,
:func:`~pyoprollup.telemetry.trace.trace_news` writes lines of JSON,
:class:`~pyoprollup.telemetry.prometheus.MetricsExporter` offers the counters of services under op-node's
and op-batcher's names, and :func:`spread` tells several at once. structlog and prometheus-client come with
the extra ``node``.
"""

from __future__ import annotations

from pyoprollup.telemetry.plain import plain
from pyoprollup.telemetry.spread import at_node, spread
from pyoprollup.telemetry.trace import trace_news

__all__ = ["at_node", "plain", "spread", "trace_news"]
