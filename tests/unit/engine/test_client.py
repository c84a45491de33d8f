"""The engine's client, with a server in its place that answers what a test says.

Against a real server: test_round_trip in the tests of the engine's RPC.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from pyoprollup.engine import (
    BlockNotFound,
    EngineRpcError,
    EngineUnavailable,
    ExecutePayloadStatus,
    ForkchoiceState,
    InvalidPayloadAttributes,
    PayloadID,
    PayloadInfo,
    UnknownPayload,
)
from pyoprollup.engine.client import HttpEngine
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Hash32, to_hex, to_quantity
from pyoprollup.rpc.http_client import JsonRpcClient
from tests.unit.derive.support import config as make_config

DEPOSIT = DepositTransaction(ZERO_HASH, ZERO_ADDRESS, None, 5, 6, 7, False, b"data")
PLAIN = Transaction(0, 1, 2, 21_000, ZERO_ADDRESS, 3, b"", 27, 1, 1)
ATTRIBUTES = PayloadAttributes(1000, ZERO_HASH, ZERO_ADDRESS, (), ZERO_HASH, gas_limit=1)
STATE = ForkchoiceState(ZERO_HASH, ZERO_HASH, ZERO_HASH)
JOB = PayloadInfo(PayloadID(bytes(8)), 1000)
VALID = {"status": "VALID", "latestValidHash": to_hex(ZERO_HASH), "validationError": None}


def envelope(forks: str = "isthmus", **changes: Any) -> ExecutionPayloadEnvelope:
    """A block that is in order as far as a client can tell."""
    isthmus, ecotone = forks == "isthmus", forks in ("granite", "isthmus")
    payload = ExecutionPayload(
        parent_hash=ZERO_HASH,
        fee_recipient=ZERO_ADDRESS,
        state_root=ZERO_HASH,
        receipts_root=ZERO_HASH,
        logs_bloom=bytes(256),
        prev_randao=ZERO_HASH,
        block_number=12,
        gas_limit=30_000_000,
        gas_used=21_000,
        timestamp=1000,
        extra_data=b"",
        base_fee_per_gas=7,
        block_hash=ZERO_HASH,
        transactions=(DEPOSIT.encode(), PLAIN.encode()),
        withdrawals=None if forks == "regolith" else (),
        blob_gas_used=0 if ecotone else None,
        excess_blob_gas=0 if ecotone else None,
        withdrawals_root=ZERO_HASH if isthmus else None,
    )
    made = ExecutionPayloadEnvelope(replace(payload, **changes), ZERO_HASH if ecotone else None)
    return replace(made, payload=replace(made.payload, block_hash=made.compute_block_hash()))


def block(value: ExecutionPayloadEnvelope) -> dict[str, Any]:
    """The block as ``eth_getBlockBy…`` shows it."""
    deposit = {
        "type": "0x7e",
        "sourceHash": to_hex(DEPOSIT.source_hash),
        "from": to_hex(DEPOSIT.from_),
        "to": None,
        "mint": "0x5",
        "value": "0x6",
        "gas": "0x7",
        "input": to_hex(DEPOSIT.data),
    }
    plain = {
        **{
            name: to_quantity(getattr(PLAIN, name))
            for name in ("type", "nonce", "gas", "value", "v", "r", "s")
        },
        "gasPrice": "0x2",
        "to": to_hex(ZERO_ADDRESS),
        "input": "0x",
    }
    header = value.payload.header(value.parent_beacon_block_root).to_json()
    return {**header, "transactions": [deposit, plain], "withdrawals": [], "uncles": []}


class Server:
    """What it was asked, and what it answers to a method: a result, or an exception or error object."""

    def __init__(self, forks: str = "isthmus", **results: Any) -> None:
        self.results = results
        self.calls: list[tuple[str, list[Any]]] = []
        transport = httpx.MockTransport(self.answer)
        client = JsonRpcClient("http://engine", transport=transport)
        self.engine = HttpEngine(make_config(forks), "", client=client)

    def answer(self, request: httpx.Request) -> httpx.Response:
        call = json.loads(request.content)
        self.calls.append((call["method"], call["params"]))
        result = self.results[call["method"]]
        if isinstance(result, Exception):
            raise result
        key = "error" if isinstance(result, dict) and "code" in result else "result"
        return httpx.Response(200, json={"id": call["id"], key: result})


def asks(engine: HttpEngine) -> dict[str, Callable[[], Any]]:
    return {
        "forkchoiceUpdatedV3": lambda: engine.forkchoice_updated(STATE, ATTRIBUTES),
        "newPayloadV4": lambda: engine.new_payload(envelope()),
        "getPayloadV4": lambda: engine.get_payload(JOB),
    }


@pytest.mark.parametrize(
    ("forks", "update", "new", "get"),
    [("regolith", 1, 2, 2), ("canyon", 2, 2, 2), ("granite", 3, 3, 3), ("isthmus", 3, 4, 4)],
)
def test_versions_and_parameters(forks: str, update: int, new: int, get: int) -> None:
    made = envelope(forks)
    answered = {"payloadStatus": VALID, "payloadId": "0x0000000000000001"}
    methods = (
        f"engine_forkchoiceUpdatedV{update}",
        f"engine_newPayloadV{new}",
        f"engine_getPayloadV{get}",
    )
    server = Server(forks, **dict(zip(methods, (answered, VALID, made.to_json()), strict=True)))
    result = server.engine.forkchoice_updated(STATE, ATTRIBUTES)
    assert result.payload_id == PayloadID(bytes(7) + b"\x01")
    assert result.payload_status.status is ExecutePayloadStatus.VALID
    assert server.engine.new_payload(made).latest_valid_hash == ZERO_HASH
    assert server.engine.get_payload(JOB) == made
    root = to_hex(ZERO_HASH)
    assert server.calls == [
        (methods[0], [STATE.to_json(), ATTRIBUTES.to_json()]),
        (methods[1], [made.payload.to_json(), *([[], root] if new > 2 else []), *([[]] if new > 3 else [])]),
        (methods[2], ["0x" + "00" * 8]),
    ]


@pytest.mark.parametrize("forks", ["regolith", "canyon", "granite", "isthmus"])
def test_reads(forks: str) -> None:
    made = envelope(forks)
    server = Server(forks, eth_getBlockByNumber=block(made), eth_getBlockByHash=block(made))
    assert server.engine.payload_by_label(BlockLabel.SAFE) == made
    assert server.engine.payload_by_number(12) == made
    assert server.engine.payload_by_hash(made.payload.block_hash) == made
    assert [params for _, params in server.calls] == [
        ["safe", True],
        ["0xc", True],
        [to_hex(made.payload.block_hash), True],
    ]


def test_unknown_blocks() -> None:
    for result in (
        None,
        {"code": -39001, "message": "Unknown block"},
        {"code": -32000, "message": "safe block not found"},
    ):
        engine = Server(eth_getBlockByNumber=result, eth_getBlockByHash=result).engine
        with pytest.raises(BlockNotFound, match="no block safe"):
            engine.payload_by_label(BlockLabel.SAFE)
        with pytest.raises(BlockNotFound):
            engine.payload_by_number(5)
        with pytest.raises(BlockNotFound):
            engine.payload_by_hash(ZERO_HASH)


def test_other_refusals_of_reads() -> None:
    engine = Server(eth_getBlockByNumber={"code": -32000, "message": "state is gone"}).engine
    with pytest.raises(EngineRpcError, match="state is gone"):
        engine.payload_by_number(5)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"gasUsed": "0x1"}, "the contents have"),
        ({"hash": to_hex(Hash32(b"\x01" * 32))}, "the contents have"),
        ({"transactions": []}, "not those of the header"),
        ({"transactions": ["0x00"]}, "transaction: expected a JSON object"),
        ({"transactions": None}, "expected a list"),
        ({"withdrawals": [{}]}, "L2 blocks have none"),
        ({"number": "12"}, "header.number"),
    ],
)
def test_blocks_that_are_not_what_they_claim(change: dict[str, Any], text: str) -> None:
    engine = Server(eth_getBlockByNumber={**block(envelope()), **change}).engine
    with pytest.raises(EngineUnavailable, match=text):
        engine.payload_by_number(12)


def test_another_block_than_asked_for() -> None:
    made = block(envelope())
    engine = Server(eth_getBlockByNumber=made, eth_getBlockByHash=made).engine
    with pytest.raises(EngineUnavailable, match="asked for block 13, got 12"):
        engine.payload_by_number(13)
    with pytest.raises(EngineUnavailable, match="asked for block 0x0000"):
        engine.payload_by_hash(ZERO_HASH)


def test_a_build_job_of_another_time() -> None:
    engine = Server(engine_getPayloadV4=envelope(timestamp=1002).to_json()).engine
    with pytest.raises(EngineUnavailable, match="another time"):
        engine.get_payload(JOB)


@pytest.mark.parametrize("call", ["forkchoiceUpdatedV3", "newPayloadV4", "getPayloadV4"])
def test_failures(call: str) -> None:
    results: list[tuple[Any, type[Exception], str]] = [
        (httpx.ReadTimeout("slow"), EngineUnavailable, "slow"),
        ({"code": -38001, "message": "Unknown payload"}, UnknownPayload, "Unknown payload"),
        ({"code": -38003, "message": "bad", "data": {"err": "why"}}, InvalidPayloadAttributes, "bad: why"),
        ({"code": -32000, "message": "oops", "data": "0x"}, EngineRpcError, "oops"),
        ("0x", EngineUnavailable, "expected a JSON object"),
        (None, EngineUnavailable, "expected a JSON object"),
        ([], EngineUnavailable, "expected a JSON object"),
    ]
    for result, kind, text in results:
        engine = Server(**{f"engine_{call}": result}).engine
        with pytest.raises(kind, match=text):
            asks(engine)[call]()
