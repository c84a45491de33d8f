"""Transactions, receipts, attributes and payloads as the reference data represents them."""

from __future__ import annotations

import pytest

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.headers import Header
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.receipts import Log, Receipt, decode_receipts, receipts_from_json
from pyoprollup.eth.ssz import decode_envelope, encode_envelope
from pyoprollup.eth.transactions import decode_transaction, tx_recipient
from pyoprollup.eth.trie import ordered_trie_root
from pyoprollup.eth.types import bytes_from_hex, hash_from_hex, quantity_from_hex
from tests.support import shared_json, shared_path

pytestmark = pytest.mark.shared


@pytest.mark.parametrize("name", ["happy", "blobs", "holocene"])
def test_pipeline_scenarios(name: str) -> None:
    for case in shared_json("golden", f"pipeline_{name}.json")["cases"]:
        root = case["genesis_parent_beacon_root"]
        genesis = ExecutionPayload.from_json(case["genesis_payload"])
        assert ExecutionPayloadEnvelope(genesis, root and hash_from_hex(root)).check_block_hash()
        for item in case["derived"]:
            assert PayloadAttributes.from_json(item["attributes"]).to_json() == item["attributes"]
        for block in case["l1_blocks"]:
            for text in block["txs"]:
                check_transaction(bytes_from_hex(text))
            counted = [log.log_index for item in receipts_from_json(block["receipts"]) for log in item.logs]
            logs = [log for item in block["receipts"] for log in item["logs"] or []]
            shown = [quantity_from_hex(log["logIndex"]) for log in logs]
            assert counted == shown


def check_transaction(raw: bytes) -> None:
    tx = decode_transaction(raw)
    assert tx.encode() == raw
    assert tx_recipient(raw) == tx.to


@pytest.mark.parametrize("name", ["bedrock-single-zlib", "ecotone-span-zlib-blob", "granite-span-brotli"])
def test_scenarios_in_binary_form(name: str) -> None:
    for block in shared_json("golden", "pipeline_rust", f"{name}.json.gz")["l1"]:
        header = Header.decode(bytes_from_hex(block["header_rlp"]))
        txs = [bytes_from_hex(text) for text in block["txs"]]
        raw_receipts = [bytes_from_hex(text) for text in block["receipts"]]
        receipts = decode_receipts(raw_receipts)
        assert [receipt.encode() for receipt in receipts] == raw_receipts
        assert ordered_trie_root([receipt.encode_for_root() for receipt in receipts]) == header.receipts_root
        assert ordered_trie_root(txs) == header.transactions_root
        for raw in txs:
            check_transaction(raw)


def test_user_deposits() -> None:
    cases = shared_json("golden", "user_deposits.json")["cases"]
    for case in cases["logs"]:
        Log.from_json(case["log"])
        if case["ok"]:
            raw = bytes_from_hex(case["deposit"]["encoded"])
            deposit = DepositTransaction.decode(raw)
            assert deposit.encode() == raw
            assert "0x" + deposit.hash().hex() == case["deposit"]["tx_hash"]
    for case in cases["receipts"]:
        for receipt in case["receipts"] or []:
            Receipt.from_json(receipt)


def test_a_large_envelope() -> None:
    data = shared_path("bench", "payload_v3_200tx.ssz").read_bytes()
    envelope = decode_envelope(BlockVersion.V3, data)
    assert len(envelope.payload.transactions) == 200
    assert envelope.check_block_hash()
    assert encode_envelope(envelope) == data
