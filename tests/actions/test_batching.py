"""Blocks get to L1 in all the ways there are, and come back as the same blocks."""

from __future__ import annotations

import pytest

from pyoprollup.derive import CompressionAlgo, DropReason
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.rollup import Fork
from tests.actions.batcher import BATCH_TYPES, Batcher, stage
from tests.actions.nodes import Verifier


@BATCH_TYPES
def test_normal_batcher(forks: Fork) -> None:
    """TestL2BatcherBatchType/NormalBatcher: one block with a transaction, in an otherwise empty window."""
    world, miner, sequencer, verifier, batcher = stage(forks, seq_window_size=24, max_sequencer_drift=20)
    sent = world.alice.act_send_l2(sequencer.pool)
    sequencer.act_build_l2_block()
    assert len(sequencer.user_txs()) == 1

    batcher.act_buffer()
    batcher.act_channel_close()
    batcher.act_submit()
    miner.act_l1_block()
    miner.act_l1_empty_blocks(24)

    verifier.act_sync()
    assert verifier.l2_safe.l1_origin.number == 1
    assert verifier.knows_tx(sent)
    assert verifier.hash(1) == sequencer.hash(1)
    assert all(not verifier.user_txs(number) for number in range(2, verifier.l2_safe.number + 1))
    assert verifier.drops == []
    verifier.check_engine()


@BATCH_TYPES
def test_extended_time_without_l1_batches(forks: Fork) -> None:
    """TestL2BatcherBatchType/ExtendedTimeWithoutL1Batches: all blocks of a window, in its last L1 block."""
    window = 12
    _world, miner, sequencer, verifier, batcher = stage(forks, seq_window_size=window, max_sequencer_drift=20)
    miner.act_l1_empty_blocks(window - 1)
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    batcher.act_submit_all()
    miner.act_l1_block()

    verifier.act_l2_pipeline_full()
    assert verifier.l2_safe == sequencer.l2_unsafe
    assert verifier.l2_safe.l1_origin.number == window - 1
    sequencer.act_l2_pipeline_full()
    assert sequencer.l2_safe == sequencer.l2_unsafe


@BATCH_TYPES
def test_big_l2_txs(forks: Fork) -> None:
    """TestL2BatcherBatchType/BigL2Txs: large, incompressible blocks in many frames that L1 takes late."""
    world, miner, sequencer, verifier, batcher = stage(forks)
    for number in range(6):
        noise = b"".join((number * 4000 + n).to_bytes(4, "big") * 7 for n in range(2000))
        world.alice.act_send_l2(sequencer.pool, data=world.keys.batcher * 50 + noise, gas=4_000_000)
        sequencer.act_build_l2_block()
        assert len(sequencer.user_txs()) == 1
    batcher.act_buffer_all()
    frames = batcher.all_frames(9)
    assert len(frames) == 9
    for frame in frames:
        batcher.act_submit_raw(frame)
        miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
    assert verifier.drops == []


def test_derive_chain_from_near_l1_genesis() -> None:
    """TestDeriveChainFromNearL1Genesis: a node starts with a safe head whose origin is L1 block 1."""
    world, miner, sequencer, _verifier, batcher = stage(
        Fork.CANYON, seq_window_size=24, max_sequencer_drift=20, channel_timeout=20
    )
    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    tip = sequencer.l2_unsafe
    assert tip.l1_origin.number == 1
    miner.act_l1_empty_block()
    batcher.act_submit_all()
    miner.act_l1_block()
    sequencer.act_sync()
    assert sequencer.l2_safe == tip

    miner.act_l1_finalize()
    sequencer.act_l1_finalized_signal()
    sequencer.act_l2_pipeline_full()
    assert sequencer.engine_ref(BlockLabel.FINALIZED) == tip

    restarted = Verifier(world, "restarted", store=sequencer.store)
    restarted.act_l2_pipeline_full()
    assert restarted.l2_safe == restarted.l2_finalized == tip
    assert restarted.engine_ref(BlockLabel.SAFE) == tip


def test_eip4844_data_availability() -> None:
    """TestEIP4844DataAvailability: a channel in a blob."""
    world, miner, sequencer, verifier, _ = stage(Fork.ISTHMUS)
    batcher = Batcher(world, sequencer, blobs=True)
    sent = world.alice.act_send_l2(sequencer.pool)
    sequencer.act_build_l2_block()
    batcher.act_submit_all()
    miner.act_l1_block()
    assert len(world.l1.head_block.blob_hashes) == 1
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
    assert verifier.knows_tx(sent)


def test_eip4844_multi_blobs() -> None:
    """TestEIP4844MultiBlobs: a channel in as many blobs as a transaction can have, four bytes in each but the
    last."""
    world, miner, sequencer, verifier, _ = stage(Fork.ISTHMUS)
    batcher = Batcher(world, sequencer, blobs=True)
    sent = world.alice.act_send_l2(sequencer.pool)
    sequencer.act_build_l2_block()
    batcher.act_buffer_all()
    batcher.act_channel_close()
    batcher.act_submit_raw(*[batcher.next_frame(4) for _ in range(5)], batcher.next_frame())
    miner.act_l1_block()
    assert len(world.l1.head_block.blob_hashes) == 6
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
    assert verifier.knows_tx(sent)


