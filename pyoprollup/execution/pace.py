"""How an engine shares its thread and its time, where it has calls from others and a clock on the wall."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from pyoprollup.rpc.worker import do_later, give_way, is_wanted

__all__ = ["WORKER_PACE", "Pace"]


@dataclass(frozen=True, slots=True)
class Pace:
    """What an engine needs for it. Without, it does everything at once, and to the end."""

    now: Callable[[], float]
    """Unix time in seconds."""
    checkpoint: Callable[[], None]
    """Called while blocks are executed; see :data:`~pyoprollup.evm.state.Checkpoint`."""
    is_wanted: Callable[[], bool]
    """Whether a call waits that should not have to."""
    later: Callable[[Callable[[], None]], None]
    """Has something done after the current call."""


WORKER_PACE = Pace(time.time, give_way, is_wanted, do_later)
"""That of an engine whose calls a :class:`~pyoprollup.rpc.worker.CallWorker` carries out."""
