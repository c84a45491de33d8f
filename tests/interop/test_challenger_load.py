"""A hundred games at once, and some that are broken: our challenger plays all that can be played.

Memory and threads stay bounded, and a contract that reverts, answers nonsense or never ends stops no other
game.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyoprollup.challenger.contracts import FaultDisputeGameContract
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32, to_hex
from tests.interop.challengers import ANCHOR, AlphabetWorld, OurChallenger, Rollup, wasted
from tests.interop.network import Network, network

pytestmark = [pytest.mark.npm, pytest.mark.slow]

GAMES, WORKERS = 100, 4
BROKEN = {
    "reverts": "0x60006000fd",
    "answers nonsense": "0x7f" + "ff" * 32 + "60005260206000f3",
    "has no code": "0x",
    "never ends": "0x5b600056",
}
"""Code that is put where games are."""
MAX_MEMORY, MAX_THREADS = 400, 32
"""In MiB, and beside the workers: servers and the core."""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        yield made


def status(pid: int, name: str) -> int:
    """A number of ``/proc/PID/status``."""
    path = Path(f"/proc/{pid}/status")
    if not path.exists():
        pytest.skip("needs the proc file system of Linux")
    line = next(line for line in path.read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1])


def lie(number: int) -> Hash32:
    return Hash32(b"\x01" + keccak256(b"%d" % number)[1:])


def test_a_hundred_games(net: Network, anvil: Path, l1_contracts: Path) -> None:
    world = AlphabetWorld(net, anvil, l1_contracts)
    bond = world.factory.init_bonds(world.settings.game_type, world.block)
    for number in range(GAMES):
        create = world.factory.create(
            world.settings.game_type, lie(number), (ANCHOR + 1 + number % 15).to_bytes(32, "big"), bond
        )
        world.liar.send(create.to, create.data, value=create.value, gas=1_000_000)
    world.liar.wait()
    games = [world.game(index) for index in range(GAMES)]
    broken = games[:: GAMES // len(BROKEN)]
    for game, code in zip(broken, BROKEN.values(), strict=True):
        world.ask("anvil_setCode", to_hex(game.address), code)
    sound = [game for game in games if game not in broken]
    with Rollup(world).served() as rollup:
        began = time.monotonic()
        ours = OurChallenger(world, rollup, f"--max-concurrency={WORKERS}", "--max-pending-tx=0")
        answers = []
        for turn in range(3):
            _wait_for_claims(world, sound, 2 * turn + 2)
            answers.append(time.monotonic() - began)
            for game in sound:
                parent = world.claims(game)[-1]
                move = game.attack_tx(parent, lie(turn), world.block)
                world.liar.send(move.to, move.data, value=move.value, gas=1_000_000)
            world.liar.wait()
            began = time.monotonic()
        pid = ours.part.process.pid
        memory, threads = status(pid, "VmHWM") // 1024, status(pid, "Threads")
        assert ours.part.runs
    rates = ", ".join(f"{len(sound) / seconds:.1f}" for seconds in answers)
    print(f"{len(sound)} games: {rates} answers a second; {memory} MiB, {threads} threads")
    assert memory < MAX_MEMORY and threads <= WORKERS + MAX_THREADS
    assert wasted(world, ours.address) == []


def _wait_for_claims(world: AlphabetWorld, games: list[FaultDisputeGameContract], count: int) -> None:
    world.net.wait("answers", lambda: all(len(world.claims(game)) == count for game in games))