def test_eip4844_data_availability_switch() -> None:
    """TestEIP4844DataAvailabilitySwitch: first calldata, then blobs; and both in one channel."""
    world, miner, sequencer, verifier, batcher = stage(Fork.GRANITE)
    with_blobs = Batcher(world, sequencer, blobs=True)
    sequencer.act_build_l2_block()
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    sequencer.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe

    sequencer.act_build_l2_blocks(3)
    with_blobs.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    sequencer.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe

    sequencer.act_build_l2_blocks(3)
    batcher.act_buffer_all()
    first, second = batcher.all_frames(2)
    with_blobs.act_submit_raw(first)
    miner.act_l1_block()
    batcher.act_submit_raw(second)
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
    assert verifier.drops == []


def test_calldata_of_a_blob_transaction_does_not_count() -> None:
    """Data beside the blobs of a transaction is no batcher data, and another's blobs keep their indices."""
    world, miner, sequencer, verifier, batcher = stage(Fork.ISTHMUS)
    with_blobs = Batcher(world, sequencer, blobs=True)
    stranger = Batcher(world, sequencer, key=world.alice.key, blobs=True)
    sequencer.act_build_l2_block()
    stranger.act_submit_raw(b"\0something else")
    batcher.act_buffer_all()
    batcher.act_channel_close()
    frame = batcher.next_frame()
    with_blobs.act_submit_raw(b"\0no frame", calldata=frame)
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == 0
    assert DropReason.BLOB_TX_CALLDATA in verifier.drop_reasons
    assert DropReason.FRAMES_UNPARSABLE in verifier.drop_reasons

    stranger.act_submit_raw(frame)
    with_blobs.act_submit_raw(frame)
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe


@pytest.mark.parametrize("algo", [CompressionAlgo.ZLIB, CompressionAlgo.BROTLI_9, CompressionAlgo.BROTLI_11])
def test_compression(algo: CompressionAlgo) -> None:
    """TestBrotliBatcherFjord: channels of each compression, from Fjord on."""
    world, miner, sequencer, verifier, _ = stage(Fork.FJORD)
    sent = world.alice.act_send_l2(sequencer.pool, data=b"brotli " * 100)
    sequencer.act_build_l2_blocks(2)
    Batcher(world, sequencer, algo=algo).act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
    assert verifier.knows_tx(sent)


def test_brotli_before_fjord() -> None:
    """A brotli channel before Fjord is unreadable."""
    world, miner, sequencer, verifier, batcher = stage(Fork.ECOTONE)
    sequencer.act_build_l2_block()
    Batcher(world, sequencer, algo=CompressionAlgo.BROTLI_9).act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == 0
    assert verifier.drop_reasons == [DropReason.CHANNEL_UNREADABLE]
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe


def test_channels_interleaved_and_frames_out_of_order_before_holocene() -> None:
    """The channel bank puts frames in order; channels are read in the order in which they began."""
    world, miner, sequencer, verifier, one = stage(Fork.GRANITE)
    two = Batcher(world, sequencer, key=world.keys.batcher)
    sequencer.act_build_l2_blocks(6)
    for number in range(1, 4):
        one.act_add_block(number)
    for number in range(4, 7):
        two.act_add_block(number)
    a, b = one.all_frames(3), two.all_frames(2)
    one.act_submit_each([a[2], b[1], a[0]])
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == 0
    one.act_submit_each([a[1], b[0]])
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
    assert verifier.drops == []


def test_l1_lookback() -> None:
    """Test_ProgramAction_L1Lookback: a channel spread over many L1 blocks, begun before its last blocks."""
    world, miner, sequencer, verifier, _ = stage(Fork.ISTHMUS)
    batcher = Batcher(world, sequencer, span=False)
    for number in range(1, 9):
        sequencer.act_build_l2_block()
        batcher.act_buffer_all()
        assert batcher.channel is not None
        batcher.channel.flush()
        if number == 8:
            batcher.act_channel_close()
        batcher.act_submit()
        miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe == sequencer.ref(8)
    # Again by a node that was stopped in the middle of another such channel.
    for number in range(9, 17):
        sequencer.act_build_l2_block()
        batcher.act_add_block(number)
        assert batcher.channel is not None
        batcher.channel.flush()
        if number == 16:
            batcher.act_channel_close()
        batcher.act_submit()
        miner.act_l1_block()
        if number == 12:
            verifier.act_sync()
            assert verifier.l2_safe.number == 8
            verifier.act_restart()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe == sequencer.ref(16)


def test_simple_empty_chain() -> None:
    """Test_ProgramAction_SimpleEmptyChain: one empty block."""
    _world, miner, sequencer, verifier, batcher = stage(Fork.ISTHMUS)
    sequencer.act_build_l2_block()
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe == sequencer.ref(1)
    assert len(verifier.deposits(1)) == 1


def test_deposits_get_to_l2() -> None:
    """TestCrossLayerUser: what is deposited on L1 is there on L2 with the block that adopts the L1 block."""
    world, miner, sequencer, verifier, batcher = stage(Fork.ISTHMUS)
    world.alice.act_deposit(world.bob.address)
    world.bob.act_deposit(world.alice.address, value=5)
    miner.act_l1_block()
    sequencer.act_l1_head_signal()
    sequencer.act_build_to_l1_head()
    assert sequencer.ref(6).l1_origin == miner.head.id
    assert [len(sequencer.deposits(number)) for number in range(1, 7)] == [1, 1, 1, 1, 1, 3]
    receipts = sequencer.store.receipts(sequencer.l2_unsafe.hash)
    assert receipts is not None
    assert [receipt.status for receipt in receipts] == [1, 1, 1]
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
