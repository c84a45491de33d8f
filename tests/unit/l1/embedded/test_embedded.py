"""The embedded L1 as those see it who send to it, and who look at accounts and contracts."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pyoprollup.errors import NotFound
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.genesis import Account
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config
from pyoprollup.sources.l1 import CallFailed, CallMsg, ExecutionReverted, L1Sender, LogFilter
from pyoprollup.txmgr.errors import InsufficientFundsError
from tests.unit.l1.embedded.support import ACCOUNTS, ETHER, GWEI, NOBODY, blob_raw, make_l1, raw

ECHO, REVERTS, WRITES, READS, LOGS = (Address(bytes([number]) * 20) for number in range(0x21, 0x26))
REASON = (
    bytes.fromhex("08c379a0") + (32).to_bytes(32, "big") + (3).to_bytes(32, "big") + b"no!".ljust(32, b"\0")
)
COPY = "3660006000376000"
ALLOC = {
    ECHO: Account(code=bytes.fromhex("366000600037366000f3")),
    REVERTS: Account(code=bytes.fromhex("366000600037366000fd")),
    # With input, stores 1 in slot 0; without, returns what is there.
    READS: Account(code=bytes.fromhex("36600f5760005460005260206000f35b600160005500")),
    LOGS: Account(code=bytes.fromhex("600760006000a100")),
    WRITES: Account(code=bytes.fromhex("60016000556001600155600060005500"), storage={0: 0}),
}


def make() -> EmbeddedL1:
    return make_l1(ALLOC)


def test_head_and_accounts() -> None:
    backend: L1Sender = make()
    assert backend.block_number() == 0
    assert backend.head().base_fee == GWEI
    assert backend.head().blob_base_fee == 1
    assert backend.balance_at(ACCOUNTS[0]) == 1000 * ETHER
    assert backend.suggest_gas_tip_cap() == GWEI


def test_a_transaction_from_pool_to_receipt() -> None:
    backend = make()
    first = backend.send_transaction(raw(0))
    second = backend.send_transaction(raw(1, gas_tip_cap=2 * GWEI))
    assert backend.nonce_at(ACCOUNTS[0]) == 0
    assert backend.pending_nonce_at(ACCOUNTS[0]) == 2
    assert backend.transaction_receipt(first) is None
    block = backend.mine()
    assert backend.head().id == block.ref.id
    assert backend.nonce_at(ACCOUNTS[0]) == 2
    assert backend.nonce_at(ACCOUNTS[0], 0) == 0
    receipt = backend.transaction_receipt(second)
    assert receipt is not None
    assert receipt.block_id == block.ref.id
    assert (receipt.transaction_index, receipt.gas_used) == (1, 21_000)
    assert receipt.effective_gas_price == block.info.base_fee + 2 * GWEI
    backend.reorg(1)
    assert backend.transaction_receipt(second) is None
    assert backend.transaction_receipt(Hash32(bytes(32))) is None
    with pytest.raises(NotFound):
        backend.nonce_at(ACCOUNTS[0], 7)


def test_receipts_of_creations_and_failures() -> None:
    backend = make()
    created = backend.send_transaction(raw(0, to=None, value=0, gas=100_000, data=b"\x00"))
    failed = backend.send_transaction(raw(1, to=REVERTS, gas=50_000, type=0))
    blobs = backend.send_transaction(blob_raw(0))
    backend.mine()
    receipts = [backend.transaction_receipt(each) for each in (created, failed, blobs)]
    creation, failure, blob = receipts
    assert creation is not None and failure is not None and blob is not None
    assert creation.contract_address is not None and creation.succeeded
    assert not failure.succeeded and failure.contract_address is None
    assert failure.effective_gas_price == 100 * GWEI
    assert blob.succeeded


def test_calls() -> None:
    backend = make()
    assert backend.call(CallMsg(ACCOUNTS[0], ECHO, b"hello")) == b"hello"
    with pytest.raises(ExecutionReverted, match="execution reverted: no!") as caught:
        backend.call(CallMsg(ACCOUNTS[0], REVERTS, REASON))
    assert caught.value.data == REASON
    with pytest.raises(CallFailed, match="out of gas"):
        backend.call(CallMsg(ACCOUNTS[0], WRITES, gas=22_000))
    with pytest.raises(CallFailed, match="intrinsic"):
        backend.call(CallMsg(ACCOUNTS[0], WRITES, gas=1))


def test_calls_and_accounts_at_a_block() -> None:
    """What a challenger asks: the state as it was, by number, hash or label."""
    l1 = make()
    reader = CallMsg(ACCOUNTS[0], READS)
    l1.send_transaction(raw(0, to=READS, value=0, gas=100_000, data=b"\x01"))
    block = l1.mine()
    for at, word in ((0, 0), (1, 1), (block.hash, 1), (BlockLabel.UNSAFE, 1), (BlockLabel.FINALIZED, 0)):
        assert l1.call(reader, at) == word.to_bytes(32, "big")
        assert l1.storage_at(READS, 0, at) == word.to_bytes(32, "big")
    assert l1.nonce_at(ACCOUNTS[0], 0) == 0
    assert l1.balance_at(ACCOUNTS[0], 1) < l1.balance_at(ACCOUNTS[0], 0)
    assert l1.code_at(READS, 0) == ALLOC[READS].code
    l1.reorg(1)
    assert l1.call(reader) == bytes(32)
    assert l1.call(reader, block.hash) == (1).to_bytes(32, "big"), "an orphaned block stays known by its hash"
    with pytest.raises(NotFound):
        l1.call(reader, 1)


def test_calls_know_the_hashes_of_ancestors() -> None:
    """Not zero for all of them: what stores one would be estimated too low."""
    asks = Address(b"\xa5" * 20)
    # NUMBER - 1, BLOCKHASH, returned as a word.
    code = bytes.fromhex("600143034060005260206000f3")
    l1 = EmbeddedL1(EmbeddedL1Config(), {asks: Account(nonce=1, code=code)})
    assert l1.call(CallMsg(ACCOUNTS[0], asks)) == bytes(32)
    blocks = [l1.head_block, l1.mine(), l1.mine()]
    for parent, block in pairwise(blocks):
        assert l1.call(CallMsg(ACCOUNTS[0], asks), block.hash) == parent.hash


def test_logs_of_a_range() -> None:
    l1 = make()
    for nonce in range(2):
        l1.send_transaction(raw(nonce, to=LOGS, value=0, gas=100_000))
        l1.mine()
    topic = Hash32((7).to_bytes(32, "big"))
    assert len(l1.logs(LogFilter(0, 2))) == 2
    assert len(l1.logs(LogFilter(2, 2, (LOGS,), ((topic,),)))) == 1
    assert l1.logs(LogFilter(0, 2, (READS,))) == []
    assert l1.logs(LogFilter(0, 2, topics=((Hash32(bytes(32)),),))) == []
    assert l1.logs(LogFilter(0, 2, topics=((), (topic,)))) == []
    with pytest.raises(NotFound):
        l1.logs(LogFilter(0, 3))


@pytest.mark.parametrize(
    "msg",
    [
        CallMsg(ACCOUNTS[0], NOBODY, value=1),
        CallMsg(ACCOUNTS[0], ECHO, bytes(1000)),
        CallMsg(ACCOUNTS[0], WRITES),
        CallMsg(ACCOUNTS[0], None, bytes.fromhex("600160015560006000f3")),
    ],
)
def test_an_estimate_is_enough_and_not_much_more(msg: CallMsg) -> None:
    backend = make()
    gas = backend.estimate_gas(msg)
    tx = backend.send_transaction(raw(0, to=msg.to, data=msg.data, gas=gas, value=msg.value))
    backend.mine()
    receipt = backend.transaction_receipt(tx)
    assert receipt is not None and receipt.succeeded
    # A refund (the slot that is cleared again) is not known before the end.
    assert gas <= receipt.gas_used * 1.03 + (20_000 if msg.to == WRITES else 0)


def test_no_estimates() -> None:
    backend = make()
    with pytest.raises(ExecutionReverted):
        backend.estimate_gas(CallMsg(ACCOUNTS[0], REVERTS))
    with pytest.raises(InsufficientFundsError):
        backend.estimate_gas(CallMsg(NOBODY, ECHO, value=1))
