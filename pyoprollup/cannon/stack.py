"""What a Go program finds on its stack when it starts: arguments, environment, facts of the machine.

Specification: none; the layout is that of a process on Linux, the contents are the reference's.
"""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.cannon.core.plain import PAGE_BYTES
from pyoprollup.cannon.state import State

__all__ = ["STACK_TOP", "patch_stack"]

STACK_TOP = 0x7FFFFFFFF000
STACK_PAGES = 4
"""Pages below the top; Go's first stack is small, as it soon makes its own."""

AT_PAGESZ, AT_RANDOM = 6, 25
RANDOM = b"4;byfairdiceroll"
ENVIRONMENT = b"GODEBUG=memprofilerate=0"
PROGRAM_NAME = b"op-program"


def _padded(text: bytes) -> bytes:
    return text + bytes(-len(text) % 8)


def patch_stack(state: State) -> None:
    """Set up the first thread's stack: its pages, its pointer, and what lies on it."""
    state.memory.write_zeros(STACK_TOP - STACK_PAGES * PAGE_BYTES, (STACK_PAGES + 1) * PAGE_BYTES)
    environment, name = _padded(ENVIRONMENT + b"\0"), _padded(PROGRAM_NAME + b"\0")
    random_at = STACK_TOP + 10 * 8
    environment_at = random_at + len(RANDOM)
    name_at = environment_at + len(environment)
    words = (1, name_at, 0, environment_at, 0, AT_PAGESZ, PAGE_BYTES, AT_RANDOM, random_at, 0)
    state.memory.write(
        STACK_TOP, b"".join(word.to_bytes(8, "big") for word in words) + RANDOM + environment + name
    )
    thread = state.active[-1]
    registers = (*thread.registers[:29], STACK_TOP, *thread.registers[30:])
    state.active[-1] = replace(thread, registers=registers)
