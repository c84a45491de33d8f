"""Our challenger is killed at any moment of its games, again and again, and nothing of what it did is wrong.

``PYOPROLLUP_CHALLENGER_KILLS`` says how often, ``PYOPROLLUP_KILLS_SEED`` when.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.eth.crypto import keccak256
from tests.disputes import chain as l2
from tests.interop.challengers import (
    ANCHOR,
    AlphabetWorld,
    OurChallenger,
    Rollup,
    Stranger,
    against_itself,
    countered,
    said_twice,
    shown,
)
from tests.interop.network import Network, network

pytestmark = [pytest.mark.npm, pytest.mark.slow]

KILLS = int(os.environ.get("PYOPROLLUP_CHALLENGER_KILLS", "10"))
SEED = os.environ.get("PYOPROLLUP_KILLS_SEED") or str(secrets.randbelow(1 << 40))
LONGEST_LIFE, LONGEST_DEATH = 2.0, 0.5
"""In seconds: until a process that has begun to work is killed, and until it is started again."""
GAMES = ((False, "deep-liar"), (True, "deep-liar"), (False, "spammer"), (True, "random"))
"""Whether the proposal is right, and how a stranger plays."""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        yield made


def test_killed_in_the_middle(net: Network, anvil: Path, l1_contracts: Path) -> None:
    """Moves, steps, resolutions and claims of bonds: each is made once, whenever that was."""
    chance, world = random.Random(SEED), AlphabetWorld(net, anvil, l1_contracts)
    with Rollup(world).served() as rollup:
        ours = OurChallenger(world, rollup, "--rpc-enable-admin")
        stranger = Stranger(world, rollup, ours.address, SEED)
        games = [
            world.create(l2.root(number) if right else keccak256(b"%d" % number), number)
            for number, (right, _) in enumerate(GAMES, ANCHOR + 9)
        ]

        def die() -> None:
            if chance.random() < 0.8:
                net.wait("the challenger", lambda: net.ask(ours.rpc, "txmgr_getBumpFeeRetryTime"))
            time.sleep(chance.uniform(0, LONGEST_LIFE))
            ours.part.kill()
            time.sleep(chance.uniform(0, LONGEST_DEATH))
            ours.part.start_again()

        # A third of the kills is for when games are resolved, and one for when bonds are due.
        while_played = KILLS - 2 * (KILLS // 3)
        for _ in range(while_played):
            for game, (_, strategy) in zip(games, GAMES, strict=True):
                stranger.look(game, strategy)
            die()
        for game in games:
            world.quiet(game, 12)
        unfair = [stranger.misfits(game, ours.address) for game in games]
        world.pass_time(world.settings.max_clock_duration + 1)
        for _ in range(KILLS // 3):
            die()
        net.wait("the end of the games", lambda: all(world.status(game) for game in games))
        world.pass_time(world.settings.weth_delay + 1)
        for _ in range(KILLS // 3):
            die()
        world.pay_out(games, ours.address)
        stranger.close()
    for game, (right, _), wronged in zip(games, GAMES, unfair, strict=True):
        claims = world.claims(game)
        told = f"seed {SEED}\n{shown(claims, ours=ours.address)}"
        assert said_twice(claims) == against_itself(claims, ours.address) == [], told
        assert countered(claims, ours.address) == [] or wronged, told
        expected = GameStatus.DEFENDER_WON if right else GameStatus.CHALLENGER_WON
        assert world.status(game) is expected or wronged, told
    sent = world.transactions(ours.address)
    failed = [tx for tx in sent if not tx.succeeded]
    assert failed == [], f"seed {SEED}"
    print(f"{KILLS} kills, seed {SEED}: {len(sent)} transactions, all of them once; unfair: {unfair}")
