"""Blocks, transactions and receipts: they must lead back to what the store has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.engine.client import envelope_from_block
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.transaction_json import transaction_from_json
from pyoprollup.eth.transactions import Transaction, decode_transaction
from pyoprollup.eth.trie import ordered_trie_root
from pyoprollup.eth.types import ZERO_HASH, to_hex, to_quantity
from pyoprollup.evm.predeploys import L1_FEE_VAULT, OPERATOR_FEE_VAULT
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import SENDER, transfer
from tests.unit.execution.rpc.support import Node

FORKS = [Fork.BEDROCK, Fork.REGOLITH, Fork.CANYON, Fork.ECOTONE, Fork.FJORD, Fork.ISTHMUS, Fork.JOVIAN]
ZERO = to_hex(ZERO_HASH)


@pytest.fixture(scope="module")
def node() -> Node:
    return Node.grown()


def numbers(node: Node) -> range:
    return range(node.head().block_number + 1)


@pytest.mark.parametrize("fork", FORKS)
def test_blocks_lead_back_to_payloads(fork: Fork) -> None:
    node = Node.grown(fork)
    for number in numbers(node):
        shown = node.call("eth_getBlockByNumber", to_quantity(number), True)
        block_hash = node.store.canonical_hash(number)
        assert block_hash is not None
        assert envelope_from_block(shown) == node.store.envelope(block_hash)
        assert node.call("eth_getBlockByHash", to_hex(block_hash), True) == shown
        hashes = [to_hex(keccak256(transaction_from_json(tx).encode())) for tx in shown["transactions"]]
        assert node.call("eth_getBlockByNumber", to_quantity(number), False) == {
            **shown,
            "transactions": hashes,
        }
        assert [tx["hash"] for tx in shown["transactions"]] == hashes


@pytest.mark.parametrize("fork", FORKS)
def test_receipts_lead_back_to_their_root(fork: Fork) -> None:
    node = Node.grown(fork)
    for number in numbers(node):
        block = node.call("eth_getBlockByNumber", to_quantity(number), False)
        shown = node.call("eth_getBlockReceipts", to_quantity(number))
        receipts = [Receipt.from_json(item) for item in shown]
        assert to_hex(ordered_trie_root([r.encode_for_root() for r in receipts])) == block["receiptsRoot"]
        assert [to_hex(receipt.encode()) for receipt in receipts] == node.call(
            "debug_getRawReceipts", to_quantity(number)
        )
        assert sum(int(item["gasUsed"], 16) for item in shown) == int(block["gasUsed"], 16)
        assert [item["transactionHash"] for item in shown] == block["transactions"]
        logs = [log for item in shown for log in item["logs"]]
        assert [int(log["logIndex"], 16) for log in logs] == list(range(len(logs)))


@pytest.mark.parametrize("fork", FORKS)
def test_fees_in_receipts_are_what_was_paid(fork: Fork) -> None:
    node = Node.grown(fork)

    def balance(address: bytes, number: int) -> int:
        return int(node.call("eth_getBalance", to_hex(address), to_quantity(number)), 16)

    for number in numbers(node)[1:]:
        l1_fees = operator_fees = 0
        for receipt in node.call("eth_getBlockReceipts", to_quantity(number)):
            l1_fees += int(receipt.get("l1Fee", "0x0"), 16)
            if "operatorFeeScalar" in receipt:
                gas, scalar = int(receipt["gasUsed"], 16), int(receipt["operatorFeeScalar"], 16)
                scaled = gas * scalar * 100 if fork >= Fork.JOVIAN else gas * scalar // 10**6
                operator_fees += scaled + int(receipt["operatorFeeConstant"], 16)
        assert balance(L1_FEE_VAULT, number) - balance(L1_FEE_VAULT, number - 1) == l1_fees
        if fork >= Fork.ISTHMUS:
            before, after = balance(OPERATOR_FEE_VAULT, number - 1), balance(OPERATOR_FEE_VAULT, number)
            assert after - before == operator_fees > 0 or not l1_fees


EXTRA_FIELDS = {
    Fork.BEDROCK: {"l1GasPrice", "l1GasUsed", "l1Fee", "l1FeeScalar"},
    Fork.ECOTONE: {
        *("l1GasPrice", "l1GasUsed", "l1Fee"),
        *("l1BlobBaseFee", "l1BaseFeeScalar", "l1BlobBaseFeeScalar"),
    },
}
EXTRA_FIELDS[Fork.ISTHMUS] = EXTRA_FIELDS[Fork.ECOTONE] | {"operatorFeeScalar", "operatorFeeConstant"}
EXTRA_FIELDS[Fork.JOVIAN] = EXTRA_FIELDS[Fork.ISTHMUS] | {"daFootprintGasScalar", "blobGasUsed"}
DEPOSIT_FIELDS = {Fork.BEDROCK: set(), Fork.REGOLITH: {"depositNonce"}}
DEPOSIT_FIELDS[Fork.CANYON] = {"depositNonce", "depositReceiptVersion"}
USUAL_FIELDS = {
    *("blockHash", "blockNumber", "transactionHash", "transactionIndex", "from", "to", "gasUsed"),
    *("cumulativeGasUsed", "contractAddress", "logs", "logsBloom", "type", "effectiveGasPrice", "status"),
}


@pytest.mark.parametrize("fork", FORKS)
def test_fields_of_receipts(fork: Fork) -> None:
    deposit, *_, plain = Node.grown(fork).call("eth_getBlockReceipts", "0x1")
    extra = EXTRA_FIELDS[max(known for known in EXTRA_FIELDS if known <= fork)]
    assert set(plain) - USUAL_FIELDS == extra
    assert set(deposit) - USUAL_FIELDS == DEPOSIT_FIELDS[max(k for k in DEPOSIT_FIELDS if k <= fork)]
    if fork < Fork.ECOTONE:
        assert plain["l1FeeScalar"] == "0.684"


def test_created_contracts(node: Node) -> None:
    created = [item["contractAddress"] for item in node.call("eth_getBlockReceipts", "0x3")]
    addresses = [address for address in created if address is not None]
    assert len(addresses) == 2
    assert {node.call("eth_getCode", address, "latest") for address in addresses} == {"0x0b"}


def test_transactions(node: Node) -> None:
    for number in numbers(node):
        block = node.call("eth_getBlockByNumber", to_quantity(number), True)
        receipts = node.call("eth_getBlockReceipts", to_quantity(number))
        count = to_quantity(len(receipts))
        assert node.call("eth_getBlockTransactionCountByNumber", to_quantity(number)) == count
        assert node.call("eth_getBlockTransactionCountByHash", block["hash"]) == count
        for tx, receipt in zip(block["transactions"], receipts, strict=True):
            index = tx["transactionIndex"]
            raw = to_hex(transaction_from_json(tx).encode())
            assert node.call("eth_getTransactionByHash", tx["hash"]) == tx
            assert node.call("eth_getTransactionReceipt", tx["hash"]) == receipt
            assert node.call("eth_getTransactionByBlockNumberAndIndex", to_quantity(number), index) == tx
            assert node.call("eth_getTransactionByBlockHashAndIndex", block["hash"], index) == tx
            assert node.call("eth_getRawTransactionByHash", tx["hash"]) == raw
            assert node.call("eth_getRawTransactionByBlockHashAndIndex", block["hash"], index) == raw
            assert node.call("debug_getRawTransaction", tx["hash"]) == raw


def test_tags(node: Node) -> None:
    head = node.head().block_number
    found = {
        tag: int(node.call("eth_getBlockByNumber", tag, False)["number"], 16)
        for tag in ("latest", "pending", "safe", "finalized", "earliest")
    }
    expected = {"latest": head, "pending": head, "safe": head - 1, "finalized": head - 2, "earliest": 0}
    assert found == expected
    assert node.call("eth_blockNumber") == to_quantity(head)
    assert node.call("eth_getHeaderByNumber", "latest")["number"] == to_quantity(head)
    assert node.call("eth_getUncleCountByBlockNumber", "latest") == "0x0"
    fresh = Node.start()
    assert fresh.fail("eth_getBlockByNumber", "safe", False)[:2] == (-32000, "safe block not found")
    assert fresh.fail("eth_getBlockByNumber", "finalized", False)[:2] == (-32000, "finalized block not found")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBlockByNumber", ["0x99", True]),
        ("eth_getBlockByHash", [ZERO, False]),
        ("eth_getBlockReceipts", ["0x99"]),
        ("eth_getBlockReceipts", [ZERO]),
        ("eth_getHeaderByHash", [ZERO]),
        ("eth_getBlockTransactionCountByHash", [ZERO]),
        ("eth_getUncleCountByBlockHash", [ZERO]),
        ("eth_getTransactionByHash", [ZERO]),
        ("eth_getTransactionReceipt", [ZERO]),
        ("eth_getTransactionByBlockHashAndIndex", [ZERO, "0x0"]),
        ("eth_getTransactionByBlockNumberAndIndex", ["latest", "0x99"]),
    ],
)
def test_what_does_not_exist_is_null(node: Node, method: str, params: list[Any]) -> None:
    assert node.call(method, *params) is None


def test_missing_raw_transactions_are_empty(node: Node) -> None:
    assert node.call("eth_getRawTransactionByHash", ZERO) == "0x"
    assert node.call("eth_getRawTransactionByBlockNumberAndIndex", "latest", "0x99") == "0x"
    assert node.call("debug_getRawTransaction", ZERO) == "0x"


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBlockByNumber", ["newest", True]),
        ("eth_getBlockByNumber", ["0x1"]),
        ("eth_getBlockByNumber", ["0x1", "yes"]),
        ("eth_getBlockByNumber", [1.5, True]),
        ("eth_getBlockByNumber", ["0x" + "f" * 16, True]),
        ("eth_getBlockByNumber", [[], True]),
        ("eth_getBlockByNumber", [{}, True]),
        ("eth_getBlockByHash", ["0x01", True]),
        ("eth_getBlockReceipts", [{}]),
        ("eth_getBlockReceipts", [{"blockHash": ZERO, "blockNumber": "0x1"}]),
        ("eth_getBlockReceipts", [{"blockHash": ZERO[:-2]}]),
        ("eth_getTransactionByHash", [[]]),
        ("eth_getTransactionByBlockNumberAndIndex", ["latest", "-1"]),
    ],
)
def test_malformed_parameters(node: Node, method: str, params: list[Any]) -> None:
    assert node.fail(method, *params)[0] == -32602


def test_blocks_that_are_not_canonical() -> None:
    node = Node.start()
    genesis = node.head()
    orphan = node.advance([transfer(0)]).payload
    node.store.set_heads(type(node.store.heads)(genesis.block_hash, genesis.block_hash, genesis.block_hash))
    assert node.call("eth_getBlockByNumber", "0x1", False) is None
    by_hash = node.call("eth_getBlockByHash", to_hex(orphan.block_hash), False)
    assert by_hash["number"] == "0x1"
    assert node.call("eth_getTransactionByHash", by_hash["transactions"][1]) is None
    which = {"blockHash": to_hex(orphan.block_hash)}
    assert node.call("eth_getTransactionCount", to_hex(SENDER), which) == "0x1"
    strict = {**which, "requireCanonical": True}
    text = "hash is not currently canonical"
    assert node.fail("eth_getTransactionCount", to_hex(SENDER), strict)[:2] == (-32000, text)
    assert node.fail("eth_getBlockReceipts", strict)[:2] == (-32000, text)


def test_transactions_in_the_pool() -> None:
    fresh = Node.start()
    raw = transfer(0, gas=21_000)
    tx_hash = fresh.call("eth_sendRawTransaction", to_hex(raw))
    assert tx_hash == to_hex(keccak256(raw))
    shown = fresh.call("eth_getTransactionByHash", tx_hash)
    assert transaction_from_json(shown).encode() == raw
    assert (shown["blockHash"], shown["blockNumber"], shown["transactionIndex"]) == (None, None, None)
    assert shown["from"] == to_hex(SENDER)
    assert fresh.call("debug_getRawTransaction", tx_hash) == to_hex(raw)
    assert fresh.call("eth_getTransactionReceipt", tx_hash) is None
    assert fresh.call("eth_getTransactionCount", to_hex(SENDER), "pending") == "0x1"
    assert fresh.call("eth_getTransactionCount", to_hex(SENDER), "latest") == "0x0"
    assert fresh.call("txpool_status") == {"pending": "0x1", "queued": "0x0"}
    assert fresh.call("txpool_content") == {"pending": {to_hex(SENDER): {"0": shown}}, "queued": {}}
    assert fresh.fail("eth_sendRawTransaction", to_hex(raw))[:2] == (-32000, "already known")


@pytest.mark.parametrize(
    ("raw", "code", "text"),
    [
        ("0x", -32000, "empty transaction"),
        ("0x01", -32000, "missing"),
        ("01", -32602, "expected 0x-prefixed hex"),
        (to_hex(transfer(0, gas_price=10**14, gas=10**6)), -32000, "exceeds the configured cap (1.00 ether)"),
        (to_hex(transfer(0, gas=20_000)), -32000, "intrinsic gas too low"),
        (to_hex(transfer(0, gas_price=1 << 20_000)), -32000, "higher than 2^256-1"),
    ],
)
def test_refused_transactions(raw: str, code: int, text: str) -> None:
    got, message, _ = Node.start().fail("eth_sendRawTransaction", raw)
    assert (got, text in message) == (code, True), message


def test_unprotected_transactions_are_refused() -> None:
    tx = decode_transaction(transfer(0, type=0, chain_id=0, gas_tip_cap=0))
    assert isinstance(tx, Transaction)
    raw = replace(tx, v=27).encode()
    assert "replay-protected" in Node.start().fail("eth_sendRawTransaction", to_hex(raw))[1]


def test_limits_of_the_batcher() -> None:
    node = Node.start()
    node.call("eth_sendRawTransaction", to_hex(transfer(0)))
    base_fee = node.head().base_fee_per_gas
    assert len(list(node.pool.select(base_fee))) == 1
    for tx_size, block_size, taken in (
        ("0x32", "0x0", 0),
        ("0x0", "0x32", 0),
        ("0xfff", "0xfff", 1),
        ("0x0", "0x0", 1),
    ):
        assert node.call("miner_setMaxDASize", tx_size, block_size) is True
        assert len(list(node.pool.select(base_fee))) == taken
    assert "miner_setMaxDASize" not in node.tables.public
    assert node.fail("miner_setMaxDASize", "0x1")[0] == node.fail("miner_setMaxDASize", "1", "2")[0] == -32602
