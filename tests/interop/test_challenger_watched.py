"""Our challenger against a liar. op-dispute-mon v1.16.11 and our monitor watch, and forecast the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Hash32
from tests.disputes import chain as l2
from tests.interop.challengers import ANCHOR, AlphabetWorld, OurChallenger, Rollup
from tests.interop.network import Network, network
from tests.interop.test_dispute_mon_go import OpDisputeMon, total

pytestmark = [pytest.mark.go, pytest.mark.npm, pytest.mark.slow]


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        yield made


def lie(number: int) -> Hash32:
    return Hash32(b"\x01" + keccak256(b"%d" % number)[1:])


def test_both_forecast_the_same(net: Network, anvil: Path, l1_contracts: Path, op_dispute_mon: Path) -> None:
    begin = int(time.time()) - 400_000
    world = AlphabetWorld(net, anvil, l1_contracts, "--timestamp", str(begin))
    with ExitStack() as stack:
        stack.callback(world.l1.close)
        rollup = stack.enter_context(Rollup(world).served())
        monitors = OpDisputeMon(world, op_dispute_mon, [rollup], stack)
        ours = OurChallenger(world, rollup)
        wrong = world.create(lie(0), ANCHOR + 9)
        right = world.create(l2.root(ANCHOR + 10), ANCHOR + 10)
        opened = world.lie(right, world.claims(right)[0], True, lie(1))
        unanswered = {wrong: world.claims(wrong)[0], right: opened}
        for turn in range(2):
            for game, claim in unanswered.items():
                answer = world.answer(game, claim)
                assert answer.claimant == ours.address
                unanswered[game] = answer
            found = monitors.compare()
            assert total(found, "games_agreement", completion="in_progress") == 2
            assert total(found, "games_agreement", status="agree_defender_ahead") == 1
            assert total(found, "games_agreement", status="disagree_challenger_ahead") == 1
            if turn == 0:
                for game, answer in unanswered.items():
                    unanswered[game] = world.lie(game, answer, True, lie(answer.depth))
        world.end(wrong, right)
        found = monitors.compare()
        assert total(found, "games_agreement", completion="complete") == 2
        world.pay_out([wrong, right], ours.address)
        monitors.compare()
        assert world.status(wrong) is GameStatus.CHALLENGER_WON
        assert world.status(right) is GameStatus.DEFENDER_WON
