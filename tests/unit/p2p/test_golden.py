"""The vectors' payloads as messages: the topic, and what the validator says of them."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.types import bytes_from_hex, hash_from_hex, quantity_from_hex
from pyoprollup.p2p import BlocksValidator, LocalSigner, RuntimeConfig, blocks_topic
from pyoprollup.p2p.message import decode_body, encode_body, open_message, seal_message
from pyoprollup.replay.recording import read_json
from tests.golden import golden_path
from tests.unit.p2p.support import Clock, config

KEY = keccak256(b"pyoprollup oracle key 500")
CASES: list[dict[str, Any]] = read_json(golden_path("payloads"))["cases"]["payloads"]


def envelope_of(case: dict[str, Any]) -> ExecutionPayloadEnvelope:
    root = case.get("parent_beacon_block_root")
    payload = ExecutionPayload.from_json(case["payload"])
    return ExecutionPayloadEnvelope(payload, None if root is None else hash_from_hex(root))


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_payload(case: dict[str, Any]) -> None:
    version, chain_id = BlockVersion(case["version"]), quantity_from_hex(case["chain_id"])
    block = envelope_of(case)
    assert blocks_topic(chain_id, version) == case["topic"]
    body = encode_body(block)
    signature = LocalSigner(KEY).sign_block(chain_id, body)
    assert signature == bytes_from_hex(case["signature"])
    message = seal_message(signature, body)
    assert open_message(message) == (signature, body)
    assert decode_body(version, body) == block
    if "snappy" in case:
        assert open_message(bytes_from_hex(case["snappy"])) == (signature, body)
    clock = Clock(block.payload.timestamp)
    runtime = RuntimeConfig(address_of(KEY), now=clock)
    judge = BlocksValidator(config(version, l2_chain_id=chain_id), runtime, version, now=clock)
    reason = judge.validate(message).reason
    if case["payload"]["blockHash"] != case["computed_block_hash"]:
        assert reason is not None
        assert reason.value == "bad_block_hash"
    elif block.payload.withdrawals:
        assert reason is not None
        assert reason.value == "withdrawals_not_empty"
    else:
        assert reason is None
