"""``engine_*``: versions, refusals and the form of answers."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.types import ZERO_HASH, to_hex, to_quantity
from pyoprollup.execution.rpc.engine_methods import SUPERCHAIN_VERSION
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import transfer
from tests.unit.execution.rpc.support import Node, attributes, l1_attributes

ZERO = to_hex(ZERO_HASH)
VERSIONS = {
    Fork.REGOLITH: (1, 2),
    Fork.CANYON: (2, 2),
    Fork.ECOTONE: (3, 3),
    Fork.JOVIAN: (3, 4),
    Fork.KARST: (3, 4),
}
"""Forkchoice update, payload."""


def wanted(node: Node, **changes: Any) -> dict[str, Any]:
    """Attributes of the next block, in JSON."""
    made = attributes(node.config, node.head().timestamp + 2, [l1_attributes(node.fork)]).to_json()
    return {key: value for key, value in {**made, **changes}.items() if value is not ...}


def state(node: Node) -> dict[str, str]:
    return {
        "headBlockHash": to_hex(node.head().block_hash),
        "safeBlockHash": ZERO,
        "finalizedBlockHash": ZERO,
    }


def build(node: Node, update: int, get: int) -> dict[str, Any]:
    """Start a job and get its block."""
    started = node.call(f"engine_forkchoiceUpdatedV{update}", state(node), wanted(node))
    assert started["payloadStatus"]["status"] == "VALID"
    built: dict[str, Any] = node.call(f"engine_getPayloadV{get}", started["payloadId"])
    return built


def extra(version: int) -> list[Any]:
    """Arguments of a new payload besides the payload."""
    root = to_hex((7).to_bytes(32, "big"))
    return [[], root, []][: {1: 0, 2: 0, 3: 2, 4: 3}[version]]


@pytest.mark.parametrize("fork", VERSIONS)
def test_a_block(fork: Fork) -> None:
    node = Node.start(fork)
    update, version = VERSIONS[fork]
    built = build(node, update, version)
    assert set(built) - {"parentBeaconBlockRoot"} == {
        *("executionPayload", "blockValue", "blobsBundle", "executionRequests", "shouldOverrideBuilder"),
    }
    assert built["blobsBundle"] == {"commitments": [], "proofs": [], "blobs": []}
    assert built["executionRequests"] == ([] if version == 4 else None)
    payload = built["executionPayload"]
    assert ExecutionPayloadEnvelope.from_json(built).check_block_hash()
    status = node.call(f"engine_newPayloadV{version}", payload, *extra(version))
    assert status == {"status": "VALID", "latestValidHash": payload["blockHash"], "validationError": None}
    head = {**state(node), "headBlockHash": payload["blockHash"]}
    assert node.call(f"engine_forkchoiceUpdatedV{update}", head, None)["payloadId"] is None
    assert node.call("eth_blockNumber") == "0x1"


def test_version_1() -> None:
    node = Node.start(Fork.REGOLITH)
    payload = build(node, 1, 1)
    ExecutionPayload.from_json(payload)
    assert node.call("engine_newPayloadV1", payload)["status"] == "VALID"


def test_karst_has_version_5() -> None:
    built = build(Node.start(Fork.KARST), 3, 5)
    assert built["executionRequests"] == []


@pytest.mark.parametrize(
    ("fork", "version", "changes", "code", "text"),
    [
        (Fork.CANYON, 1, {}, -32602, "withdrawals and beacon root not supported in V1"),
        (
            Fork.ECOTONE,
            1,
            {"withdrawals": ..., "parentBeaconBlockRoot": ...},
            -32602,
            "fcuV1 called post-shanghai",
        ),
        (Fork.ECOTONE, 2, {}, -38003, "unexpected beacon root"),
        (Fork.REGOLITH, 2, {"withdrawals": []}, -38003, "withdrawals before shanghai"),
        (Fork.CANYON, 2, {"withdrawals": ...}, -38003, "missing withdrawals"),
        (Fork.ECOTONE, 2, {"parentBeaconBlockRoot": ...}, -38005, "fcuV2 must only be called"),
        (Fork.JOVIAN, 3, {"withdrawals": None}, -38003, "missing withdrawals"),
        (Fork.JOVIAN, 3, {"parentBeaconBlockRoot": ...}, -38003, "missing beacon root"),
        (Fork.CANYON, 3, {"parentBeaconBlockRoot": ZERO}, -38005, "fcuV3 must only be called"),
        (Fork.JOVIAN, 3, {"gasLimit": ...}, -38003, "gas limit"),
        (Fork.JOVIAN, 3, {"transactions": ["0x00"]}, -38003, "transaction"),
        (Fork.JOVIAN, 3, {"eip1559Params": ...}, -38003, "EIP-1559"),
        (Fork.JOVIAN, 3, {"eip1559Params": "0x"}, -38003, "EIP-1559"),
        (Fork.JOVIAN, 3, {"eip1559Params": "0x01"}, -38003, "should be 8 bytes"),
        (Fork.ECOTONE, 3, {"eip1559Params": "0x01"}, -38003, "should be 8 bytes"),
        (Fork.JOVIAN, 3, {"minBaseFee": ...}, -38003, "minimum base fee"),
        (Fork.JOVIAN, 3, {"timestamp": "0x1"}, -38003, "timestamp"),
    ],
)
def test_refused_attributes(fork: Fork, version: int, changes: dict[str, Any], code: int, text: str) -> None:
    node = Node.start(fork)
    asked = wanted(node, **changes)
    got, message, data = node.fail(f"engine_forkchoiceUpdatedV{version}", state(node), asked)
    names = {-32602: "Invalid parameters", -38003: "Invalid payload attributes", -38005: "Unsupported fork"}
    assert (got, message) == (code, names[code])
    assert text in data["err"]


def test_what_may_be_empty_or_missing() -> None:
    node = Node.start(Fork.ECOTONE)
    head = {"headBlockHash": to_hex(node.head().block_hash), "safeBlockHash": None}
    answer = node.call("engine_forkchoiceUpdatedV3", head, wanted(node, eip1559Params="0x"))
    assert answer["payloadId"] is not None
    assert node.call("engine_forkchoiceUpdatedV3", {})["payloadStatus"]["status"] == "INVALID"


def test_min_base_fee_is_a_number_or_hex() -> None:
    node = Node.start()
    ids = [
        node.call("engine_forkchoiceUpdatedV3", state(node), wanted(node, minBaseFee=value))["payloadId"]
        for value in (1000, "0x3e8")
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("fork", "version", "changes", "arguments", "code", "text"),
    [
        (Fork.CANYON, 1, {}, [], -32602, "withdrawals not supported in V1"),
        (Fork.ECOTONE, 2, {}, [], -32602, "can't use newPayloadV2 post-cancun"),
        (Fork.CANYON, 2, {"withdrawals": ...}, [], -32602, "nil withdrawals post-shanghai"),
        (Fork.REGOLITH, 2, {"withdrawals": []}, [], -32602, "non-nil withdrawals pre-shanghai"),
        (Fork.CANYON, 2, {"excessBlobGas": "0x0"}, [], -32602, "non-nil excessBlobGas pre-cancun"),
        (Fork.CANYON, 2, {"blobGasUsed": "0x0"}, [], -32602, "non-nil blobGasUsed pre-cancun"),
        (Fork.ECOTONE, 3, {"withdrawals": ...}, [[], ZERO], -32602, "nil withdrawals post-shanghai"),
        (Fork.ECOTONE, 3, {"excessBlobGas": ...}, [[], ZERO], -32602, "nil excessBlobGas post-cancun"),
        (Fork.ECOTONE, 3, {"blobGasUsed": None}, [[], ZERO], -32602, "nil blobGasUsed post-cancun"),
        (Fork.ECOTONE, 3, {}, [], -32602, "nil versionedHashes post-cancun"),
        (Fork.ECOTONE, 3, {}, [[]], -32602, "nil beaconRoot post-cancun"),
        (Fork.JOVIAN, 4, {}, [[], ZERO], -32602, "nil executionRequests post-prague"),
        (Fork.JOVIAN, 3, {}, [[], ZERO], -38005, "newPayloadV3 must only be called"),
        (Fork.ECOTONE, 4, {}, [[], ZERO, []], -38005, "newPayloadV4 must only be called"),
        (Fork.JOVIAN, 4, {}, [[], ZERO, ["0x00"]], -32602, "empty request"),
        (Fork.JOVIAN, 4, {}, [[], ZERO, ["0x0102", "0x0102"]], -32602, "invalid request order"),
    ],
)
def test_refused_payloads(
    fork: Fork, version: int, changes: dict[str, Any], arguments: list[Any], code: int, text: str
) -> None:
    node = Node.start(fork)
    payload = {**build(node, *VERSIONS[fork])["executionPayload"], **changes}
    payload = {key: value for key, value in payload.items() if value is not ...}
    got, _, data = node.fail(f"engine_newPayloadV{version}", payload, *arguments)
    assert got == code
    assert text in data["err"]


@pytest.mark.parametrize("arguments", [[[ZERO], ZERO, []], [[], ZERO, ["0x0102"]]])
def test_payloads_with_what_l2_has_not(arguments: list[Any]) -> None:
    node = Node.start()
    payload = build(node, 3, 4)["executionPayload"]
    status = node.call("engine_newPayloadV4", payload, *arguments)
    assert (status["status"], status["latestValidHash"]) == ("INVALID", None)


def test_invalid_and_unknown_payloads() -> None:
    node = Node.start()
    payload = build(node, 3, 4)["executionPayload"]
    status = node.call("engine_newPayloadV4", {**payload, "gasUsed": "0x1"}, *extra(4))
    assert status["status"] == "INVALID"
    assert "hash" in status["validationError"]
    status = node.call("engine_newPayloadV4", {**payload, "extraData": "0x" + "00" * 33}, *extra(4))
    assert status["validationError"] == "invalid extradata length: 33"
    unknown = {**state(node), "headBlockHash": to_hex(b"\x09" * 32)}
    answer = node.call("engine_forkchoiceUpdatedV3", unknown)
    assert answer["payloadStatus"]["status"] == "SYNCING"
    code, message, data = node.fail(
        "engine_forkchoiceUpdatedV3", {**state(node), "safeBlockHash": to_hex(b"\x09" * 32)}
    )
    assert (code, message) == (-38002, "Invalid forkchoice state")
    assert "safe" in data["err"]


def test_jobs() -> None:
    node = Node.start()
    job = node.call("engine_forkchoiceUpdatedV3", state(node), wanted(node))["payloadId"]
    for version in (1, 2, 3, 5):
        assert node.fail(f"engine_getPayloadV{version}", job)[:2] == (-38005, "Unsupported fork")
    assert node.fail("engine_getPayloadV4", "0x0300000000000001") == (-38001, "Unknown payload", None)
    assert node.fail("engine_getPayloadV4", "0x0100000000000001") == (-38005, "Unsupported fork", None)
    assert node.fail("engine_getPayloadV1", "0x0100000000000001") == (-38001, "Unknown payload", None)
    assert node.fail("engine_getPayloadV4", "0x01")[0] == -32602


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("engine_forkchoiceUpdatedV3", []),
        ("engine_forkchoiceUpdatedV3", [{"headBlockHash": "0x01"}]),
        ("engine_forkchoiceUpdatedV3", ["0x"]),
        ("engine_forkchoiceUpdatedV3", [{}, {}]),
        ("engine_forkchoiceUpdatedV3", [{}, {"eip1559Params": 5}]),
        ("engine_newPayloadV2", [{"transactions": [], "logsBloom": "0x", "extraData": "0x"}]),
        ("engine_newPayloadV2", [{"logsBloom": "0x"}]),
        ("engine_forkchoiceUpdatedV3", [{}, None, None]),
        ("engine_newPayloadV2", []),
        ("engine_newPayloadV2", [{}, []]),
        ("engine_newPayloadV4", [{}]),
        ("engine_newPayloadV4", [None, [], ZERO, []]),
        ("engine_getPayloadV4", [5]),
        ("engine_exchangeCapabilities", [{}]),
        ("engine_getClientVersionV1", [[]]),
        ("engine_signalSuperchainV1", [{"required": "0x01"}]),
        ("engine_signalSuperchainV1", [5]),
        ("engine_getPayloadBodiesByHashV1", [5]),
        ("engine_getPayloadBodiesByHashV1", [["0x"]]),
        ("engine_getPayloadBodiesByRangeV1", ["0x1"]),
        ("engine_getPayloadBodiesByRangeV1", ["0x0", "0x1"]),
    ],
)
def test_malformed_parameters(method: str, params: list[Any]) -> None:
    assert Node.start().fail(method, *params)[0] == -32602


def test_about_us() -> None:
    node = Node.start()
    methods = node.call("engine_exchangeCapabilities", ["engine_newPayloadV9"])
    assert "engine_newPayloadV4" in methods and "engine_exchangeCapabilities" not in methods
    assert set(methods) < set(node.tables.authenticated)
    client = {"code": "ON", "name": "op-node", "version": "1", "commit": "0x00000000"}
    assert node.call("engine_getClientVersionV1", client)[0]["name"] == "pyoprollup"
    version = node.call("engine_signalSuperchainV1", {"recommended": ZERO, "required": ZERO})
    assert version == to_hex(SUPERCHAIN_VERSION) == node.call("engine_signalSuperchainV1")
    assert version == "0x" + "00" * 16 + "00000009" + "00" * 12


def test_bodies() -> None:
    node = Node.grown()
    payload = node.store.envelope(node.store.heads.unsafe).payload  # type: ignore[union-attr]
    body = {"transactions": [to_hex(raw) for raw in payload.transactions], "withdrawals": []}
    assert node.call("engine_getPayloadBodiesByHashV1", [to_hex(payload.block_hash), ZERO]) == [body, None]
    bodies = node.call("engine_getPayloadBodiesByRangeV1", "0x3", "0x10")
    assert (len(bodies), bodies[1]) == (2, body)
    assert node.call("engine_getPayloadBodiesByRangeV1", "0x9", "0x1") == []
    assert node.fail("engine_getPayloadBodiesByRangeV1", "0x1", "0x401")[:2] == (-38004, "Too large request")
    assert node.fail("engine_getPayloadBodiesByHashV1", [ZERO] * 1025)[0] == -38004


def test_blocks_before_canyon_have_no_withdrawals() -> None:
    node = Node.grown(Fork.REGOLITH)
    assert node.call("engine_getPayloadBodiesByRangeV1", to_quantity(1), "0x1")[0]["withdrawals"] is None


def test_the_public_port_has_none_of_this() -> None:
    node = Node.start()
    assert not [name for name in node.tables.public if name.startswith("engine_")]
    assert node.ask("engine_getPayloadV4", "0x00", methods=node.tables.public)["error"]["code"] == -32601


def test_transactions_of_the_pool_get_into_blocks() -> None:
    node = Node.start()
    tx_hash = node.call("eth_sendRawTransaction", to_hex(transfer(0)))
    job = node.call("engine_forkchoiceUpdatedV3", state(node), wanted(node, noTxPool=False))["payloadId"]
    payload = node.call("engine_getPayloadV4", job)["executionPayload"]
    assert payload["transactions"][1:] == [to_hex(transfer(0))]
    node.call("engine_newPayloadV4", payload, *extra(4))
    node.call("engine_forkchoiceUpdatedV3", {**state(node), "headBlockHash": payload["blockHash"]})
    assert node.call("eth_getTransactionReceipt", tx_hash)["status"] == "0x1"
    assert node.call("txpool_status") == {"pending": "0x0", "queued": "0x0"}
