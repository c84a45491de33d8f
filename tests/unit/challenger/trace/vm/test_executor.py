from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.challenger.trace.local_inputs import LocalGameInputs
from pyoprollup.challenger.trace.vm import (
    CannonStateConverter,
    Executor,
    FileDamaged,
    SubprocessRunner,
    TraceFolder,
    VmConfig,
    VmFailed,
    VmMetrics,
    VmPanicked,
    VmPrestateProvider,
    VmTimedOut,
)
from pyoprollup.challenger.trace.vm.progress import Progress, progress_of
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.events import Happening
from tests.unit.challenger.trace.toy_vm import claim_of, state_of, write_executable, write_state

END = 80


class Server:
    """Knows no dispute."""

    def oracle_command(self, config: VmConfig, data_dir: Path, inputs: LocalGameInputs) -> list[str]:
        return [config.server, "--datadir", str(data_dir)]


class World:
    def __init__(self, path: Path, mode: str = "", **options: Any) -> None:
        self.prestate = path / "prestate.bin.gz"
        write_state(self.prestate, 0, END, mode)
        config = VmConfig(write_executable(path), "server", snapshot_freq=20, info_freq=30, **options)
        self.news: list[Happening] = []
        self.metrics = VmMetrics()
        times = iter(range(0, 1000, 5))
        inputs = LocalGameInputs(ZERO_HASH, ZERO_HASH, 1)
        self.vm = Executor(
            config,
            Server(),
            self.prestate,
            inputs,
            SubprocessRunner(),
            lambda: float(next(times)),
            self.metrics,
            self.news.append,
        )
        self.folder = TraceFolder(path / "trace")

    def run(self, index: int) -> dict[str, Any]:
        """Make a proof; what the VM has seen of its arguments."""
        self.vm.generate_proof(self.folder.path, index)
        seen: dict[str, Any] = json.loads((self.folder.path / "seen.json").read_text())
        return seen

    def events(self) -> list[str]:
        return [happening.event for happening in self.news]


def test_a_proof_and_what_is_left_for_the_next_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    seen = world.run(45)
    assert seen == {
        "input": str(world.prestate),
        "server": ["server", "--datadir", str(world.folder.preimages)],
    }
    assert world.folder.read_proof(45).claim_value == claim_of(46, END)
    assert sorted(path.name for path in world.folder.snapshots.iterdir()) == [
        "0.bin.gz",
        "20.bin.gz",
        "40.bin.gz",
    ]
    state = world.vm.convert_state_to_proof(world.folder.final_state)
    assert (state.step, state.exited, state.proof.claim_value) == (46, False, claim_of(46, END))
    assert world.run(50)["input"] == str(world.folder.snapshots / "40.bin.gz")
    assert world.run(39)["input"] == str(world.folder.snapshots / "20.bin.gz")
    assert world.folder.read_proof(39).claim_value == claim_of(40, END)
    assert (world.metrics.runs, world.metrics.failures, world.metrics.execution_time) == (3, 0, 5.0)


