"""Runs with stops on the way."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.cannon.machine import Machine, PreimageRead
from pyoprollup.cannon.patterns import parse_pattern
from pyoprollup.cannon.running import ReadStop, RunPlan, parse_read_stop, proof_json, run_program
from pyoprollup.errors import ConfigError
from tests.unit.cannon.support import DATA, SYSCALL, Preimages, machine_with, rtype, state_with

NOTHING = rtype(0x25, 1, 1, 9)
KEY = b"\x02" + bytes(range(31))


def run(machine: Machine, **patterns: str) -> list[tuple[Any, ...]]:
    seen: list[tuple[Any, ...]] = []
    stop = patterns.pop("read", "")
    plan = RunPlan(
        **{name: parse_pattern(text) for name, text in patterns.items()},
        stop_at_read=parse_read_stop(stop) if stop else ReadStop(),
    )
    run_program(
        machine,
        plan,
        proof=lambda step, found: seen.append(("proof", step, found["step"])),
        snapshot=lambda step: seen.append(("snapshot", step, machine.step_number)),
        info=lambda: seen.append(("info", machine.step_number)),
    )
    return seen


def test_what_comes_at_which_step() -> None:
    machine = machine_with([NOTHING] * 20)
    seen = run(machine, stop_at="=9", proof_at="%4", snapshot_at="%3", info_at="=6")
    assert seen == [
        ("snapshot", 0, 0),
        ("proof", 0, 0),
        ("snapshot", 3, 3),
        ("proof", 4, 4),
        ("info", 6),
        ("snapshot", 6, 6),
        ("proof", 8, 8),
    ]
    assert machine.step_number == 9


def test_a_program_runs_to_its_end() -> None:
    machine = machine_with([NOTHING, SYSCALL], {2: 5205, 4: 1})
    assert run(machine) == []
    assert (machine.exited, machine.exit_code, machine.step_number) == (True, 1, 2)
    assert run(machine, proof_at="always", snapshot_at="always") == []


def test_it_stops_after_a_read() -> None:
    def reader() -> Machine:
        state = state_with([NOTHING, SYSCALL, NOTHING], {2: 5000, 4: 5, 5: DATA, 6: 8}, preimage_key=KEY)
        return Machine(state, Preimages({KEY: b"abc"}))

    for stop, steps in (("0x02", 2), ("02@0@1", 2), (KEY.hex() + "@0", 2)):
        machine = reader()
        run(machine, read=stop)
        assert machine.step_number == steps
    for proof_at in ("never", "always"):
        machine = reader()
        run(machine, read="02", proof_at=proof_at)
        assert machine.step_number == 2
    machine = reader()
    run(machine, read="02@9", stop_at="=3")
    assert machine.step_number == 3


@pytest.mark.parametrize(
    ("stop", "matches"),
    [
        (ReadStop(any=True), True),
        (ReadStop(), False),
        (ReadStop(prefix=b"\x02"), False),  # offset 0
        (ReadStop(prefix=b"\x02", offset=8), True),
        (ReadStop(prefix=b"\x02", offset=8, step=100), True),
        (ReadStop(prefix=b"\x02", offset=8, step=101), False),
        (ReadStop(prefix=b"\x01", offset=8), False),
        (ReadStop(larger_than=10), True),
        (ReadStop(larger_than=11), False),
        (ReadStop(prefix=b"\x02", larger_than=10), True),  # the offset does not count then
        (ReadStop(prefix=b"\x02", larger_than=11), False),
        (ReadStop(prefix=b"\x01", larger_than=10), False),
    ],
)
def test_reads_to_stop_after(stop: ReadStop, matches: bool) -> None:
    assert stop.matches(PreimageRead(KEY, bytes(11), 8), 100) == matches
    assert stop.wants() == (stop != ReadStop())


def test_options_about_reads() -> None:
    assert parse_read_stop() == ReadStop()
    assert parse_read_stop("0x2", "any", 5) == ReadStop(prefix=b"\x02", larger_than=5)
    assert parse_read_stop("0x02ff@8@77") == ReadStop(prefix=b"\x02\xff", offset=8, step=77)
    assert parse_read_stop(kind="local") == ReadStop(prefix=b"\x01")
    assert parse_read_stop(kind="any") == ReadStop(any=True)


@pytest.mark.parametrize(
    ("key", "kind", "larger"),
    [
        ("xx", "", 0),
        ("02@a", "", 0),
        ("02@1@2@3", "", 0),
        ("00" * 33, "", 0),
        ("02@-1", "", 0),
        ("", "x", 0),
        ("", "", -1),
    ],
)
def test_wrong_options_about_reads(key: str, kind: str, larger: int) -> None:
    with pytest.raises(ConfigError):
        parse_read_stop(key, kind, larger)


def test_a_proof_in_json() -> None:
    state = state_with([SYSCALL], {2: 5000, 4: 5, 5: DATA, 6: 8}, preimage_key=KEY, preimage_offset=8)
    before = state.hash()
    machine = Machine(state, Preimages({KEY: b"abc"}))
    found = proof_json(machine)
    assert list(found) == [
        *("step", "pre", "post", "state-data", "proof-data"),
        *("oracle-key", "oracle-value", "oracle-offset"),
    ]
    assert found["pre"] == "0x" + before.hex() and found["post"] == "0x" + machine.state_hash().hex()
    assert (found["oracle-key"], found["oracle-offset"]) == ("0x" + KEY.hex(), 8)
    assert "oracle-key" not in proof_json(machine_with([NOTHING]))
