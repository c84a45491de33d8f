"""Whatever happens to the batcher's transactions, L1 derives exactly the sequencer's chain.

Random chains: batches of either type, every compressor, calldata, blobs or both, any number of transactions
at a time; L1 answers badly, loses and delays transactions, becomes expensive, is reorganised; the node
stalls, and the batcher is killed and restarted with nothing. In the end all is calm, and every block must
become safe.
"""

from __future__ import annotations

import random

import pytest

from pyoprollup.derive import CompressionAlgo
from pyoprollup.txmgr import GWEI
from tests.batching import BatchedRollup, Setup
from tests.simulated_l1 import Faults

CHAINS, GROUPS = 200, 10


def random_setup(seed: int) -> Setup:
    rng = random.Random(f"setup {seed}")
    channel = {
        "batch_type": rng.randint(0, 1),
        "target_num_frames": rng.randint(1, 3),
        "max_frame_size": rng.choice([400, 700, 1500]),
        "compressor": rng.choice(["shadow", "ratio", "none"]),
        "compression_algo": rng.choice([CompressionAlgo.ZLIB, CompressionAlgo.BROTLI_9]),
        "max_channel_duration": rng.randint(1, 4),
    }
    if channel["batch_type"]:
        channel["max_blocks_per_span_batch"] = rng.choice([0, 3])
    rollup = {"block_time": rng.choice([4, 6]), "channel_timeout": rng.choice([15, 25, 50])}
    # Without a time limit, transactions behind one that a reorg took back for good would wait for ever.
    txmgr = {"num_confirmations": rng.randint(1, 3), "tx_send_timeout": rng.choice([200, 400])}
    txmgr |= {"resubmission_timeout": 12.0, "fee_limit_threshold": 10_000 * GWEI}
    batcher = {"max_pending_txs": rng.choice([0, 1, 1, 2, 4])}
    data = rng.choice(["calldata", "blobs", "auto", "auto"])
    forks = rng.choice(["fjord", "granite", "holocene", "holocene", "isthmus"])
    return Setup(forks, seed, rollup, channel, batcher, txmgr, data)


def disturb(rollup: BatchedRollup, rng: random.Random) -> None:
    """Something may happen before the next L1 block."""
    l1 = rollup.l1
    match rng.randrange(10):
        case 0:
            l1.base_fee = rng.choice([1, 10, 60, 300]) * GWEI
        case 1:
            l1.blob_base_fee = rng.choice([1, GWEI, 2_000 * GWEI])
        case 2 | 3:
            rollup.reorg(rng.randint(1, 5), keep=rng.choice([0.0, 0.5, 1.0]))
        case 4:
            l1.faults = Faults(*(rng.choice([0.0, 0.1, 0.3]) for _ in range(4)))
        case 5:
            rollup.node.fault = rng.choice([0.0, 0.3])
            rollup.node.synced = rng.random() < 0.8
        case 6:
            if rng.random() < 0.3:
                rollup.batcher.stop_batch_submitting(kill=rng.random() < 0.5)
                rollup.batcher = rollup.new_batcher()
                rollup.batcher.start_batch_submitting()
        case 7:
            rollup.batcher.flush()


def live(seed: int) -> BatchedRollup:
    """A life with trouble and a calm end."""
    rng = random.Random(f"life {seed}")
    rollup = BatchedRollup(random_setup(seed))
    rollup.batcher.start_batch_submitting()
    for _ in range(12):
        disturb(rollup, rng)
        rollup.run(1)
    rollup.l1.faults = Faults()
    rollup.l1.base_fee, rollup.l1.blob_base_fee = 5 * GWEI, 1
    rollup.node.fault, rollup.node.synced = 0.0, True
    rollup.finish(120)
    return rollup


@pytest.mark.parametrize("group", range(GROUPS))
def test_l1_derives_the_sequencers_chain(group: int) -> None:
    for seed in range(group, CHAINS, GROUPS):
        try:
            rollup = live(seed)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
        sequenced, derived = rollup.sequencer.chain, rollup.node.chain
        assert derived.safe_head == sequenced.safe_head
        for number in range(1, derived.safe_head.number + 1):
            assert derived.payload_by_number(number) == sequenced.payload_by_number(number)
