"""What is known about the runs of a VM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyoprollup.challenger.trace.vm.errors import FileDamaged
from pyoprollup.errors import DecodeError
from pyoprollup.eth.quantity_reader import QuantityReader

__all__ = ["DebugInfo", "VmMetrics"]


@dataclass(frozen=True, slots=True)
class DebugInfo:
    """Figures that cannon writes about a run, in bytes and counts."""

    memory_used: int = 0
    total_steps: int = 0
    instruction_cache_miss_count: int = 0
    rmw_success_count: int = 0
    rmw_fail_count: int = 0
    max_steps_between_ll_and_sc: int = 0
    reservation_invalidation_count: int = 0
    forced_preemption_count: int = 0
    idle_step_count_thread_0: int = 0

    @classmethod
    def from_json(cls, value: Any) -> DebugInfo:
        """From cannon's file; figures that it lacks are zero. Raises :class:`FileDamaged`."""
        try:
            obj = QuantityReader(value, "debug info")
            return cls(**{name: obj.optional(name, obj.uint64) or 0 for name in cls.__slots__})
        except DecodeError as exc:
            raise FileDamaged(str(exc)) from exc


@dataclass(slots=True)
class VmMetrics:
    """Counts since the start, and what is known about the latest run."""

    runs: int = 0
    failures: int = 0
    execution_time: float = 0.0
    """Seconds of the latest run."""
    step: int = 0
    """Where the run was when it said so last."""
    steps_per_second: float = 0.0
    debug_info: DebugInfo = DebugInfo()