def test_past_the_end_of_the_program(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run((1 << 64) - 1)
    assert not list(world.folder.proofs.iterdir())
    state = world.vm.convert_state_to_proof(world.folder.final_state)
    assert state.exited and state.step == END and not state.proof.proof_data
    assert state.proof.claim_value == claim_of(END, END) and state.proof.state_data == state_of(END)


def test_progress_is_told(tmp_path: Path) -> None:
    world = World(tmp_path, debug_info=True)
    world.run(70)
    told = [happening for happening in world.news if happening.event == "vm-progress"]
    assert [happening.details["step"] for happening in told] == [0, 30, 60]
    assert told[-1].details["steps_per_second"] == 1234.5 and told[-1].details["index"] == 70
    assert (world.metrics.step, world.metrics.steps_per_second) == (60, 1234.5)
    assert world.metrics.debug_info.memory_used == 0x7000 and world.metrics.debug_info.total_steps == 71
    assert world.events() == [
        "vm-started",
        "vm-output",
        "vm-progress",
        "vm-progress",
        "vm-progress",
        "vm-finished",
    ]


def test_a_stuck_vm_is_ended_at_its_limit(tmp_path: Path) -> None:
    world = World(tmp_path, "hang", time_limit=1.5)
    with pytest.raises(VmTimedOut, match=r"longer than 1.5 s and was ended"):
        world.run(45)
    assert world.events()[-1] == "vm-failed" and world.metrics.failures == 1
    # One that is only busy with talking as well.
    babbling = World(tmp_path, "babble", time_limit=1.0)
    with pytest.raises(VmTimedOut):
        babbling.run(45)


@pytest.mark.parametrize(("mode", "kind"), [("fail", VmFailed), ("panic", VmPanicked)])
def test_a_vm_that_fails(tmp_path: Path, mode: str, kind: type[VmFailed]) -> None:
    world = World(tmp_path, mode)
    with pytest.raises(VmFailed, match="hello") as caught:
        world.run(45)
    assert type(caught.value) is kind
    assert world.metrics.failures == 1


@pytest.mark.parametrize("damage", ["cut", "garbage"])
def test_damaged_snapshots_are_given_up(tmp_path: Path, damage: str) -> None:
    world = World(tmp_path)
    world.run(70)
    for step in (60, 40):
        path = world.folder.snapshots / f"{step}.bin.gz"
        path.write_bytes(path.read_bytes()[:20] if damage == "cut" else b"garbage")
    assert world.run(65)["input"] == str(world.folder.snapshots / "20.bin.gz")
    assert world.folder.read_proof(65).claim_value == claim_of(66, END)
    assert world.events().count("snapshot-damaged") == 2
    # The run has made them again.
    assert world.run(66)["input"] == str(world.folder.snapshots / "60.bin.gz")


def test_a_failure_that_is_not_the_snapshot_s(tmp_path: Path) -> None:
    """A server that does not answer costs no snapshot."""
    world = World(tmp_path)
    world.run(45)
    write_state(world.folder.snapshots / "40.bin.gz", 40, END, "fail")
    with pytest.raises(VmFailed):
        world.run(46)
    assert (world.folder.snapshots / "40.bin.gz").exists()
    assert "snapshot-damaged" not in world.events()


def test_an_old_final_state_is_not_taken_for_the_new(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run(511)
    assert world.folder.final_state.exists()
    write_state(world.folder.snapshots / "60.bin.gz", 60, END, "fail")
    with pytest.raises(VmFailed):
        world.run(65)
    assert not world.folder.final_state.exists()


def test_folders_that_cannot_be_made(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.folder.path.write_text("a file")
    with pytest.raises(VmFailed, match="cannot be made"):
        world.run(45)


def test_a_vm_that_is_not_there(tmp_path: Path) -> None:
    world = World(tmp_path)
    config = replace(world.vm.config, vm_bin=str(tmp_path / "none"))
    with pytest.raises(VmFailed, match="cannot be started"):
        replace(world.vm, config=config).generate_proof(world.folder.path, 1)


def test_debug_info_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, debug_info=True)
    monkeypatch.setattr("pyoprollup.challenger.trace.vm.executor._MAX_DEBUG_INFO", 5)
    world.run(45)
    assert world.events()[-1] == "debug-info-unreadable"


# --- states


class Says:
    """A runner whose command says something."""

    def __init__(self, text: str) -> None:
        self.text = text

    def run(self, command: Sequence[str], limit: float, on_line: Callable[[str], None]) -> bytes:
        assert list(command[:3]) == ["cannon", "witness", "--input"]
        return self.text.encode()


RIGHT = {"witnessHash": "0x03" + "22" * 31, "witness": "0x01", "step": 3, "exited": False}


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "well, well",
        "[]",
        "{}",
        json.dumps({**RIGHT, "witnessHash": "0x07" + "22" * 31}),
        json.dumps({**RIGHT, "witnessHash": "0x" + "00" * 32}),
        json.dumps({**RIGHT, "witness": "0x"}),
        json.dumps({**RIGHT, "step": -1}),
        json.dumps({**RIGHT, "step": 1 << 64}),
        json.dumps({**RIGHT, "exited": 1}),
    ],
)
def test_states_that_are_none(wrong: str) -> None:
    found = CannonStateConverter("cannon", Says(json.dumps(RIGHT))).convert_state_to_proof(Path("a"))
    assert (found.step, found.exited, found.proof.state_data) == (3, False, b"\1")
    with pytest.raises(FileDamaged):
        CannonStateConverter("cannon", Says(wrong)).convert_state_to_proof(Path("a"))


def test_where_a_trace_begins(tmp_path: Path) -> None:
    world = World(tmp_path)
    provider = VmPrestateProvider(world.prestate, world.vm)
    assert provider.absolute_prestate_commitment() == claim_of(0, END)
    world.prestate.unlink()
    assert provider.absolute_prestate_commitment() == claim_of(0, END)
    with pytest.raises(VmFailed):
        VmPrestateProvider(world.prestate, world.vm).absolute_prestate_commitment()
    world.prestate.write_bytes(gzip.compress(b'{"step": 0, "end": 1, "mode": "mumbles"}'))
    with pytest.raises(FileDamaged):
        VmPrestateProvider(world.prestate, world.vm).absolute_prestate_commitment()


# --- progress

CANNON = "level=INFO msg=processing module=vm step=20 pc=00001050 insn=34040006 ips=53518.57897469106 pages=7"


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        (CANNON, Progress(20, 53518.57897469106)),
        (
            '{"level":"info","msg":"processing","module":"vm","step":"1000","ips":1.5e+07}',
            Progress(1000, 1.5e7),
        ),
        ("INFO [01-01] processing  step=10,000,000 pc=00", Progress(10_000_000, 0.0)),
        ('level=INFO msg="" module=guest stream=stdout text="processing step=5 ips=1"', None),
        ("level=INFO msg=processing module=vm pc=1", None),
        ("processing step=", None),
        ("step=5", None),
        ("processing step=" + "9" * 3000, None),
        ("", None),
    ],
)
def test_what_tells_progress(line: str, progress: Progress | None) -> None:
    found = progress_of(line)
    if progress is None and found is not None:
        assert found.step < 10**31  # Nonsense, but bounded.
    else:
        assert found == progress
