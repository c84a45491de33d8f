"""Lower games in a VM: what each is told, where its files are, and which prestate it begins with."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.register import GameContext
from pyoprollup.challenger.trace.cannon_games import CannonTraces, SuperCannonTraces, executable_vm
from pyoprollup.challenger.trace.local_inputs import LocalGameInputs
from pyoprollup.challenger.trace.prestates import PrestateUnavailable
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.challenger.trace.super_roots import ClaimInfo
from pyoprollup.challenger.trace.vm import VM, SubprocessRunner, VmConfig, VmMetrics
from pyoprollup.errors import Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Hash32, to_hex
from tests.unit.challenger.trace.toy_vm import ToyVm, claim_of, state_of, write_executable, write_state

END, DEPTH = 80, 9
L1_HEAD = BlockID(Hash32(b"\x11" * 32), 5)
AGREED, DISPUTED = Proposal(10, Hash32(b"\x33" * 32)), Proposal(11, Hash32(b"\x44" * 32))
CONTEXT = Hash32(b"\x55" * 32)


def header(number: int) -> Header:
    zero, bloom = ZERO_HASH, bytes(256)
    return Header(zero, zero, ZERO_ADDRESS, zero, zero, zero, bloom, 0, number, 0, 0, 0, b"", zero, bytes(8))


class Headers:
    failing = False

    def header_by_number(self, number: int) -> Header:
        if self.failing:
            raise Unavailable("down")
        return header(number)


class Prestates:
    """A source with one file, which is the right one for its own hash."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[Hash32] = []

    def prestate_path(self, prestate_hash: Hash32) -> Path:
        self.asked.append(prestate_hash)
        if prestate_hash == ZERO_HASH:
            raise PrestateUnavailable("no such prestate")
        return self.path


class World:
    def __init__(self, path: Path) -> None:
        prestate = path / "prestate.bin.gz"
        write_state(prestate, 0, END)
        self.prestates, self.headers, self.vm = Prestates(prestate), Headers(), ToyVm(END)
        self.made: list[tuple[Path, LocalGameInputs]] = []
        self.traces = CannonTraces(self.prestates, self.vm, self.headers, self.make)
        self.game = GameContext(L1_HEAD, path / "game", Hash32(b"\x66" * 32), 901)

    def make(self, prestate: Path, inputs: LocalGameInputs) -> VM:
        self.made.append((prestate, inputs))
        return self.vm


def test_a_lower_game(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert world.traces.is_validated
    assert world.traces.absolute_prestate(world.game) == claim_of(0, END)
    trace = world.traces.creator(world.game)(CONTEXT, DEPTH, AGREED, DISPUTED)
    assert world.made == [
        (
            world.prestates.path,
            LocalGameInputs(L1_HEAD.hash, DISPUTED.output_root, 11, header(10).hash(), AGREED.output_root),
        )
    ]
    assert trace.absolute_prestate_commitment() == claim_of(0, END)
    assert trace.get(Position(DEPTH, 40)) == claim_of(41, END)
    assert trace.get_step_data(Position(DEPTH, 41)).prestate == state_of(41)
    assert (tmp_path / "game" / to_hex(CONTEXT) / "proofs" / "40.json.gz").exists()
    # The prestate is found once, for all games that begin with it.
    assert len(world.prestates.asked) == 1


def test_lower_games_have_folders_of_their_own(tmp_path: Path) -> None:
    world = World(tmp_path)
    create = world.traces.creator(world.game)
    for context in (CONTEXT, ZERO_HASH):
        create(context, DEPTH, AGREED, DISPUTED).get(Position(DEPTH, 1))
    assert sorted(path.name for path in (tmp_path / "game").iterdir()) == sorted(
        map(to_hex, (CONTEXT, ZERO_HASH))
    )
    assert world.vm.runs == [1, 1]


def test_what_cannot_be_found_now_is_no_answer(tmp_path: Path) -> None:
    world = World(tmp_path)
    unknown = GameContext(L1_HEAD, tmp_path, ZERO_HASH, 901)
    for _ in range(2):
        with pytest.raises(Unavailable):
            world.traces.absolute_prestate(unknown)
        with pytest.raises(Unavailable):
            world.traces.creator(unknown)(CONTEXT, DEPTH, AGREED, DISPUTED)
    world.headers.failing = True
    with pytest.raises(Unavailable):
        world.traces.creator(world.game)(CONTEXT, DEPTH, AGREED, DISPUTED)
    assert not world.made


def test_a_lower_game_between_super_roots(tmp_path: Path) -> None:
    """The program is told the agreed state itself, and the time of the whole game."""
    world = World(tmp_path)
    traces = SuperCannonTraces(world.prestates, world.vm, world.make)
    assert traces.is_validated and traces.absolute_prestate(world.game) == claim_of(0, END)
    claim = Hash32(b"\x44" * 32)
    trace = traces.creator(world.game, 77)(CONTEXT, DEPTH, ClaimInfo(b"agreed", claim))
    (made,) = world.made
    assert made == (
        world.prestates.path,
        LocalGameInputs(L1_HEAD.hash, claim, 77, agreed_pre_state=b"agreed"),
    )
    assert made[1].agreed_root == keccak256(b"agreed")
    assert trace.get(Position(DEPTH, 40)) == claim_of(41, END)
    assert (tmp_path / "game" / to_hex(CONTEXT) / "proofs").is_dir()


class Server:
    def oracle_command(self, config: VmConfig, data_dir: Path, inputs: LocalGameInputs) -> list[str]:
        return [config.server, to_hex(inputs.l2_claim)]


def test_over_an_executable(tmp_path: Path) -> None:
    prestate = tmp_path / "prestate.bin.gz"
    write_state(prestate, 0, END)
    config = VmConfig(write_executable(tmp_path), "server", snapshot_freq=20, info_freq=20)
    make = executable_vm(config, Server(), SubprocessRunner(), time.monotonic, VmMetrics())
    converter = make(prestate, LocalGameInputs(ZERO_HASH, ZERO_HASH, 0))
    traces = CannonTraces(Prestates(prestate), converter, Headers(), make)
    game = GameContext(L1_HEAD, tmp_path / "game", Hash32(b"\x66" * 32), 901)
    assert traces.absolute_prestate(game) == claim_of(0, END)
    trace = traces.creator(game)(CONTEXT, DEPTH, AGREED, DISPUTED)
    assert trace.get(Position(DEPTH, 30)) == claim_of(31, END)
    assert trace.get(Position(DEPTH, 300)) == claim_of(END, END)
    seen = (tmp_path / "game" / to_hex(CONTEXT) / "seen.json").read_text()
    assert to_hex(DISPUTED.output_root) in seen
