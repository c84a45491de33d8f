"""Load linked and store conditional."""

from __future__ import annotations

import pytest

from pyoprollup.cannon.core.layout import RMW_DONE, RMW_FAILED, RMW_LONGEST
from pyoprollup.cannon.core.rmw import forget_link, note_link
from tests.unit.cannon.support import DATA, itype, machine_with

LL, LLD, SC, SCD = 0x30, 0x34, 0x38, 0x3C
WORD = bytes(range(0x80, 0x90))


@pytest.mark.parametrize(("load", "store", "at"), [(LL, SC, 0), (LL, SC, 4), (LLD, SCD, 0), (LL, SC, 5)])
def test_nobody_was_in_between(load: int, store: int, at: int) -> None:
    machine = machine_with(
        [itype(load, 1, 2, at), itype(store, 1, 3, at)], {1: DATA, 3: 0x1122334455667788}, {DATA: WORD}
    )
    machine.step()
    state = machine.state()
    assert (state.ll_status, state.ll_address, state.ll_owner) == (1 if load == LL else 2, DATA + at, 0)
    machine.step()
    size = 4 if load == LL else 8
    start = at & -size
    assert machine.state().memory.read(DATA + start, size) == bytes.fromhex("1122334455667788")[8 - size :]
    assert machine.state().active[-1].registers[3] == 1
    assert machine.state().ll_status == 0
    assert [machine.engine.get(each) for each in (RMW_DONE, RMW_FAILED, RMW_LONGEST)] == [1, 0, 1]


@pytest.mark.parametrize(
    ("load", "store", "at", "between"),
    [
        (LL, SCD, 0, None),  # other sizes
        (LLD, SC, 0, None),
        (LL, SC, 4, None),  # another address in the same word
        (LL, SC, 0, itype(0x28, 1, 4, 7)),  # a byte of the word written
        (LLD, SCD, 0, itype(0x2B, 1, 4, 4)),
    ],
)
def test_somebody_was(load: int, store: int, at: int, between: int | None) -> None:
    code = [itype(load, 1, 2, 0), *([] if between is None else [between]), itype(store, 1, 3, at)]
    machine = machine_with(code, {1: DATA, 3: 5, 4: 6}, {DATA: WORD})
    machine.run(len(code) - 1)
    before = machine.state().memory.read(DATA, 16)
    machine.step()
    assert machine.state().active[-1].registers[3] == 0
    assert machine.state().memory.read(DATA, 16) == before
    assert machine.engine.get(RMW_FAILED) == 1


def test_another_threads_reservation_is_none() -> None:
    machine = machine_with([itype(SC, 1, 3, 0)], {1: DATA, 3: 5}, ll_status=1, ll_address=DATA, ll_owner=7)
    machine.step()
    assert machine.state().active[-1].registers[3] == 0
    assert machine.state().ll_status == 1


def test_only_the_last_five_threads_are_remembered() -> None:
    g = [0] * 64
    for thread in range(7):
        note_link(g, thread, 100 + thread)
    note_link(g, 3, 200)
    assert [forget_link(g, thread) for thread in range(7)] == [0, 0, 103, 201, 105, 106, 107]
