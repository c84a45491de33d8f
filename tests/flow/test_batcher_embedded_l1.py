"""The batcher's transactions on an L1 that executes them and checks blobs: fees, replacement, reorgs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.batcher.candidates import calldata_tx_candidate
from pyoprollup.eth.blobs import blob_from_data
from pyoprollup.eth.transactions import BLOB_TX_TYPE, Transaction, decode_transaction
from pyoprollup.evm.genesis import Account
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config
from pyoprollup.txmgr import LocalSigner, SimpleTxManager, TxCandidate, TxManagerConfig
from pyoprollup.txmgr.errors import AlreadyReservedError, CriticalSendError
from tests.unit.derive.support import BATCHER, BATCHER_KEY, INBOX


class Bench:
    def __init__(self, **config: float) -> None:
        self.l1 = EmbeddedL1(EmbeddedL1Config(), {BATCHER: Account(balance=10**20)})
        chain_id = self.l1.config.chain_id
        self.now = 0.0
        self.manager = SimpleTxManager(
            TxManagerConfig(chain_id, num_confirmations=2, **config),  # type: ignore[arg-type]
            self.l1,
            LocalSigner(BATCHER_KEY, chain_id),
            lambda: self.now,
        )

    def slots(self, count: int) -> None:
        for _ in range(count):
            self.now += 12
            self.l1.mine()
            self.manager.step(self.now)

    def mined(self) -> list[Transaction]:
        found = []
        for number in range(1, self.l1.head_block.number + 1):
            for raw in self.l1.block_by_number(number).transactions:
                tx = decode_transaction(raw)
                assert isinstance(tx, Transaction)
                found.append(tx)
        return found


BLOB = TxCandidate(INBOX, blobs=(blob_from_data(b"\0frame"),), gas_limit=21_000)
CALLDATA = calldata_tx_candidate(INBOX, b"\0" + bytes(range(256)))


@pytest.mark.parametrize("candidate", [BLOB, CALLDATA])
def test_transactions_are_included_and_confirmed(candidate: TxCandidate) -> None:
    bench = Bench()
    sends = [bench.manager.send_async(candidate) for _ in range(3)]
    bench.slots(3)
    assert all(send.receipt is not None and send.receipt.succeeded for send in sends)
    assert [tx.nonce for tx in bench.mined()] == [0, 1, 2]
    assert bench.manager.metrics.fees_paid > 0


@pytest.mark.parametrize("candidate", [BLOB, CALLDATA])
def test_a_pool_takes_what_is_bumped(candidate: TxCandidate) -> None:
    bench = Bench(resubmission_timeout=10.0)
    send = bench.manager.send_async(candidate)
    for _ in range(4):
        bench.now += 10
        bench.manager.step(bench.now)
    assert len(send.hashes) == 5 and bench.manager.metrics.bumps == 4
    assert set(bench.manager.metrics.published) == {""}
    bench.slots(3)
    assert send.receipt is not None and send.receipt.tx_hash == send.hashes[-1]


def test_a_pool_keeps_blobs_and_others_apart() -> None:
    bench = Bench()
    blob = bench.manager.send_async(BLOB)
    other = bench.manager.send_async(CALLDATA)
    assert isinstance(other.error, CriticalSendError)
    assert isinstance(other.error.reason, AlreadyReservedError)
    bench.slots(3)
    assert blob.receipt is not None
    assert [tx.type for tx in bench.mined()] == [BLOB_TX_TYPE]


def test_a_reorg_is_survived() -> None:
    bench = Bench()
    send = bench.manager.send_async(replace(BLOB))
    bench.slots(1)
    bench.l1.reorg(1)
    bench.slots(3)
    assert send.receipt is not None and send.receipt.block_number >= 1
    assert len(bench.mined()) == 1
