"""A proposer killed at any time, on an L1 that fails, lags and reorganizes: never two games at once."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from pyoprollup.errors import Unavailable
from pyoprollup.sources.l1 import BlockInfo
from tests.unit.proposer.support import INTERVAL, Bench

_METHODS = frozenset(
    {
        *("head", "call", "calls", "nonce_at", "balance_at", "estimate_gas", "block_number"),
        *("send_transaction", "transaction_receipt", "suggest_gas_tip_cap"),
    }
)


class ChaoticL1:
    """An L1's node that answers sometimes, and sometimes from some blocks behind."""

    def __init__(self, l1: Any, rng: random.Random) -> None:
        self._l1, self._rng = l1, rng
        self.failing = 0.0
        self.lag = 0

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            return getattr(self._l1, name)

        def ask(*arguments: Any) -> Any:
            if self._rng.random() < self.failing:
                raise Unavailable("no answer")
            answer = getattr(self._l1, name)(*arguments)
            if name == "send_transaction" and self._rng.random() < self.failing:
                raise Unavailable("the answer is lost")
            return self._older(answer) if name == "head" else answer

        return ask

    def _older(self, head: BlockInfo) -> BlockInfo:
        number = max(0, head.number - self._rng.randint(0, self.lag))
        return replace(head, ref=self._l1.block_by_number(number).ref)


def lived(seed: int, failing: float) -> Bench:
    """Half an hour in which everything happens, and some minutes in which nothing does."""
    rng = random.Random(seed)
    bench = Bench(poll_interval=rng.choice((3.0, 12.0)))
    chaos = bench.backend = ChaoticL1(bench.l1, rng)
    bench.proposer = bench.new_proposer()
    end = bench.now + 1_800
    while bench.now < end:
        chaos.failing = rng.choice((0.0, failing))
        chaos.lag = rng.choice((0, 0, 2))
        bench.node.failing = rng.random() < failing / 2
        bench.node.safe = (bench.node.safe or 0) + rng.randrange(3)
        if rng.random() < 0.15:
            bench.proposer = bench.new_proposer()
        if rng.random() < 0.05 and bench.l1.head_block.number > 12:
            depth = rng.randint(1, 4)
            bench.l1.reorg(depth, requeue=rng.random() < 0.5)
            for _ in range(depth):  # at the times of the old ones, so without what came later
                bench.l1.mine(empty=True)
        bench.run(rng.uniform(0.5, 20))
    chaos.failing, chaos.lag, bench.node.failing = 0.0, 0, False
    bench.run(800)
    return bench


@pytest.mark.parametrize("failing", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(5))
def test_never_two_games_at_a_time_and_in_the_end_the_newest(seed: int, failing: float) -> None:
    bench = lived(seed, failing)
    games = bench.games()
    times = [game.metadata.timestamp for game in games]
    assert all(later - earlier >= INTERVAL for earlier, later in pairwise(times))
    assert len(games) >= (2 if failing == 0.9 else 8)
    assert bench.numbers() == sorted(set(bench.numbers()))
    assert bench.numbers()[-1] == bench.node.safe
    assert bench.l1.nonce_at(bench.proposer._tx_manager.address) == len(games), "none has reverted"
