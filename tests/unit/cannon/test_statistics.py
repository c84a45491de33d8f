"""What is counted. That the figures are the reference's, the vectors of whole programs show."""

from __future__ import annotations

from pyoprollup.cannon.core.layout import CODE_END
from pyoprollup.cannon.statistics import debug_info
from tests.unit.cannon.support import CODE, DATA, itype, machine_with


def test_figures() -> None:
    machine = machine_with([itype(0x30, 1, 2, 0), itype(0x38, 1, 3, 0), 0], {1: DATA, 3: 5})
    machine.engine.set(CODE_END, CODE + 4)
    machine.run(3)
    info = debug_info(machine)
    assert list(info)[:5] == [
        "pages",
        "memory_used",
        "num_preimage_requests",
        "total_preimage_size",
        "total_steps",
    ]
    assert (info["pages"], info["memory_used"], info["total_steps"]) == (2, "0x2000", 3)
    assert (info["instruction_cache_miss_count"], info["highest_icache_miss_pc"]) == (2, hex(CODE + 8))
    assert (info["rmw_success_count"], info["rmw_fail_count"], info["max_steps_between_ll_and_sc"]) == (
        1,
        0,
        1,
    )
