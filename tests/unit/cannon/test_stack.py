"""What a program finds on its stack."""

from __future__ import annotations

from pyoprollup.cannon.stack import STACK_TOP, patch_stack
from pyoprollup.cannon.state import State


def test_the_first_stack() -> None:
    state = State.initial(0x1000, 0)
    patch_stack(state)
    assert sorted(state.memory.pages) == [STACK_TOP // 4096 + i for i in range(-4, 1)]
    assert state.left[0].registers == (*[0] * 29, STACK_TOP, 0, 0)
    words = [state.memory.peek(STACK_TOP + 8 * i) for i in range(10)]
    assert (words[0], words[2], words[4], words[5:8], words[9]) == (1, 0, 0, [6, 4096, 25], 0)

    def text(address: int) -> bytes:
        return state.memory.read(address, 40).partition(b"\0")[0]

    assert text(words[1]) == b"op-program"
    assert text(words[3]) == b"GODEBUG=memprofilerate=0"
    assert state.memory.read(words[8], 16) == b"4;byfairdiceroll"
