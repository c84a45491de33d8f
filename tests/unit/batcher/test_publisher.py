"""What happens when L1's pool has a transaction of the other kind, and other ways of not getting there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.batcher import TxPoolState
from pyoprollup.errors import Unavailable
from pyoprollup.eth.transactions import BLOB_TX_TYPE, DYNAMIC_FEE_TX_TYPE
from pyoprollup.txmgr import GWEI, TxCandidate
from tests.batching import BatchedRollup
from tests.simulated_l1 import Faults
from tests.unit.derive.support import INBOX


def blocked(data: str) -> BatchedRollup:
    """A rollup whose account has a transaction of the other kind in the pool, too cheap to be included."""
    rollup = BatchedRollup(data=data, txmgr={"resubmission_timeout": 10_000.0})
    rollup.l1.base_fee = GWEI
    other = TxCandidate(INBOX, b"junk", gas_limit=30_000)
    if data == "calldata":
        other = replace(other, blobs=(bytes(131_072),), data=b"")
    rollup.tx_manager.send_async(other).cancel()
    rollup.tx_manager.step(rollup.now)
    rollup.l1.base_fee = 100 * GWEI
    return rollup


@pytest.mark.parametrize(("data", "stuck"), [("blobs", DYNAMIC_FEE_TX_TYPE), ("calldata", BLOB_TX_TYPE)])
def test_a_blocked_pool_is_freed_by_a_transaction_of_the_kind_that_is_stuck(data: str, stuck: int) -> None:
    rollup = blocked(data)
    assert [tx.type for tx in rollup.l1.pool.values()] == [stuck]
    rollup.batcher.start_batch_submitting()
    rollup.run(4)
    assert rollup.batcher.metrics.cancellations == 1
    assert rollup.batcher.publisher.pool_state is TxPoolState.GOOD
    assert next(tx.type for tx in rollup.l1.transactions()) == stuck
    rollup.finish()


def test_the_pool_counts_as_good_even_when_the_cancellation_fails() -> None:
    rollup = blocked("blobs")
    rollup.batcher.start_batch_submitting()
    while rollup.batcher.publisher.pool_state is not TxPoolState.CANCEL_PENDING:
        rollup.step()
    rollup.tx_manager.pending[-1].cancel()
    rollup.step()
    assert rollup.batcher.publisher.pool_state is not TxPoolState.CANCEL_PENDING


def test_a_closed_manager_ends_publishing() -> None:
    rollup = BatchedRollup()
    rollup.batcher.start_batch_submitting()
    rollup.run(2)
    rollup.tx_manager.close()
    sent = rollup.batcher.metrics.txs_sent
    rollup.run(5)
    assert rollup.batcher.metrics.txs_sent == sent
    assert rollup.batcher.publisher.in_flight == 0


def test_an_l1_that_does_not_answer_is_asked_again() -> None:
    rollup = BatchedRollup()
    rollup.batcher.start_batch_submitting()
    rollup.l1.faults = Faults(answer=1.0)
    rollup.run(4)
    assert rollup.batcher.metrics.publish_errors > 2 and not rollup.batcher.metrics.txs_sent
    rollup.l1.faults = Faults()
    rollup.finish()


def test_blobs_and_calldata_are_not_on_their_way_together() -> None:
    rollup = BatchedRollup(data="auto", batcher={"max_pending_txs": 0}, txmgr={"num_confirmations": 2})
    rollup.batcher.start_batch_submitting()
    for number in range(12):
        rollup.l1.blob_base_fee = 1 if number % 4 < 2 else 10_000 * GWEI
        rollup.run(1)
        assert len({tx.type for tx in rollup.l1.pool.values()}) <= 1
    rollup.l1.blob_base_fee = 1
    rollup.finish()
    assert {tx.type for tx in rollup.l1.transactions()} == {DYNAMIC_FEE_TX_TYPE, BLOB_TX_TYPE}
    assert rollup.batcher.metrics.cancellations == 0


def test_a_transaction_of_the_other_kind_waits_for_those_on_their_way() -> None:
    rollup = BatchedRollup(data="auto", batcher={"max_pending_txs": 0})
    rollup.l1.blob_base_fee = 10_000 * GWEI
    rollup.batcher.start_batch_submitting()
    for blob_base_fee in (10_000 * GWEI, 1):
        # All in one slot of L1.
        rollup.l1.blob_base_fee = blob_base_fee
        rollup.sequencer.build()
        rollup.now += 6
        rollup.batcher.step(rollup.now)
        rollup.batcher.flush()
        rollup.batcher.step(rollup.now)
    assert [tx.type for tx in rollup.l1.pool.values()] == [DYNAMIC_FEE_TX_TYPE]
    rollup.finish()
    assert [tx.type for tx in rollup.l1.transactions()] == [DYNAMIC_FEE_TX_TYPE, BLOB_TX_TYPE]
    assert rollup.batcher.metrics.txs_failed == rollup.batcher.metrics.cancellations == 0


def test_no_more_transactions_than_allowed_are_on_their_way() -> None:
    for limit in (1, 3):
        rollup = BatchedRollup(
            channel={"max_frame_size": 200, "max_channel_duration": 1}, batcher={"max_pending_txs": limit}
        )
        rollup.batcher.start_batch_submitting()
        most = 0
        for _ in range(40):
            rollup.step()
            most = max(most, rollup.batcher.publisher.in_flight)
        assert most == limit


def test_what_the_backend_refuses_comes_back() -> None:
    rollup = BatchedRollup(txmgr={"tx_not_in_mempool_timeout": 20.0, "resubmission_timeout": 5.0})
    rollup.batcher.start_batch_submitting()
    rollup.run(2)

    def refuse(raw: bytes) -> bytes:
        raise Unavailable("not today")

    usual = rollup.l1.send_transaction
    rollup.l1.send_transaction = refuse  # type: ignore[assignment,method-assign]
    rollup.run(8)
    assert rollup.batcher.metrics.txs_failed
    rollup.l1.send_transaction = usual  # type: ignore[method-assign]
    rollup.finish()
