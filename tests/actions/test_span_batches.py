"""Span batches: when they are allowed, that they are atomic before Holocene, and what spoils them."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from pyoprollup.derive import DropReason, SingularBatch
from pyoprollup.driver.events import DerivedAttributesEvent
from pyoprollup.engine.events import PendingSafeUpdateEvent, SafeDerivedEvent
from pyoprollup.events import DeriverIdleEvent, Event
from pyoprollup.rollup import Fork
from tests.actions.batcher import Batcher, Stage, frames_of, stage
from tests.actions.harness import World, up_to
from tests.actions.nodes import Verifier

WINDOW = 12
PARAMS = {"max_sequencer_drift": 20, "seq_window_size": WINDOW, "channel_timeout": 10}


def replaced(world: World, at: int, transaction: bytes) -> Callable[[SingularBatch], SingularBatch]:
    """Puts a transaction in the place of those of one block."""

    def modify(batch: SingularBatch) -> SingularBatch:
        number = (batch.timestamp - world.genesis_time) // world.config.block_time
        return replace(batch, transactions=(transaction,)) if number == at else batch

    return modify


def empty_chain(verifier: Verifier) -> bool:
    return not any(verifier.user_txs(number) for number in range(1, verifier.l2_safe.number + 1))


@pytest.mark.parametrize("delta_at", [None, 6])
def test_drop_span_batch_before_hardfork(delta_at: int | None) -> None:
    """TestDropSpanBatchBeforeHardfork, TestHardforkMiddleOfSpanBatch: a span batch that begins before Delta
    is dropped, also if Delta activates inside of it."""
    forks = up_to(Fork.CANYON, {} if delta_at is None else {Fork.DELTA: delta_at})
    world, miner, sequencer, verifier, batcher = stage(forks, **PARAMS)
    batcher.span = True
    lost = world.alice.act_send_l2(sequencer.pool)
    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_l2_block()
    assert len(sequencer.user_txs()) == 1
    sequencer.act_build_to_l1_head()
    batcher.act_submit_all()
    miner.act_l1_block()
    miner.act_l1_empty_blocks(WINDOW)
    verifier.act_sync()
    assert verifier.l2_safe.l1_origin.number == 2
    assert empty_chain(verifier)
    assert not verifier.knows_tx(lost)
    assert verifier.drop_reasons == [DropReason.SPAN_BATCH_BEFORE_DELTA]


def test_accept_singular_batch_after_hardfork() -> None:
    """TestAcceptSingularBatchAfterHardfork: singular batches stay valid."""
    world, miner, sequencer, verifier, batcher = stage(Fork.DELTA, **PARAMS)
    batcher.span = False
    sent = world.alice.act_send_l2(sequencer.pool)
    sequencer.act_build_l2_block()
    batcher.act_submit_all()
    miner.act_l1_block()
    miner.act_l1_empty_blocks(WINDOW)
    verifier.act_sync()
    assert verifier.l2_safe.l1_origin.number == 1
    assert verifier.knows_tx(sent)


@pytest.mark.parametrize("fork", [Fork.DELTA, Fork.ISTHMUS])
def test_mix_of_batches_after_hardfork(fork: Fork) -> None:
    """TestMixOfBatchesAfterHardfork: span and singular batches in turn."""
    world, miner, sequencer, verifier, batcher = stage(fork, **PARAMS)
    miner.act_l1_empty_block()
    sent = []
    for number in range(4):
        sent.append(world.alice.act_send_l2(sequencer.pool))
        sequencer.act_l1_head_signal()
        sequencer.act_build_l2_block()
        sequencer.act_build_to_l1_head()
        batcher.span = number % 2 == 0
        batcher.act_submit_all()
        miner.act_l1_block()
    miner.act_l1_empty_blocks(WINDOW)
    verifier.act_sync()
    assert verifier.l2_safe.l1_origin.number == 5
    assert all(verifier.knows_tx(each) for each in sent)
    assert verifier.drops == []


def test_mix_of_batches_in_one_channel() -> None:
    """Both kinds of batches in the same channel."""
    _world, miner, sequencer, verifier, batcher = stage(Fork.GRANITE)
    sequencer.act_build_l2_blocks(6)
    span, singular = Batcher(_world, sequencer, span=True), Batcher(_world, sequencer, span=False)
    for number in (1, 2, 3):
        span.act_add_block(number)
    for number in (4, 5, 6):
        singular.act_add_block(number)
    content = b""
    for one in (span, singular):
        one.act_channel_close()
        assert one.channel is not None
        content += zlib.decompress(one.channel.output_frame(1_000_000).data)
    batcher.act_submit_raw(frames_of(bytes(16), zlib.compress(content))[0])
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe


@pytest.mark.parametrize("transactions", [0, 3])
def test_span_batch_long_chain(transactions: int) -> None:
    """TestSpanBatchEmptyChain, TestSpanBatchLowThroughputChain: long spans, without and with transactions."""
    world, miner, sequencer, verifier, batcher = stage(Fork.DELTA, **PARAMS)
    rng = random.Random(1234)
    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    for number in range(20):
        while sequencer.l2_unsafe.l1_origin.number < miner.head.number:
            for _ in range(rng.randrange(transactions + 1)):
                user = rng.choice([world.alice, world.bob, world.owner])
                if user is not world.owner:
                    user.act_send_l2(sequencer.pool, data=rng.randbytes(rng.randrange(100)), value=0)
            sequencer.act_build_l2_block()
        if number % 5 == 4:
            batcher.act_submit_all()
            tip = sequencer.l2_unsafe
            miner.act_l1_block()
            sequencer.act_sync()
            assert sequencer.l2_safe == tip, "nothing was reorganized"
        else:
            miner.act_l1_empty_block()
            sequencer.act_l1_head_signal()
    verifier.act_sync()
    assert sequencer.l2_unsafe == sequencer.l2_safe == verifier.l2_safe == verifier.l2_unsafe
    assert verifier.l2_safe.number == 120
    assert empty_chain(verifier) is (transactions == 0)


def test_batch_equivalence() -> None:
    """TestBatchEquivalence: the same chain from span batches and from singular ones."""
    casts = [stage(Fork.DELTA, **PARAMS), stage(Fork.DELTA, **PARAMS)]
    tips = []
    for cast, span in zip(casts, (True, False), strict=True):
        world, miner, sequencer, verifier, batcher = cast
        batcher.span = span
        miner.act_l1_empty_block()
        for number in range(4):
            sequencer.act_l1_head_signal()
            for _ in range(number):
                world.alice.act_send_l2(sequencer.pool, data=bytes(number * 10))
            sequencer.act_build_to_l1_head()
            miner.act_l1_empty_block()
        batcher.act_submit_all()
        miner.act_l1_block()
        verifier.act_sync()
        assert verifier.l2_safe == sequencer.l2_unsafe
        tips.append(verifier.l2_safe)
    assert tips[0] == tips[1]


# --- blocks that do not work


def test_invalid_payload_in_span_batch() -> None:
    """TestInvalidPayloadInSpanBatch: a bad block in a span batch leaves the safe head where it was; another
    span batch, with another first block, replaces all of it."""
    world, miner, sequencer, verifier, batcher = stage(Fork.GRANITE)
    miner.act_l1_empty_blocks(2)
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head_unsafe()
    assert sequencer.l2_unsafe.number == 12
    bad = world.alice.sign_l2(77)
    batcher.act_submit_all(replaced(world, 8, bad))
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_unsafe.number == 7
    assert verifier.l2_safe.number == 0

    batcher.reset()
    good = world.alice.sign_l2(0)
    batcher.act_submit_all(replaced(world, 1, good))
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_unsafe.number == verifier.l2_safe.number == 12
    assert verifier.user_txs(1) == (good,)
    assert verifier.hash(1) != sequencer.hash(1)
    assert all(not verifier.user_txs(number) for number in range(2, 13))


def _follow(verifier: Verifier, target: int) -> None:
    """Derive; up to the end of the span batch only the pending-safe head may move."""
    seen: list[int] = []

    def watch(event: Event) -> bool:
        if isinstance(event, PendingSafeUpdateEvent):
            seen.append(verifier.l2_pending_safe.number)
            safe = verifier.l2_safe.number
            assert safe == (0 if verifier.l2_pending_safe.number < target else target)
        return isinstance(event, DeriverIdleEvent)

    verifier.act_l1_head_signal()
    verifier.act_l2_events_until(watch)
    assert set(seen) == set(range(target + 1))
    derived = verifier.recorder.of(SafeDerivedEvent)
    assert [event.safe.number for event in derived] == [target], "the safe head moves once"
    verifier.act_l2_pipeline_full()


def _six_blocks(cast: Stage) -> None:
    cast.miner.act_l1_empty_block()
    cast.sequencer.act_l1_head_signal()
    cast.sequencer.act_build_to_l1_head_unsafe()
    assert cast.sequencer.l2_unsafe.number == 6


def test_span_batch_atomicity_consolidation() -> None:
    """TestSpanBatchAtomicity_Consolidation: the blocks are known already."""
    cast = stage(Fork.GRANITE)
    _world, miner, sequencer, verifier, batcher = cast
    _six_blocks(cast)
    for number in range(1, 7):
        verifier.act_l2_unsafe_gossip_receive(sequencer.envelope(number))
    verifier.act_l2_pipeline_full()
    assert verifier.l2_unsafe == sequencer.l2_unsafe
    batcher.act_submit_all()
    miner.act_l1_block()
    _follow(verifier, 6)
    assert verifier.l2_unsafe == verifier.l2_safe == sequencer.l2_unsafe


def test_span_batch_atomicity_force_advance() -> None:
    """TestSpanBatchAtomicity_ForceAdvance: the blocks are new."""
    cast = stage(Fork.GRANITE)
    _world, miner, sequencer, verifier, batcher = cast
    _six_blocks(cast)
    batcher.act_submit_all()
    miner.act_l1_block()
    _follow(verifier, 6)
    assert verifier.l2_unsafe == verifier.l2_safe == sequencer.l2_unsafe
    assert len(verifier.recorder.of(DerivedAttributesEvent)) == 6


def test_overlapping_span_batch() -> None:
    """A span batch may repeat blocks that are safe, as long as they are the same."""
    world, miner, sequencer, verifier, batcher = stage(Fork.GRANITE)
    world.alice.act_send_l2(sequencer.pool)
    sequencer.act_build_l2_blocks(3)
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == 3

    # One that says something else about a safe block is worth nothing.
    sequencer.act_build_l2_blocks(3)
    batcher.reset()
    batcher.act_submit_all(replaced(world, 2, world.bob.sign_l2(0)))
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == 3
    assert verifier.drop_reasons == [DropReason.SPAN_OVERLAP_TRANSACTIONS]

    batcher.reset()
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe == sequencer.ref(6)
