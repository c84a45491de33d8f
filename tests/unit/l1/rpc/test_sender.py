"""Sending over the wire, beside the embedded L1 that it goes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.errors import Unavailable
from pyoprollup.rpc.errors import JsonRpcError
from pyoprollup.sources.l1 import CallMsg, ExecutionReverted, L1Sender
from pyoprollup.txmgr.errors import AlreadyKnownError, InsufficientFundsError, NonceTooLowError, TxPoolError
from tests.unit.l1.embedded.support import ACCOUNTS, ETHER, NOBODY, make_l1, raw
from tests.unit.l1.rpc.chains import LOGS, chain
from tests.unit.l1.rpc.test_account_reader import CONTRACTS, ECHO, REVERTS
from tests.unit.l1.rpc.test_receipts import bent
from tests.wire_l1 import HttpAnswer, WireNode, client


def test_the_head() -> None:
    node = WireNode(chain(3))
    l1: L1Sender = client(node)
    assert l1.block_number() == 3
    assert l1.head() == node.l1.head()
    assert l1.suggest_gas_tip_cap() == node.l1.suggest_gas_tip_cap()


def test_the_blob_base_fee_of_a_chain_whose_schedule_is_known() -> None:
    """Mainnet's: the node is not asked."""
    node = WireNode(make_l1(chain_id=1))
    head = client(node).head()
    assert head.blob_base_fee == 1
    assert not node.calls["eth_feeHistory"]


@pytest.mark.parametrize("answer", [None, {}, {"baseFeePerBlobGas": []}, {"baseFeePerBlobGas": ["x"]}])
def test_a_node_that_does_not_tell_the_blob_base_fee(answer: Any) -> None:
    node = WireNode(chain(0), bent("eth_feeHistory", lambda _truth: answer))
    with pytest.raises(Unavailable, match="eth_feeHistory"):
        client(node).head()


def test_from_pool_to_receipt() -> None:
    node = WireNode(chain(0))
    l1 = client(node)
    sent = [l1.send_transaction(raw(0)), l1.send_transaction(raw(1, to=LOGS, gas=60_000))]
    created = l1.send_transaction(raw(2, to=None, data=b"\x00", gas=100_000))
    assert (l1.nonce_at(ACCOUNTS[0]), l1.pending_nonce_at(ACCOUNTS[0])) == (0, 3)
    assert l1.transaction_receipt(created) is None
    node.l1.mine()
    for tx in (*sent, created):
        assert l1.transaction_receipt(tx) == node.l1.transaction_receipt(tx)
    receipt = l1.transaction_receipt(sent[1])
    assert receipt is not None
    assert [log.log_index for log in receipt.logs] == [0, 1]
    node.l1.reorg(1)
    node.l1.mine(empty=True)
    assert l1.transaction_receipt(created) is None


def test_a_receipt_counts_when_the_block_bears_it_out() -> None:
    """An endpoint that says "mined", or "failed", of what is not."""
    node = WireNode(chain(2))
    tx = node.l1.send_transaction(raw(2, key=1))
    block = node.l1.head_block
    said = {"blockHash": "0x" + block.hash.hex(), "status": "0x1"}
    with pytest.raises(Unavailable, match="is not in L1 block"):
        client(WireNode(node.l1, bent("eth_getTransactionReceipt", lambda _truth: said))).transaction_receipt(
            tx
        )
    gone = {"blockHash": "0x" + "11" * 32}
    lying = client(WireNode(node.l1, bent("eth_getTransactionReceipt", lambda _truth: gone)))
    assert lying.transaction_receipt(tx) is None


def test_estimates() -> None:
    node = WireNode(make_l1(CONTRACTS))
    l1 = client(node)
    msg = CallMsg(ACCOUNTS[0], ECHO, b"hello")
    assert l1.estimate_gas(msg) == node.l1.estimate_gas(msg)
    with pytest.raises(ExecutionReverted):
        l1.estimate_gas(CallMsg(ACCOUNTS[0], REVERTS, b"no"))
    with pytest.raises(InsufficientFundsError):
        l1.estimate_gas(CallMsg(NOBODY, ECHO, value=ETHER))


def test_refusals_have_their_kind() -> None:
    node = WireNode(chain(1))
    l1 = client(node)
    with pytest.raises(NonceTooLowError):
        l1.send_transaction(raw(0))
    l1.send_transaction(raw(3))
    with pytest.raises(AlreadyKnownError):
        l1.send_transaction(raw(3))

    def odd(_truth: Any) -> Any:
        raise JsonRpcError(-32010, "we do not like it")

    with pytest.raises(TxPoolError, match="we do not like it"):
        client(WireNode(node.l1, bent("eth_sendRawTransaction", odd))).send_transaction(raw(4))


def test_known_after_an_attempt_without_an_answer_is_a_success() -> None:
    node = WireNode(chain(0))
    lost = [True]

    def bend(method: str, _params: list[Any], truth: Callable[[], Any]) -> Any:
        answer = truth()
        if method == "eth_sendRawTransaction" and lost.pop():
            lost.append(False)
            raise HttpAnswer(504)
        return answer

    node.bend = bend
    tx = client(node).send_transaction(raw(0))
    assert node.l1.mine().transactions == (raw(0),)
    assert client(node).transaction_receipt(tx) is not None


@pytest.mark.parametrize("code", [-32603, -32600, -32700])
def test_an_error_of_the_server_is_no_refusal(code: int) -> None:
    def broken(_truth: Any) -> Any:
        raise JsonRpcError(code, "internal error")

    node = WireNode(chain(0))
    both = client(WireNode(node.l1, bent("eth_sendRawTransaction", broken)), node)
    both.send_transaction(raw(0))
    assert node.l1.pending_nonce_at(ACCOUNTS[0]) == 1


def test_a_hash_that_is_not_that_of_the_transaction() -> None:
    node = WireNode(chain(0))
    node.bend = lambda method, _, truth: "0x" + "11" * 32 if method == "eth_sendRawTransaction" else truth()
    with pytest.raises(Unavailable, match="it was sent transaction"):
        client(node).send_transaction(raw(0))
