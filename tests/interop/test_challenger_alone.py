"""Our challenger as a process, on anvil with the reference's contracts: single games from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.types import Hash32
from tests.disputes import chain as l2
from tests.interop.challengers import (
    ALPHABET,
    ANCHOR,
    OURS,
    AlphabetWorld,
    OurChallenger,
    Rollup,
    countered,
    shown,
    wasted,
)
from tests.interop.dispute_world import KEYS
from tests.interop.network import Network, network

pytestmark = [pytest.mark.npm, pytest.mark.slow]


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        yield made


def lie(number: int) -> Hash32:
    return Hash32(b"\x01" + keccak256(b"%d" % number)[1:])


def test_as_deep_as_on_ethereum(net: Network, anvil: Path, newer_l1_contracts: Path) -> None:
    """73 levels, split at 30, games 1.3.0: the truth is attacked down to a single step, which we execute."""
    settings = replace(ALPHABET, max_depth=73, split_depth=30)
    world, random = (
        AlphabetWorld(net, anvil, newer_l1_contracts, settings=settings),
        Random(73),
    )
    with Rollup(world).served() as rollup:
        ours = OurChallenger(world, rollup, "--http-poll-interval=0.2", "--txmgr-receipt-query-interval=0.2")
        game = world.create(l2.root(ANCHOR + 500), ANCHOR + 500)
        claim: Claim = world.claims(game)[0]
        while claim.depth < 73:
            # In the lower game our claims are now and then called right, and what comes after them wrong.
            is_attack = claim.depth <= 31 or random.random() < 0.7
            claim = world.lie(game, claim, is_attack, lie(claim.depth))
            if claim.depth < 73:
                claim = world.answer(game, claim)

        def stepped() -> bool:
            return world.claims(game)[-1].is_countered

        net.wait("our step", stepped)
        world.end(game)
        world.pay_out([game], ours.address)
    claims = world.claims(game)
    assert world.status(game) is GameStatus.DEFENDER_WON
    assert len(claims) == 74
    assert countered(claims, ours.address) == []
    assert all(each.countered_by == ours.address for each in claims[1::2]), shown(claims, ours=ours.address)
    assert wasted(world, ours.address) == []
    gained = int(world.ask("eth_getBalance", "0x" + ours.address.hex(), "latest"), 16)
    assert gained > 10**24


def test_between_two_known_parties(net: Network, anvil: Path, l1_contracts: Path) -> None:
    """A permissioned game: we move for its challenger. There is no machine, and nobody comes to a step."""
    parties = address_of(KEYS[1]), address_of(OURS)
    settings = replace(ALPHABET, game_type=1, parties=parties, prestate=lie(9), vm="MIPS")
    world = AlphabetWorld(net, anvil, l1_contracts, settings=settings)
    with Rollup(world).served() as rollup:
        ours = OurChallenger(world, rollup, games="permissioned")
        short, deep = world.create(lie(0), ANCHOR + 9), world.create(lie(0), ANCHOR + 10)
        for game, turns in ((short, 1), (deep, 2)):
            claim: Claim = world.claims(game)[0]
            for turn in range(turns):
                answer = world.answer(game, claim)
                assert answer.claimant == ours.address
                claim = world.lie(game, answer, turn == 0, lie(turn))
        last = world.quiet(short)[-1]
        assert (last.claimant, last.depth) == (ours.address, 3)
        # Below the split nobody says anything: that is for those who trust each other to find out.
        assert world.quiet(deep)[-1] == claim and claim.depth == settings.split_depth
        world.end(short, deep)
        world.pay_out([short, deep], ours.address)
    assert world.status(short) is GameStatus.CHALLENGER_WON
    assert countered(world.claims(short), ours.address) == []
    assert wasted(world, ours.address) == []
