"""What is counted while a program runs, in the form of op-cannon's ``--debug-info``.

Specification: none; the names are the reference's.
"""

from __future__ import annotations

from typing import Any

from pyoprollup.cannon.core.layout import (
    FORCED,
    HIGHEST_MISS,
    IDLE,
    INVALIDATED,
    MISSES,
    RMW_DONE,
    RMW_FAILED,
    RMW_LONGEST,
    STEP,
)
from pyoprollup.cannon.core.plain import PAGE_BYTES
from pyoprollup.cannon.machine import Machine

__all__ = ["debug_info"]


def debug_info(machine: Machine) -> dict[str, Any]:
    """The figures in the order in which they are written."""
    get, pages = machine.engine.get, machine.engine.page_count()
    return {
        "pages": pages,
        "memory_used": hex(pages * PAGE_BYTES),
        "num_preimage_requests": machine.requests,
        "total_preimage_size": machine.requested_bytes,
        "total_steps": get(STEP),
        "instruction_cache_miss_count": get(MISSES),
        "highest_icache_miss_pc": hex(get(HIGHEST_MISS)),
        "rmw_success_count": get(RMW_DONE),
        "rmw_fail_count": get(RMW_FAILED),
        "max_steps_between_ll_and_sc": get(RMW_LONGEST),
        "reservation_invalidation_count": get(INVALIDATED),
        "forced_preemption_count": get(FORCED),
        "idle_step_count_thread_0": get(IDLE),
    }
