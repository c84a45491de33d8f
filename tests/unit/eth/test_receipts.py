"""Receipts: codec of every type, what the root commits to, JSON-RPC forms."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.receipts import Log, Receipt, decode_receipts, receipts_from_json
from pyoprollup.eth.types import Address

u64 = st.integers(0, (1 << 64) - 1)
hashes = st.binary(min_size=32, max_size=32)
logs = st.builds(
    Log, st.binary(min_size=20, max_size=20), st.lists(hashes, max_size=4).map(tuple), st.binary(max_size=70)
)
blooms = st.binary(min_size=256, max_size=256)


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    kind = draw(st.sampled_from([0, 1, 2, 3, 4, 0x7E]))
    nonce = draw(st.none() | u64) if kind == 0x7E else None
    version = draw(st.none() | u64) if nonce is not None else None
    post_state = draw(st.none() | hashes)
    status = draw(st.integers(0, 1)) if post_state is None else 0
    log_list = draw(st.lists(logs, max_size=3))
    numbered = tuple(log._replace(log_index=i) for i, log in enumerate(log_list))
    return Receipt(kind, status, draw(u64), draw(blooms), numbered, nonce, version, post_state)


@given(receipts())
@settings(max_examples=150)
def test_round_trip(receipt: Receipt) -> None:
    assert Receipt.decode(receipt.encode()) == receipt


@given(receipts())
@settings(max_examples=80)
def test_the_root_leaves_out_the_nonce_before_canyon(receipt: Receipt) -> None:
    if receipt.deposit_nonce is not None and receipt.deposit_receipt_version is None:
        short = rlp.split_raw(receipt.encode()[1:])[:4]
        assert receipt.encode_for_root() == b"\x7e" + rlp.encode_list(short)
    else:
        assert receipt.encode_for_root() == receipt.encode()


@given(receipts(), st.data())
@settings(max_examples=200)
def test_mutations_are_rejected_or_canonical(receipt: Receipt, draw: st.DataObject) -> None:
    raw = bytearray(receipt.encode())
    raw[draw.draw(st.integers(0, len(raw) - 1))] = draw.draw(st.integers(0, 255))
    data = bytes(raw[: draw.draw(st.integers(0, len(raw)))] if draw.draw(st.booleans()) else raw)
    try:
        decoded = Receipt.decode(data)
    except DecodeError:
        return
    assert decoded.encode() == data


@given(st.binary(max_size=60))
def test_arbitrary_bytes(data: bytes) -> None:
    for decode in (Receipt.decode, Log.decode):
        with pytest.raises(DecodeError):
            decode(data)


@pytest.mark.parametrize("outcome", [{"status": 1}, {"post_state": bytes(32)}])
def test_logs_are_numbered_through_the_block(outcome: dict[str, Any]) -> None:
    log = Log(bytes(20), (), b"")
    raw = [Receipt(logs=(log,) * n, **outcome).encode() for n in (2, 0, 3)]
    indices = [[log.log_index for log in receipt.logs] for receipt in decode_receipts(raw)]
    assert indices == [[0, 1], [], [2, 3, 4]]


@given(receipts())
@settings(max_examples=50)
def test_json_rpc_form(receipt: Receipt) -> None:
    assert Receipt.from_json(receipt.to_json()) == receipt


@given(st.lists(receipts(), max_size=4))
@settings(max_examples=50)
def test_logs_of_the_json_form_are_numbered_through_the_block(block: list[Receipt]) -> None:
    """Whatever it says itself: no root covers it."""
    shown = [receipt.to_json() for receipt in block]
    assert receipts_from_json(shown) == decode_receipts(receipt.encode() for receipt in block)
    for receipt in shown:
        for log in receipt["logs"]:
            log["logIndex"] = "0x63"
    logs = [log for receipt in receipts_from_json(shown) for log in receipt.logs]
    assert [log.log_index for log in logs] == list(range(len(logs)))


@pytest.mark.parametrize("kind", [5, 0x64, 0x7F])
def test_types_that_are_not_known_have_the_common_layout(kind: int) -> None:
    receipt = Receipt(kind, 1, 21_000, logs=(Log(Address(bytes(20)), (), b"deposit"),))
    assert Receipt.decode(receipt.encode()) == receipt == Receipt.from_json(receipt.to_json())


def test_sparse_json() -> None:
    assert Receipt.from_json({"status": 1, "logs": None}) == Receipt(status=1)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"logs": 5},
        {"logs": [5]},
        {"logs": [{}]},
        {"logs": [{"address": "0x" + "00" * 20, "topics": ["0x00"], "data": "0x"}]},
        {"logs": [{"address": "0x" + "00" * 19, "topics": [], "data": "0x"}]},
        {"logsBloom": "0x00"},
        {"status": "yes"},
        {"status": True},
        {"type": 0x80},
        {"type": 256},
        {"root": "0x01"},
        {"cumulativeGasUsed": hex(1 << 64)},
    ],
)
def test_malformed_json(value: object) -> None:
    with pytest.raises(DecodeError):
        Receipt.from_json(value)
