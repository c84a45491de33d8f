from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import to_hex
from pyoprollup.rollupapi import SAFE_DB_DISABLED_TEXT
from pyoprollup.rpc.errors import JsonRpcError
from tests.unit.conductor.support import ENVELOPE
from tests.unit.rollupapi.support import L1, L2, OUTPUT, STATUS, FakeNode, Wire

VALID = replace(ENVELOPE, payload=replace(ENVELOPE.payload, block_hash=ENVELOPE.compute_block_hash()))


def error_of(node: FakeNode, method: str, *params: Any) -> str:
    with pytest.raises(JsonRpcError) as caught:
        Wire.to(node).call(method, *params)
    return caught.value.message


def test_an_output_as_the_reference_writes_it() -> None:
    answer = Wire.to(FakeNode()).call("optimism_outputAtBlock", "0x64")
    parts = bytes(32) + OUTPUT.state_root + OUTPUT.message_passer_storage_root + L2.hash
    assert answer == {
        "version": "0x" + "00" * 32,
        "outputRoot": to_hex(keccak256(parts)),
        "blockRef": {
            "hash": to_hex(L2.hash),
            "number": 100,
            "parentHash": to_hex(L2.parent_hash),
            "timestamp": 1_010,
            "l1origin": {"hash": to_hex(L1.hash), "number": 10},
            "sequenceNumber": 3,
        },
        "withdrawalStorageRoot": to_hex(OUTPUT.message_passer_storage_root),
        "stateRoot": to_hex(OUTPUT.state_root),
        "syncStatus": STATUS.to_json(),
    }


def test_a_safe_head_as_the_reference_writes_it() -> None:
    node = FakeNode()
    assert Wire.to(node).call("optimism_safeHeadAtL1Block", "0xc") == {
        "l1Block": {"hash": to_hex(L1.hash), "number": 10},
        "safeHead": {"hash": to_hex(L2.hash), "number": 100},
    }
    assert node.done == [("safe head", 12)]


def test_definite_answers_are_told_from_none_by_the_words_that_others_look_for() -> None:
    method = "optimism_safeHeadAtL1Block"
    assert error_of(FakeNode(safe_head=NotFound("no entry")), method, "0x1") == "not found"
    disabled = error_of(FakeNode(safe_head=Unavailable(SAFE_DB_DISABLED_TEXT)), method, "0xb")
    assert disabled == "failed to get safe head at l1 block 0xb: safe head database not enabled"
    broken = error_of(FakeNode(safe_head=Unavailable("safe.db: file not found")), method, "0xb")
    assert broken == "failed to get safe head at l1 block 0xb: unavailable"


def test_an_unknown_block_is_not_found_whatever_the_backend_calls_it() -> None:
    method = "optimism_outputAtBlock"
    assert error_of(FakeNode(output=NotFound("no block 7")), method, "0x7").endswith("no block 7: not found")
    assert error_of(FakeNode(output=NotFound("block not found")), method, "0x7").count("not found") == 1
    assert "not found" not in error_of(FakeNode(output=Unavailable("host not found")), method, "0x7")


@pytest.mark.parametrize("number", [7, True, "7", "0x", "latest", "0x1" + "00" * 8, "-0x1", [], {}])
def test_refuses_what_is_no_block_number(number: Any) -> None:
    node = FakeNode()
    for method in ("optimism_outputAtBlock", "optimism_safeHeadAtL1Block"):
        assert "invalid argument" in error_of(node, method, number)
    assert node.done == []


def test_the_operators_methods() -> None:
    node = FakeNode()
    wire = Wire.to(node)
    assert wire.call("admin_resetDerivationPipeline") is None
    assert wire.call("admin_startSequencer", to_hex(L2.hash)) is None
    assert wire.call("admin_stopSequencer") == to_hex(L2.hash)
    assert wire.call("admin_sequencerActive") is True
    assert wire.call("admin_postUnsafePayload", VALID.to_json()) is None
    assert wire.call("admin_overrideLeader") is None
    assert wire.call("admin_conductorEnabled") is False
    assert wire.call("admin_setRecoverMode", True) is None
    assert wire.call("admin_setLogLevel", "debug") is None
    assert node.done == [
        *("reset", ("start", L2.hash), VALID, "override", ("recover", True), ("log", "debug")),
    ]


def test_a_payload_with_another_hash_is_not_taken() -> None:
    node = FakeNode()
    text = error_of(node, "admin_postUnsafePayload", ENVELOPE.to_json())
    assert text.startswith(f"payload has bad block hash: {to_hex(ENVELOPE.payload.block_hash)}")
    assert to_hex(ENVELOPE.compute_block_hash()) in text
    assert node.done == []


@pytest.mark.parametrize(
    ("method", "parameter"),
    [
        ("admin_startSequencer", "0x12"),
        ("admin_startSequencer", 5),
        ("admin_postUnsafePayload", {}),
        ("admin_postUnsafePayload", "0x"),
        ("admin_setRecoverMode", 1),
        ("admin_setLogLevel", 3),
    ],
)
def test_malformed_parameters_change_nothing(method: str, parameter: Any) -> None:
    node = FakeNode()
    assert "invalid argument" in error_of(node, method, parameter)
    assert node.done == []


def test_the_configuration_and_the_version() -> None:
    node = FakeNode()
    assert Wire.to(node).call("optimism_rollupConfig") == node.rollup_config.to_json()
    assert Wire.to(node).call("optimism_version") == "v1-dev"
    assert error_of(node, "optimism_dependencySet") == "not found"
