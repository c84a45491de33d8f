"""How long a call may run, and how it lets more urgent calls go first."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from pyoprollup.rpc.errors import SERVER_ERROR, JsonRpcError
from pyoprollup.rpc.worker import give_way

__all__ = ["DEFAULT_GAS_CAP", "DEFAULT_SECONDS", "CallLimits", "Deadline", "duration"]

DEFAULT_GAS_CAP = 50_000_000
DEFAULT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Of one call or estimate, or another method that reads much. 0 stands for no limit."""

    gas: int = DEFAULT_GAS_CAP
    seconds: float = DEFAULT_SECONDS

    def deadline(self) -> Deadline:
        """Of a call that begins now."""
        return Deadline(self.seconds)

    def gas_at_most(self, gas: int) -> int:
        """The gas limit of a call that asks for ``gas``."""
        return min(gas, self.gas) if self.gas else gas


class Deadline:
    """To be called every few milliseconds: lets urgent calls go first, and ends the call when its time is up.

    Raises :class:`~pyoprollup.rpc.errors.JsonRpcError` with go-ethereum's text then. ``clock`` gives seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._end = clock() + seconds

    def __call__(self) -> None:
        give_way()
        if self._seconds and self._clock() > self._end:
            raise JsonRpcError(SERVER_ERROR, f"execution aborted (timeout = {duration(self._seconds)})")


def duration(seconds: float) -> str:
    """A time span as Go writes it: ``5s``, ``1m30s``, ``500ms``."""
    if seconds < 1:
        return f"{seconds * 1000:g}ms"
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    text = f"{hours:.0f}h" if hours else ""
    text += f"{minutes:.0f}m" if text or minutes else ""
    return f"{text}{round(rest, 9):g}s"
