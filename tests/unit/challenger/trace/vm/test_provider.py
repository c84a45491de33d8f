from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import TraceError
from pyoprollup.challenger.preimages import DirectoryPreimageSource, PreimageLoader, PreimagesUnreadable
from pyoprollup.challenger.trace.vm import (
    FileDamaged,
    TraceFolder,
    VmFailed,
    VmPrestateProvider,
    VmTraceProvider,
    vm_status,
)
from pyoprollup.challenger.trace.vm.disk import write_json
from pyoprollup.errors import Unavailable
from pyoprollup.events import Happening
from tests.unit.challenger.trace.toy_vm import KEY, ToyVm, claim_of, proof_of, state_of, write_state

DEPTH = 9
END = 80


def at(index: int) -> Position:
    return Position(DEPTH, index)


class World:
    def __init__(self, path: Path, max_proofs: int = 1000) -> None:
        self.vm = ToyVm(END)
        self.folder = TraceFolder(path / "trace", max_proofs=max_proofs)
        self.prestate = path / "prestate.bin.gz"
        write_state(self.prestate, 0, END)
        self.news: list[Happening] = []
        self.restart()

    def restart(self) -> None:
        """A new provider on the same folder."""
        self.trace = VmTraceProvider(
            self.vm,
            VmPrestateProvider(self.prestate, self.vm),
            self.folder,
            DEPTH,
            PreimageLoader(DirectoryPreimageSource(self.folder.preimages)),
            self.news.append,
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_steps_of_the_program(world: World) -> None:
    assert world.trace.absolute_prestate_commitment() == claim_of(0, END)
    for index in (0, 7, 24, 78, 79):
        assert world.trace.get(at(index)) == claim_of(index + 1, END)
        data = world.trace.get_step_data(at(index))
        expected = proof_of(index, END)
        assert (data.prestate, data.proof) == (state_of(index), expected.proof_data)
        if expected.oracle_key:
            assert data.preimage is not None
            assert (data.preimage.key, data.preimage.data, data.preimage.offset) == (
                KEY,
                expected.oracle_value,
                8,
            )
        else:
            assert data.preimage is None
    # Made once each, and the end of the program was not seen by any.
    assert world.vm.runs == [0, 7, 24, 78, 79]
    assert world.trace.get_l2_block_number_challenge() is None


def test_positions_above_the_leaves_are_of_their_last_step(world: World) -> None:
    assert world.trace.get(Position(DEPTH - 4, 1)) == claim_of(32, END)
    assert world.trace.get(Position(0, 0)) == claim_of(END, END)


@pytest.mark.parametrize("first", [END, END + 1, 511])
def test_after_the_end_the_last_state_repeats(world: World, first: int) -> None:
    assert world.trace.get(at(first)) == claim_of(END, END)
    assert world.folder.read_last_step() == END
    for index in (END, END + 3, 511):
        assert world.trace.get(at(index)) == claim_of(END, END) == world.trace.get(at(END - 1))
        data = world.trace.get_step_data(at(index))
        assert (data.prestate, data.proof, data.preimage) == (state_of(END), b"", None)
    assert world.vm.runs == [first, END - 1]
    world.restart()
    assert world.trace.get(at(300)) == claim_of(END, END)
    assert world.vm.runs == [first, END - 1]


def test_steps_beyond_64_bits(world: World) -> None:
    deep = VmTraceProvider(
        world.vm,
        VmPrestateProvider(world.prestate, world.vm),
        world.folder,
        65,
        PreimageLoader(DirectoryPreimageSource(world.folder.preimages)),
    )
    with pytest.raises(TraceError):
        deep.get(Position(65, 1 << 64))
    assert deep.get(Position(65, (1 << 64) - 1)) == claim_of(END, END)
    assert not world.vm.runs[1:]


def test_a_vm_that_fails_is_no_answer(world: World) -> None:
    world.vm.fails = True
    with pytest.raises(Unavailable):
        world.trace.get(at(3))
    world.vm.fails = False
    assert world.trace.get(at(3)) == claim_of(4, END)


def test_a_run_that_stops_before_its_time_is_not_the_end(world: World) -> None:
    world.vm.stops_early = True
    with pytest.raises(VmFailed, match="without the end"):
        world.trace.get(at(30))
    assert world.folder.read_last_step() is None
    world.vm.stops_early = False
    assert world.trace.get(at(30)) == claim_of(31, END)


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty", "bomb", "other step", "json", "status"])
def test_damaged_proofs_are_made_anew(world: World, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.trace.get(at(14))
    path = world.folder.proof_file(14)
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "garbage":
        path.write_bytes(b"\x1f\x8b" + bytes(range(200)))
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "bomb":
        monkeypatch.setattr("pyoprollup.challenger.trace.vm.folder.MAX_PROOF_FILE_SIZE", 1000)
        write_json(path, {**proof_of(14, END).to_json(), "padding": "0" * 10_000})
    elif damage == "other step":
        write_json(path, {**proof_of(14, END).to_json(), "step": 15})
    elif damage == "json":
        write_json(path, [1, 2])
    else:
        write_json(path, {**proof_of(14, END).to_json(), "post": "0x04" + "11" * 31})
    assert world.trace.get(at(14)) == claim_of(15, END)
    assert world.vm.runs == [14, 14]
    assert [happening.event for happening in world.news] == ["proof-damaged"]


def test_a_proof_that_is_damaged_when_it_is_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.vm, "generate_proof", lambda folder, index: _write_garbage(world, index))
    with pytest.raises(FileDamaged):
        world.trace.get(at(3))
    assert not world.folder.proof_file(3).exists()


def _write_garbage(world: World, index: int) -> None:
    world.folder.proofs.mkdir(parents=True, exist_ok=True)
    world.folder.proof_file(index).write_bytes(b"garbage")


@pytest.mark.parametrize(
    "content", [b"", b"garbage", {"step": -1}, {"step": "x"}, {}, [], {"step": 1 << 64}, {"step": 12}]
)
def test_a_last_step_that_cannot_be_true(world: World, content: object) -> None:
    """Malformed, without its proof, or of a step that the program does: it is forgotten."""
    world.trace.get(at(12))
    file = world.folder.last_step_file
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        write_json(file, content)
    world.restart()
    assert world.trace.get(at(40)) == claim_of(41, END)
    assert world.trace.get(at(100)) == claim_of(END, END)
    assert world.folder.read_last_step() == END


def test_a_full_disk_costs_nothing_but_the_cache(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(TraceFolder, "write_last_step", refuse)
    for index in (100, 200):
        assert world.trace.get(at(index)) == claim_of(END, END)
    assert world.vm.runs == [100]
    assert "last-step-unwritten" in {happening.event for happening in world.news}


def test_the_final_state_is_damaged(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> None:
        raise FileDamaged("final state")

    monkeypatch.setattr(world.vm, "convert_state_to_proof", refuse)
    with pytest.raises(FileDamaged):
        world.trace.get(at(100))
    assert not world.folder.final_state.exists()


def test_the_cache_on_disk_is_bounded(tmp_path: Path) -> None:
    world = World(tmp_path, max_proofs=5)
    world.trace.get(at(500))
    for index in range(30):
        world.trace.get(at(index))
        assert len(list(world.folder.proofs.iterdir())) <= 5
    # The end of the program stays known.
    world.restart()
    runs = list(world.vm.runs)
    assert world.trace.get(at(400)) == claim_of(END, END) and world.vm.runs == runs


def test_preimages_that_are_missing_are_no_answer(world: World) -> None:
    write_json(
        world.folder.proof_file(3),
        {**proof_of(3, END).to_json(), "oracle-key": "0x06" + "11" * 31, "oracle-value": "0x" + "00" * 8},
    )
    assert world.trace.get(at(3)) == claim_of(4, END)
    with pytest.raises(PreimagesUnreadable):
        world.trace.get_step_data(at(3))


@given(st.integers(0, 511), st.integers(1, 600))
def test_every_step_follows_the_one_before(index: int, end: int) -> None:
    """The claim after a step is the hash of the state that the next begins with; to the end, and after it."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        vm = ToyVm(end)
        trace = VmTraceProvider(
            vm,
            VmPrestateProvider(Path(folder) / "none", vm),
            TraceFolder(Path(folder)),
            DEPTH,
            PreimageLoader(DirectoryPreimageSource(Path(folder))),
        )
        after, before = trace.get(at(index)), trace.get_step_data(Position(DEPTH, index + 1)).prestate
        step = min(index + 1, end)
        assert after == claim_of(step, end) and before == state_of(step)
        assert vm_status(after) == (0 if step >= end else 3)
