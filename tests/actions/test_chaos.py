"""Anything may happen, in any order: in the end everybody agrees with who knows nothing but L1."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from pyoprollup.derive import CompressionAlgo, SingularBatch
from pyoprollup.driver.events import SequencerActionEvent
from pyoprollup.engine.events import BuildStartedEvent, PayloadSuccessEvent
from pyoprollup.events import NEVER
from pyoprollup.rollup import Fork
from tests.actions.batcher import Batcher, stage
from tests.actions.nodes import Verifier

ACTIONS = 30
FINALIZED_DISTANCE = 8


class Chaos:
    """A cast that does what chance says."""

    def __init__(self, fork: Fork, seed: int) -> None:
        self.rng = random.Random(seed)
        self.world, self.miner, self.sequencer, self.verifier, _ = stage(
            fork, seed=seed, seq_window_size=16, channel_timeout=8, max_sequencer_drift=60
        )
        self.fork = fork
        self.story: list[str] = []
        self._actions: dict[Callable[[], None], int] = {
            self.build: 8,
            self.gossip: 4,
            self.submit: 6,
            self.submit_badly: 2,
            self.mine: 10,
            self.reorg: 1,
            self.sync: 8,
            self.restart: 1,
            self.finalize: 1,
            self.use_l1: 1,
        }

    def act(self) -> None:
        (action,) = self.rng.choices(list(self._actions), list(self._actions.values()))
        self.story.append(action.__name__)
        action()

    def build(self) -> None:
        """Some blocks, as far as the sequencer is able to."""
        node = self.sequencer
        for _ in range(self.rng.randrange(1, 8)):
            if node.sequencer.next_due == NEVER:
                node.act_sync()
            if self.rng.random() < 0.5:
                self.world.alice.act_send_l2(node.pool)
            if not self._try_build():
                node.act_sync()

    def catch_up(self) -> None:
        """Blocks up to the time of L1's head."""
        node = self.sequencer
        node.act_sync()
        for _ in range(500):
            if node.l2_unsafe.time >= self.miner.head.time:
                return
            if not self._try_build():
                node.act_sync()
        raise AssertionError(f"the sequencer stays at {node.l2_unsafe}")

    def _try_build(self) -> bool:
        node = self.sequencer
        if node.sequencer.next_due == NEVER:
            return False
        for event in (BuildStartedEvent, PayloadSuccessEvent):
            self.world.clock.advance(node.l2_unsafe.time + 2)
            node._emit(SequencerActionEvent())
            if not node.driver.events.drain_until(lambda it, event=event: isinstance(it, event)):
                return False
        node.driver.events.drain()
        return True

    def gossip(self) -> None:
        """Some of the newest blocks reach the verifier, in any order."""
        head = self.sequencer.l2_unsafe.number
        numbers = [number for number in range(max(head - 10, 1), head + 1) if self.rng.random() < 0.8]
        self.rng.shuffle(numbers)
        for number in numbers:
            self.verifier.act_l2_unsafe_gossip_receive(self.sequencer.envelope(number))
        self.verifier.act_l2_pipeline_full()

    def _batcher(self) -> Batcher:
        span = self.rng.random() < 0.6 if self.fork >= Fork.DELTA else False
        algo = CompressionAlgo.BROTLI_9 if self.fork >= Fork.FJORD else CompressionAlgo.ZLIB
        return Batcher(self.world, self.sequencer, span=span, algo=algo)

    def submit(self) -> None:
        """What is not safe yet, in one channel."""
        batcher = self._batcher()
        batcher.act_buffer_all()
        if batcher.channel is not None:
            batcher.act_submit_each(batcher.all_frames(self.rng.randrange(1, 4)))

    def submit_badly(self) -> None:
        """The same, spoilt: in disorder, incomplete, with a bad block, with garbage, by somebody else."""
        batcher = self._batcher()
        bad = self.rng.randrange(1, 10)

        def spoil(batch: SingularBatch) -> SingularBatch:
            number = (batch.timestamp - self.world.genesis_time) // 2
            if number % 10 != bad:
                return batch
            return replace(batch, transactions=(self.world.bob.sign_l2(self.rng.choice([0, 50])),))

        batcher.act_buffer_all(spoil if self.rng.random() < 0.5 else lambda batch: batch)
        if batcher.channel is None:
            return
        frames = batcher.all_frames(3)
        self.rng.shuffle(frames)
        for frame in frames[: self.rng.randrange(4)]:
            batcher.act_submit_raw(frame if self.rng.random() < 0.8 else self.rng.randbytes(40))

    def mine(self) -> None:
        self.miner.act_l1_block(gap=12 * self.rng.choice([1, 1, 1, 2]))

    def reorg(self) -> None:
        depth = self.rng.randrange(min(FINALIZED_DISTANCE - 2, self.miner.head.number + 1))
        self.miner.act_l1_rewind(depth, requeue=self.rng.random() < 0.7)
        for _ in range(depth + 1):
            self.miner.act_l1_block()

    def sync(self) -> None:
        node = self.rng.choice([self.sequencer, self.verifier])
        if self.rng.random() < 0.2:
            node.l1.fails = lambda: self.rng.random() < 0.3
        node.act_sync()
        node.l1.fails = lambda: False

    def restart(self) -> None:
        self.rng.choice([self.sequencer, self.verifier]).act_restart()

    def finalize(self) -> None:
        number = self.miner.head.number - FINALIZED_DISTANCE
        if number > self.miner.finalized.number:
            self.miner.act_l1_finalize(number)
            self.rng.choice([self.sequencer, self.verifier]).act_l1_finalized_signal()

    def use_l1(self) -> None:
        """A deposit, or another gas limit."""
        if self.rng.random() < 0.5:
            self.world.bob.act_deposit(self.world.alice.address)
        else:
            limit = 30_000_000 + self.rng.randrange(5) * 1_000_000
            self.world.owner.act_set_system_config("setGasLimit(uint64)", limit)

    def check(self) -> None:
        """Somebody who begins now, with L1 alone, gets to the same."""
        self.miner.act_l1_block()
        self.miner.act_l1_block()
        fresh = Verifier(self.world, "fresh")
        fresh.act_sync()
        for node in (self.sequencer, self.verifier):
            node.act_sync()
            assert node.l2_safe == fresh.l2_safe
            assert node.l2_unsafe.number >= node.l2_safe.number >= node.l2_finalized.number
            assert node.hash(node.l2_finalized.number) == node.l2_finalized.hash
            assert node.pipeline.origin == fresh.pipeline.origin == self.miner.head
            node.check_engine()
        assert fresh.l2_unsafe == fresh.l2_safe


@pytest.mark.parametrize("fork", [Fork.CANYON, Fork.GRANITE, Fork.ISTHMUS])
@pytest.mark.parametrize("seed", range(2))
def test_chaos(fork: Fork, seed: int) -> None:
    chaos = Chaos(fork, seed)
    for _ in range(ACTIONS):
        chaos.act()
    chaos.check()
    # And from there life goes on: all that is made becomes safe. The restart is for a sequencer whose origin
    # L1 has orphaned before derivation got there: like the reference's, it stays there up to the drift.
    chaos.sequencer.act_restart()
    for _ in range(2):
        chaos.catch_up()
        chaos.submit()
        chaos.check()
    assert chaos.sequencer.l2_safe == chaos.sequencer.l2_unsafe
