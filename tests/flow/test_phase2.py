"""Phase 2 of the flow, batching: rows 2.1 to 2.5."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.batcher import (
    BatcherConfig,
    BatchSubmitter,
    ChannelConfig,
    ChannelManager,
    NoTxData,
    StaticChannelConfig,
    TxData,
)
from pyoprollup.derive.codec.frame import parse_frames
from pyoprollup.eth.blobs import blob_to_data
from pyoprollup.eth.kzg import verify_blob_proofs, versioned_hash
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.signer import sender
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.transactions import BLOB_TX_TYPE, DYNAMIC_FEE_TX_TYPE
from pyoprollup.replay.executed import ExecutedReplay
from pyoprollup.txmgr import LocalSigner, SimpleTxManager, TxManagerConfig
from tests.batching import BatchedRollup
from tests.executed_rollup import ExecutedRollup, Node
from tests.simulated_l1 import SimulatedL1
from tests.unit.derive.support import BATCHER, BATCHER_KEY, INBOX, L1_CHAIN_ID


def started(**changes: object) -> BatchedRollup:
    rollup = BatchedRollup(**changes)  # type: ignore[arg-type]
    rollup.batcher.start_batch_submitting()
    return rollup


def assert_all_derived(rollup: BatchedRollup) -> None:
    rollup.finish()
    sequenced, derived = rollup.sequencer.chain, rollup.node.chain
    for number in range(1, derived.safe_head.number + 1):
        assert derived.payload_by_number(number) == sequenced.payload_by_number(number)


# --- 2.1


def test_2_1_start_batch_submitting() -> None:
    """Loading, publishing and receipts: every block gets to L1 and is derived again."""
    rollup = started()
    rollup.run(10)
    metrics = rollup.batcher.metrics
    assert metrics.blocks_loaded and metrics.txs_sent and rollup.tx_manager.metrics.confirmed
    assert_all_derived(rollup)


@pytest.mark.parametrize("restart_after", [1, 3, 4, 7])
def test_2_1_a_batcher_that_starts_from_nothing_loses_no_block(restart_after: int) -> None:
    """Whenever it is killed, with blocks in memory, transactions in the pool, or half of a channel on L1."""
    rollup = started(channel={"max_frame_size": 200, "target_num_frames": 3}, batcher={"max_pending_txs": 2})
    for _ in range(3):
        rollup.run(restart_after)
        rollup.batcher.stop_batch_submitting(kill=True)
        rollup.batcher = rollup.new_batcher()
        rollup.batcher.start_batch_submitting()
    rollup.sequencing = False
    for _ in range(100):
        if rollup.node.chain.safe_head == rollup.sequencer.head:
            break
        rollup.batcher.flush()
        rollup.run(1)
    assert_all_derived(rollup)


# --- 2.2


def test_2_2_load_blocks_into_state() -> None:
    """Blocks come in order, once each, from after the safe head to the tip."""
    rollup = started()
    asked: list[int] = []
    usual = rollup.node.payload_by_number

    def payload_by_number(number: int) -> ExecutionPayload:
        asked.append(number)
        return usual(number)

    rollup.node.payload_by_number = payload_by_number  # type: ignore[method-assign]
    rollup.run(6)
    assert asked == list(range(1, rollup.batcher.metrics.blocks_loaded + 1))
    blocks = [block.ref.number for block in rollup.batcher.channels.blocks]
    assert blocks[0] <= rollup.node.chain.safe_head.number + 1
    assert blocks[-1] >= rollup.sequencer.head.number - 6


def test_2_2_load_blocks_into_state_detects_reorgs() -> None:
    rollup = started(channel={"max_channel_duration": 30, "max_frame_size": 50_000})
    rollup.run(5)
    before = [block.ref for block in rollup.batcher.channels.blocks]
    rollup.reorg(3)
    rollup.run(6)
    after = [block.ref for block in rollup.batcher.channels.blocks]
    assert rollup.batcher.metrics.l2_reorgs == 1
    assert before[:5] == after[:5] and before[-1] not in after
    assert_all_derived(rollup)


def test_2_2_a_channel_that_was_dropped_is_sent_again() -> None:
    """The node derived all of a channel and its head did not move: begin afresh."""
    rollup = started(data="blobs", channel={"batch_type": 1, "max_frame_size": 3000})
    rollup.run(2)
    while not rollup.l1.pool:
        rollup.step()
    # On L1 the channel's blob turns out to be garbage.
    broken = [tx.blob_versioned_hashes[0] for tx in rollup.l1.pool.values()]
    rollup.l1.blobs.update(dict.fromkeys(broken, bytes(131_072)))
    rollup.run(6)
    assert rollup.batcher.metrics.clears == 2
    assert_all_derived(rollup)


# --- 2.3


def test_2_3_tx_data() -> None:
    """Blocks become frames of channels, in order, as much as a transaction takes."""
    rollup = started(channel={"max_frame_size": 250, "target_num_frames": 2})
    rollup.sequencing = True
    rollup.sequencer.build_until(rollup.now + 120)
    channels = rollup.batcher.channels
    for number in range(1, rollup.sequencer.head.number + 1):
        channels.add_l2_block(rollup.node.payload_by_number(number))
    sent: list[TxData] = []
    # What waits for more blocks is ended at last.
    for force in (False, True):
        with pytest.raises(NoTxData):
            while True:
                sent.append(channels.tx_data(rollup.l1.tip.ref.id, force=force))
    frames = [frame for data in sent for frame in parse_frames(data.call_data())]
    assert all(len(data.frames) == 1 for data in sent)
    order = list(dict.fromkeys(frame.id for frame in frames))
    assert order == [channel.id for channel in channels.channels] and len(order) > 1
    for channel_id in order:
        numbers = [frame.number for frame in frames if frame.id == channel_id]
        assert numbers == list(range(len(numbers)))
    blocks = [block.ref.number for channel in channels.channels for block in channel.builder.blocks]
    assert blocks == list(range(1, rollup.sequencer.head.number + 1))


# --- 2.4


def test_2_4_calldata_tx_candidate() -> None:
    rollup = started()
    rollup.run(8)
    transactions = rollup.l1.transactions()
    assert transactions
    for tx in transactions:
        assert (tx.type, tx.to, sender(tx, L1_CHAIN_ID)) == (DYNAMIC_FEE_TX_TYPE, INBOX, BATCHER)
        assert len(parse_frames(tx.data)) == 1 and len(tx.data) <= 401
    assert_all_derived(rollup)


def test_2_4_blob_tx_candidate() -> None:
    rollup = started(data="blobs", channel={"max_frame_size": 250, "target_num_frames": 3})
    rollup.run(8)
    transactions = rollup.l1.transactions()
    assert max(len(tx.blob_versioned_hashes) for tx in transactions) == 3
    for tx in transactions:
        assert (tx.type, tx.to, tx.data) == (BLOB_TX_TYPE, INBOX, b"")
        for blob_hash in tx.blob_versioned_hashes:
            assert len(parse_frames(blob_to_data(rollup.l1.blobs[blob_hash]))) == 1
    assert_all_derived(rollup)


# --- 2.5


def test_2_5_record_confirmed_tx() -> None:
    """Receipts complete channels, which are forgotten once their blocks are safe."""
    rollup = started(channel={"max_frame_size": 2000})
    rollup.run(12)
    metrics = rollup.batcher.metrics
    assert metrics.txs_confirmed > 2 and metrics.txs_failed == 0
    assert len(rollup.batcher.channels.channels) <= 2
    assert rollup.batcher.channels.blocks[0].ref.number == rollup.node.chain.safe_head.number + 1


def test_2_5_record_failed_tx() -> None:
    """Frames that did not arrive are sent again, before those that follow them."""
    rollup = started(
        channel={"max_frame_size": 300, "target_num_frames": 4, "compressor": "none"},
        batcher={"max_pending_txs": 3},
        txmgr={"num_confirmations": 2},
    )
    while rollup.batcher.publisher.in_flight < 3:
        rollup.step()
    rollup.tx_manager.pending[1].cancel()
    rollup.step()
    assert rollup.batcher.metrics.txs_failed == 3
    rollup.run(4)
    assert_all_derived(rollup)


# --- all of it, with an engine and real blobs


class EngineNode:
    """The node and the engine of an executed rollup, for the batcher."""

    def __init__(self, rollup: ExecutedRollup) -> None:
        self.rollup = rollup

    def sync_status(self) -> SyncStatus:
        genesis = self.rollup.node.l2.l2_block_ref_by_number(0)
        tip = self.rollup.l1[-1].info.ref
        return SyncStatus(current_l1=tip, head_l1=tip, unsafe_l2=self.rollup.node.head, safe_l2=genesis)

    def payload_by_number(self, number: int) -> ExecutionPayload:
        return self.rollup.node.l2.payload_by_number(number)


def test_2_4_executed_blocks_go_through_real_blobs() -> None:
    """A sequencer on an engine, a batcher with KZG proofs, and an engine that derives from them."""
    rollup = ExecutedRollup("ecotone", seed=24)
    for _ in range(2):
        rollup.mine(deposits=1)
        rollup.sequence(6)
    l1 = SimulatedL1()
    now = 1_000_000.0
    manager = SimpleTxManager(
        TxManagerConfig(L1_CHAIN_ID, num_confirmations=1),
        l1,
        LocalSigner(BATCHER_KEY, L1_CHAIN_ID),
        lambda: now,
    )
    channel_config = ChannelConfig(8, 20, sub_safety_margin=4, batch_type=1).for_blobs(2)
    channels = ChannelManager(
        rollup.config, StaticChannelConfig(channel_config), lambda: b"channel 24".ljust(16)
    )
    node = EngineNode(rollup)
    batcher = BatchSubmitter(rollup.config, BatcherConfig(), node, node, l1, manager, channels, lambda: now)
    batcher.start_batch_submitting()
    batcher.step(now)
    batcher.flush()
    batcher.step(now)
    (tx,) = l1.pool.values()
    assert tx.sidecar is not None
    verify_blob_proofs(tx.sidecar.blobs, tx.sidecar.commitments, tx.sidecar.proofs)
    assert tx.blob_versioned_hashes == tuple(map(versioned_hash, tx.sidecar.commitments))
    rollup.mine()
    rollup.l1[-1] = replace(rollup.l1[-1], transactions=(replace(tx, sidecar=None).encode(),))
    rollup.l1[-1] = replace(rollup.l1[-1], receipts=(Receipt(status=1),))
    rollup.mine()
    recording = replace(rollup.recording(), blobs=l1.blobs)
    derived = list(ExecutedReplay(recording, Node(rollup.config).engine))
    assert [block.payload for block in derived] == [envelope.payload for envelope in rollup.blocks]
