"""For the same games, op-challenger v1.16.11 and ours send the same transactions.

On anvil with the reference's contracts, which mines nothing while they look, one after the other: what they
send stays in the pool.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pyoprollup.devnet.dishonest import STRATEGIES
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32, to_hex
from tests.disputes import chain as l2
from tests.interop.challengers import ANCHOR, AlphabetWorld, OpChallenger, OurChallenger, Rollup, Stranger
from tests.interop.network import Network, Running, network

pytestmark = [pytest.mark.go, pytest.mark.npm, pytest.mark.slow]

GAMES, LOOKS = 36, 5
SEED = "moves"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        yield made


Sent = Counter[tuple[str, str, str]]
"""Recipient, call data and value of transactions."""


def pooled(world: AlphabetWorld, account: Address) -> Sent:
    """What of an account is in the pool."""
    found: dict[str, Any] = world.ask("txpool_content")
    mine: dict[str, Any] = {}
    for state in found.values():
        for sender, transactions in state.items():
            if sender.lower() == to_hex(account):
                mine |= transactions
    return Counter((tx["to"].lower(), tx["input"], tx["value"]) for tx in mine.values())


def test_the_same_moves(net: Network, anvil: Path, l1_contracts: Path, op_challenger: Path) -> None:
    world = AlphabetWorld(net, anvil, l1_contracts)
    world.ask("evm_setIntervalMining", 0)
    world.ask("evm_setAutomine", True)
    random = Random(SEED)
    with Rollup(world).served() as rollup:
        games = []
        for place in range(GAMES):
            number = ANCHOR + 1 + place % 15
            right = place < 15
            root = l2.root(number) if right else Hash32(keccak256(b"%d" % place))
            games.append(world.create(root, number))
        # Two strangers, so that each finds claims of the other to answer.
        one = Stranger(world, rollup, world.players[0].address, f"{SEED} 1", who=1)
        two = Stranger(world, rollup, world.players[1].address, f"{SEED} 2", who=0)
        for game in games:
            for _ in range(LOOKS):
                for stranger in (one, two):
                    stranger.look(game, random.choice(list(STRATEGIES)))
        one.close()
        two.close()
        for player in world.players:
            player.wait_for_all()
        trees = {tuple(claim.key for claim in world.claims(game)) for game in games}
        world.ask("evm_setAutomine", False)
        options = "--max-concurrency=64", "--max-pending-tx=0"
        theirs = OpChallenger(world, op_challenger, rollup, *options, "--resubmission-timeout=600s")
        theirs_sent = _settled(world, theirs.address)
        _forget(net, world, theirs.part)
        ours = OurChallenger(world, rollup, *options, "--resubmission-timeout=600")
        ours_sent = _settled(world, ours.address)
    sizes = sorted(map(len, trees))
    print(f"{len(trees)} different trees, {sizes[0]} to {sizes[-1]} claims: {ours_sent.total()} transactions")
    assert ours_sent == theirs_sent
    assert ours_sent.total() >= GAMES
    assert len(trees) >= 30


def _settled(world: AlphabetWorld, account: Address) -> Sent:
    """What is in the pool once it does not grow any more."""
    seen: list[Sent] = []

    def look() -> bool:
        seen.append(pooled(world, account))
        return len(seen) >= 40 and bool(seen[-1]) and all(each == seen[-1] for each in seen[-40:])

    world.net.wait("transactions in the pool", look)
    return seen[-1]


def _forget(net: Network, world: AlphabetWorld, part: Running) -> None:
    """End a challenger, and empty the pool: what is in it counts when gas is estimated."""
    part.kill()
    del net.parts[part.name]
    world.ask("anvil_dropAllTransactions")
