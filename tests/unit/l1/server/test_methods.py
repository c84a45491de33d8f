"""The embedded L1 over JSON-RPC: what clients of any L1 ask for, and what they verify."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.eth.headers import Header
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.transaction_json import transaction_from_json
from pyoprollup.eth.transactions import tx_hash
from pyoprollup.eth.trie import ordered_trie_root
from pyoprollup.eth.types import Address, to_hex, to_quantity
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.receipts import receipts_root
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.l1.embedded.fees import GAS_PER_BLOB, next_base_fee
from pyoprollup.l1.server import l1_methods
from pyoprollup.rpc.errors import JsonRpcError
from tests.unit.l1.embedded.support import ACCOUNTS, NOBODY, blob_raw, make_l1, raw

STORES = Address(b"\x11" * 20)
REVERTS = Address(b"\x12" * 20)
LOGS = Address(b"\x10" * 20)


@pytest.fixture
def l1() -> EmbeddedL1:
    return make_l1(
        {
            STORES: Account(code=bytes.fromhex("5f545f5260205ff3"), storage={0: 42}),
            REVERTS: Account(code=bytes.fromhex("60aa5f5260205ffd")),
            LOGS: Account(code=bytes.fromhex("366000600037366000a0")),
        }
    )


def ask(l1: EmbeddedL1, method: str, *params: Any) -> Any:
    return l1_methods(l1)[method](*params)


def test_a_block_verifies_by_its_own_roots(l1: EmbeddedL1) -> None:
    l1.send(raw(0, to=LOGS, data=b"one", gas=50_000))
    l1.send(raw(1, to=LOGS, data=b"two", gas=50_000))
    l1.send(blob_raw())
    block = l1.mine()
    shown = ask(l1, "eth_getBlockByNumber", "latest", True)
    header = Header.from_json(shown)
    assert header.hash() == block.hash and shown["hash"] == to_hex(block.hash)
    encoded = [transaction_from_json(tx).encode() for tx in shown["transactions"]]
    assert ordered_trie_root(encoded) == header.transactions_root
    answers = ask(l1, "eth_getBlockReceipts", to_hex(block.hash))
    receipts = [Receipt.from_json(each) for each in answers]
    assert receipts_root(receipts) == header.receipts_root
    assert [log["logIndex"] for each in answers for log in each["logs"]] == ["0x0", "0x1"]
    assert ask(l1, "debug_getRawReceipts", to_hex(block.hash)) == [to_hex(r.encode()) for r in block.receipts]


def test_receipts_of_blob_transactions_show_what_blobs_cost(l1: EmbeddedL1) -> None:
    sent = ask(l1, "eth_sendRawTransaction", to_hex(blob_raw(contents=(b"a", b"b"))))
    block = l1.mine()
    receipt = ask(l1, "eth_getTransactionReceipt", sent)
    assert receipt["blobGasUsed"] == to_quantity(2 * GAS_PER_BLOB)
    assert receipt["blobGasPrice"] == to_quantity(block.blob_base_fee)
    assert receipt["type"] == "0x3" and receipt["status"] == "0x1"


def test_only_blob_transactions_show_blob_fields(l1: EmbeddedL1) -> None:
    l1.send(raw())
    l1.mine()
    receipt = ask(l1, "eth_getBlockReceipts", "latest")[0]
    assert not {"blobGasUsed", "l1Fee"} & set(receipt)


def test_labels_follow_the_chain(l1: EmbeddedL1) -> None:
    for _ in range(12):
        l1.mine()
    numbers = [
        int(ask(l1, "eth_getBlockByNumber", label, False)["number"], 16)
        for label in ("latest", "safe", "finalized", "earliest")
    ]
    assert numbers == [12, 8, 4, 0]
    assert ask(l1, "eth_getBlockByNumber", "0x63", False) is None


def test_accounts_at_any_block(l1: EmbeddedL1) -> None:
    l1.send(raw(value=5))
    l1.mine()
    assert ask(l1, "eth_getBalance", to_hex(NOBODY), "latest") == "0x5"
    assert ask(l1, "eth_getBalance", to_hex(NOBODY), "0x0") == "0x0"
    assert ask(l1, "eth_getTransactionCount", to_hex(ACCOUNTS[0]), "latest") == "0x1"
    assert ask(l1, "eth_getStorageAt", to_hex(STORES), "0x0", "latest") == to_hex((42).to_bytes(32, "big"))
    proof = ask(l1, "eth_getProof", to_hex(STORES), ["0x0"], "latest")
    assert proof["storageProof"][0]["value"] == "0x2a" and proof["accountProof"]


def test_the_pending_nonce_counts_what_waits(l1: EmbeddedL1) -> None:
    l1.send(raw(0))
    l1.send(raw(1))
    counts = [
        ask(l1, "eth_getTransactionCount", to_hex(ACCOUNTS[0]), label) for label in ("latest", "pending")
    ]
    assert counts == ["0x0", "0x2"]
    waiting = ask(l1, "eth_getTransactionByHash", to_hex(tx_hash(raw(1))))
    assert waiting["blockHash"] is None and waiting["nonce"] == "0x1"


def test_calls(l1: EmbeddedL1) -> None:
    block = l1.mine()
    answers = [
        ask(l1, "eth_call", {"to": to_hex(STORES)}, which)
        for which in ("latest", "0x0", {"blockHash": to_hex(block.hash)})
    ]
    assert answers == [to_hex((42).to_bytes(32, "big"))] * 3
    with pytest.raises(JsonRpcError) as caught:
        ask(l1, "eth_call", {"to": to_hex(REVERTS)}, "latest")
    assert (caught.value.code, caught.value.data) == (3, to_hex(b"\xaa".rjust(32, b"\0")))
    with pytest.raises(JsonRpcError, match="header not found"):
        ask(l1, "eth_call", {"to": to_hex(STORES)}, "0x99")


def test_estimates(l1: EmbeddedL1) -> None:
    message = {"from": to_hex(ACCOUNTS[0]), "to": to_hex(NOBODY), "value": "0x1"}
    assert ask(l1, "eth_estimateGas", message) == "0x5208"
    with pytest.raises(JsonRpcError, match="reverted"):
        ask(l1, "eth_estimateGas", {"to": to_hex(REVERTS)})
    blobs = {**message, "maxFeePerBlobGas": "0x1", "blobVersionedHashes": [to_hex(b"\x01" * 32)]}
    assert ask(l1, "eth_estimateGas", blobs) == "0x5208"


def test_fees(l1: EmbeddedL1) -> None:
    block = l1.mine()
    assert ask(l1, "eth_maxPriorityFeePerGas") == to_quantity(l1.config.suggested_tip)
    assert ask(l1, "eth_blobBaseFee") == to_quantity(block.blob_base_fee)
    history = ask(l1, "eth_feeHistory", "0x1", "latest", [50])
    assert history["baseFeePerGas"][1] == to_quantity(next_base_fee(block.header))


def test_a_refused_transaction_says_why(l1: EmbeddedL1) -> None:
    l1.send(raw(0))
    l1.mine()
    with pytest.raises(Exception, match="nonce too low"):
        ask(l1, "eth_sendRawTransaction", to_hex(raw(0, value=2)))


def test_logs(l1: EmbeddedL1) -> None:
    l1.send(raw(0, to=LOGS, data=b"one", gas=50_000))
    l1.mine()
    found = ask(l1, "eth_getLogs", {"fromBlock": "0x0", "toBlock": "0x1", "address": to_hex(LOGS)})
    assert [log["data"] for log in found] == [to_hex(b"one")]


def test_blocks_off_the_chain_are_known_by_hash(l1: EmbeddedL1) -> None:
    gone = l1.mine()
    l1.reorg(1)
    new = l1.mine()
    assert ask(l1, "eth_getBlockByHash", to_hex(gone.hash), False)["number"] == "0x1"
    assert ask(l1, "eth_getBlockByNumber", "0x1", False)["hash"] == to_hex(new.hash)


def test_the_chain_names_itself(l1: EmbeddedL1) -> None:
    assert ask(l1, "eth_chainId") == to_quantity(900)
    assert ask(l1, "net_version") == "900"
