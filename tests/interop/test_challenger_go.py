"""Our challenger and op-challenger v1.16.11 in the same games, on anvil with the reference's contracts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32
from tests.disputes import chain as l2
from tests.interop.challengers import (
    ANCHOR,
    AlphabetWorld,
    OpChallenger,
    OurChallenger,
    Rollup,
    Stranger,
    against_itself,
    countered,
    said_twice,
    shown,
    wasted,
)
from tests.interop.network import Network, network

pytestmark = [pytest.mark.go, pytest.mark.npm, pytest.mark.slow]


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        yield made


def lie(number: int) -> Hash32:
    value = keccak256(b"a lie %d" % number)
    return Hash32(b"\x01" + value[1:])


GAMES = {
    "a lie, defended to the last level": (False, "deep-liar"),
    "the truth, attacked to the last level": (True, "deep-liar"),
    "a lie, and somebody beside us": (False, "freeloader"),
    "the truth, and nonsense": (True, "random"),
}
"""By what happens in them: whether the proposal is right, and how a stranger plays."""
LOOKS = 10


@pytest.mark.parametrize("first", ["ours", "theirs", "both"])
def test_colleagues(net: Network, anvil: Path, l1_contracts: Path, op_challenger: Path, first: str) -> None:
    """Both are honest and play the same games; one of them answers late, or neither.

    Nobody makes a move in vain, and none against what either has said; all bonds come back. Where the machine
    of these games is unfair to the honest, see ``alphabet_machine``, a game may be lost.
    """
    world = AlphabetWorld(net, anvil, l1_contracts)
    with Rollup(world).served() as rollup:
        late = {"ours": "--response-delay=3s", "theirs": "--response-delay=3"}.get(first)
        theirs = OpChallenger(world, op_challenger, rollup, *([late] if late and first == "ours" else []))
        ours = OurChallenger(world, rollup, *([late] if late and first == "theirs" else []))
        stranger = Stranger(world, rollup, (ours if first == "ours" else theirs).address, first)
        games = {
            told: world.create(l2.root(ANCHOR + 9 + place) if right else lie(place), ANCHOR + 9 + place)
            for place, (told, (right, _)) in enumerate(GAMES.items())
        }
        for _ in range(LOOKS):
            for told, game in games.items():
                stranger.look(game, GAMES[told][1])
            world.next_block(3)
        for game in games.values():
            world.quiet(game)
        world.end(*games.values())
        unfair = {told: stranger.misfits(game, ours.address, theirs.address) for told, game in games.items()}
        world.pay_out(games.values(), ours.address, theirs.address)
        stranger.close()
    moves = {ours.address: 0, theirs.address: 0}
    for told, game in games.items():
        right, _ = GAMES[told]
        claims = world.claims(game)
        about = f"{first} first, {told}\n{shown(claims, ours=ours.address, theirs=theirs.address)}"
        assert said_twice(claims) == [], about
        for who in moves:
            moves[who] += sum(claim.claimant == who for claim in claims)
            assert against_itself(claims, who) == [], about
            assert countered(claims, who) == [] or unfair[told], about
        expected = GameStatus.DEFENDER_WON if right else GameStatus.CHALLENGER_WON
        assert world.status(game) is expected or unfair[told], about
    assert wasted(world, ours.address, theirs.address) == []
    assert wasted(world, theirs.address, ours.address) == []
    print(f"{first} first: {moves[ours.address]} claims of ours, {moves[theirs.address]} of theirs; {unfair}")
    quick = {"ours": [ours], "theirs": [theirs], "both": [ours, theirs]}[first]
    assert all(moves[who.address] for who in quick)
    assert sum(map(bool, unfair.values())) < len(games)


def test_against_each_other(net: Network, anvil: Path, l1_contracts: Path, op_challenger: Path) -> None:
    """op-challenger is told wrong outputs from a block on, and defends a wrong proposal against ours.

    It plays as far as outputs go. Below them its alphabet is ours, and it has nothing to say against it; so a
    stranger takes its side, down to a step, which the machine executes.
    """
    world = AlphabetWorld(net, anvil, l1_contracts)
    lies = {number: number + 1000 for number in range(ANCHOR + 5, ANCHOR + 2000)}
    with Rollup(world).served() as truth, Rollup(world, lies=lies).served() as untruth:
        theirs = OpChallenger(world, op_challenger, untruth)
        ours = OurChallenger(world, truth)
        game = world.create(l2.root(ANCHOR + 1009), ANCHOR + 9)
        claim = world.claims(game)[0]
        while claim.depth < 5:
            claim = world.answer(game, claim)
            assert claim.claimant == (ours if claim.depth % 2 else theirs).address
        while claim.depth < 7:
            answer = world.lie(game, claim, True, lie(claim.depth))
            claim = world.answer(game, answer)
        last = world.lie(game, claim, True, lie(7))
        net.wait("a step", lambda: world.claims(game)[last.index].is_countered)
        world.end(game)
        world.pay_out([game], ours.address)
    claims = world.claims(game)
    about = shown(claims, ours=ours.address, theirs=theirs.address)
    assert world.status(game) is GameStatus.CHALLENGER_WON, about
    assert countered(claims, ours.address) == against_itself(claims, ours.address) == [], about
    assert wasted(world, ours.address) == []
    assert len(countered(claims, theirs.address)) == 2, about
