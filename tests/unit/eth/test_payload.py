"""Payloads, envelopes and attributes: JSON, SSZ, and block hashes."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import Header
from pyoprollup.eth.payload import EMPTY_REQUESTS_HASH, ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion, payload_of_header, payload_version
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.ssz import (
    MAX_WITHDRAWALS,
    SszError,
    decode_envelope,
    decode_payload,
    encode_envelope,
    encode_payload,
)
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT, ordered_trie_root
from pyoprollup.eth.withdrawals import Withdrawal

u64, u256 = st.integers(0, (1 << 64) - 1), st.integers(0, (1 << 256) - 1)
hashes, addresses = st.binary(min_size=32, max_size=32), st.binary(min_size=20, max_size=20)
withdrawals = st.lists(st.builds(Withdrawal, u64, u64, addresses, u64), max_size=3).map(tuple)
tx_lists = st.lists(st.binary(max_size=60), max_size=5).map(tuple)


@st.composite
def payloads(draw: st.DrawFn) -> ExecutionPayload:
    version = draw(st.sampled_from(BlockVersion))
    return ExecutionPayload(
        *(
            draw(hashes),
            draw(addresses),
            draw(hashes),
            draw(hashes),
            draw(st.binary(min_size=256, max_size=256)),
        ),
        *(draw(hashes), draw(u64), draw(u64), draw(u64), draw(u64), draw(st.binary(max_size=32))),
        *(draw(u256), draw(hashes), draw(tx_lists)),
        withdrawals=draw(withdrawals) if version >= 2 else None,
        blob_gas_used=draw(u64) if version >= 3 else None,
        excess_blob_gas=draw(u64) if version >= 3 else None,
        withdrawals_root=draw(hashes) if version >= 4 else None,
    )


def some_payload(**changes: object) -> ExecutionPayload:
    zero = bytes(32)
    payload = ExecutionPayload(
        zero, bytes(20), zero, zero, bytes(256), zero, 7, 1, 2, 3, b"extra", 4, zero, (b"one", b"two")
    )
    return replace(payload, **changes)  # type: ignore[arg-type]


ECOTONE = {"withdrawals": (), "blob_gas_used": 0, "excess_blob_gas": 0}


# --- JSON


@given(payloads(), st.none() | hashes)
@settings(max_examples=80)
def test_json_round_trip(payload: ExecutionPayload, root: bytes | None) -> None:
    assert ExecutionPayload.from_json(payload.to_json()) == payload
    envelope = ExecutionPayloadEnvelope(payload, root)
    assert ExecutionPayloadEnvelope.from_json(envelope.to_json()) == envelope


def test_json_of_an_empty_block() -> None:
    payload = some_payload(transactions=())
    obj = {**payload.to_json(), "transactions": None}
    del obj["logsBloom"]
    assert ExecutionPayload.from_json(obj) == payload


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("extraData", "0x" + "00" * 33),
        ("transactions", "0x"),
        ("transactions", ["0x", 5]),
        ("withdrawals", {}),
        ("withdrawals", [[]]),
        ("blobGasUsed", "0x10000000000000000"),
        ("withdrawalsRoot", "0x00"),
        ("blockHash", None),
        ("baseFeePerGas", -1),
    ],
)
def test_malformed_payload_json(key: str, value: object) -> None:
    with pytest.raises(DecodeError):
        ExecutionPayload.from_json({**some_payload().to_json(), key: value})
    with pytest.raises(DecodeError):
        ExecutionPayloadEnvelope.from_json({"executionPayload": None})


attributes = st.builds(
    PayloadAttributes,
    timestamp=u64,
    prev_randao=hashes,
    suggested_fee_recipient=addresses,
    withdrawals=st.none() | withdrawals,
    parent_beacon_block_root=st.none() | hashes,
    transactions=tx_lists,
    no_tx_pool=st.booleans(),
    gas_limit=st.none() | u64,
    eip1559_params=st.none() | st.binary(min_size=8, max_size=8),
    min_base_fee=st.none() | u64,
)


@given(attributes)
@settings(max_examples=80)
def test_attributes_round_trip(value: PayloadAttributes) -> None:
    assert PayloadAttributes.from_json(value.to_json()) == value


def test_attributes_json_forms() -> None:
    bare = PayloadAttributes(1, bytes(32), bytes(20))
    assert set(bare.to_json()) == {"timestamp", "prevRandao", "suggestedFeeRecipient"}
    assert replace(bare, min_base_fee=5).to_json()["minBaseFee"] == 5
    assert PayloadAttributes.from_json({**bare.to_json(), "minBaseFee": "0x5"}).min_base_fee == 5
    for key, value in [("noTxPool", 1), ("eip1559Params", "0x00"), ("gasLimit", True), ("timestamp", None)]:
        with pytest.raises(DecodeError, match=key):
            PayloadAttributes.from_json({**bare.to_json(), key: value})


# --- Block hash


def test_header_of_each_version() -> None:
    bedrock = some_payload()
    assert bedrock.header().transactions_root == ordered_trie_root(bedrock.transactions)
    assert bedrock.header().withdrawals_root is None
    assert some_payload(withdrawals=()).header().withdrawals_root == EMPTY_TRIE_ROOT
    withdrawal = Withdrawal(1, 2, bytes(20), 3)
    root = ordered_trie_root([withdrawal.encode()])
    assert some_payload(withdrawals=(withdrawal,)).header().withdrawals_root == root
    ecotone = some_payload(**ECOTONE).header(bytes(32))
    assert (ecotone.blob_gas_used, ecotone.parent_beacon_root, ecotone.requests_hash) == (0, bytes(32), None)
    isthmus = some_payload(**ECOTONE, withdrawals_root=b"\x07" * 32).header(bytes(32))
    assert isthmus.withdrawals_root == b"\x07" * 32
    assert isthmus.requests_hash == EMPTY_REQUESTS_HASH
    assert EMPTY_REQUESTS_HASH.hex().startswith("e3b0c44298fc1c14")


@given(payloads(), hashes)
@settings(max_examples=50)
def test_header_and_payload_correspond(payload: ExecutionPayload, root: bytes) -> None:
    payload = replace(payload, withdrawals=payload.withdrawals and ())
    version = payload_version(payload)
    parent_root = root if version >= 3 else None
    envelope = ExecutionPayloadEnvelope(payload, parent_root)
    sealed = replace(payload, block_hash=envelope.compute_block_hash())
    assert ExecutionPayloadEnvelope(sealed, parent_root).check_block_hash()
    header = Header.decode(payload.header(parent_root).encode())
    assert payload_of_header(header, payload.transactions) == sealed


def test_a_wrong_block_hash_is_noticed() -> None:
    assert not ExecutionPayloadEnvelope(some_payload()).check_block_hash()


def test_ids() -> None:
    assert some_payload().id == BlockID(bytes(32), 7)
    assert some_payload().parent_id == BlockID(bytes(32), 6)
    assert some_payload(block_number=0).parent_id.number == 0


# --- SSZ


@given(payloads(), hashes)
@settings(max_examples=100)
def test_ssz_round_trip(payload: ExecutionPayload, root: bytes) -> None:
    version = payload_version(payload)
    data = encode_payload(payload)
    assert decode_payload(version, data) == payload
    envelope = ExecutionPayloadEnvelope(payload, root)
    assert decode_envelope(version, encode_envelope(envelope)) == envelope


@given(payloads(), st.sampled_from(BlockVersion), st.data())
@settings(max_examples=300)
def test_ssz_mutations_raise_only_ssz_errors(
    payload: ExecutionPayload, version: BlockVersion, draw: st.DataObject
) -> None:
    raw = bytearray(encode_payload(payload))
    start = min(draw.draw(st.sampled_from([0, 436, 504, 508, 512])), len(raw) - 1)
    for _ in range(draw.draw(st.integers(0, 3))):
        raw[draw.draw(st.integers(start, min(len(raw), start + 60) - 1))] = draw.draw(st.integers(0, 255))
    data = bytes(raw[: draw.draw(st.integers(0, len(raw)))] if draw.draw(st.booleans()) else raw)
    try:
        decoded = decode_payload(version, data)
    except SszError:
        return
    # Every accepted form is the only one: there is no slack between the parts.
    assert encode_payload(decoded) == data


def with_transactions_area(area: bytes) -> bytes:
    return encode_payload(some_payload(transactions=())) + area


@pytest.mark.parametrize(
    "area",
    [
        b"\x04",
        b"\x04\x00\x00",
        struct.pack("<I", 0),
        struct.pack("<I", 5) + bytes(8),
        struct.pack("<I", 8),
        struct.pack("<II", 8, 7),
        struct.pack("<II", 8, 9),
        struct.pack("<III", 12, 14, 13) + bytes(9),
        struct.pack("<I", 4 * ((1 << 20) + 1)) + bytes(4 * (1 << 20)),
    ],
)
def test_malformed_transaction_tables(area: bytes) -> None:
    with pytest.raises(SszError):
        decode_payload(BlockVersion.V1, with_transactions_area(area))


def test_many_empty_transactions() -> None:
    count = 1 << 20
    area = struct.pack("<I", 4 * count) * count
    assert len(decode_payload(BlockVersion.V1, with_transactions_area(area)).transactions) == count


def test_ssz_limits() -> None:
    withdrawal = Withdrawal(1, 2, bytes(20), 3)
    full = encode_payload(some_payload(withdrawals=(withdrawal,) * MAX_WITHDRAWALS))
    assert len(decode_payload(BlockVersion.V2, full).withdrawals or ()) == MAX_WITHDRAWALS
    with pytest.raises(SszError):
        decode_payload(BlockVersion.V2, encode_payload(some_payload(withdrawals=(withdrawal,) * 17)))
    with pytest.raises(SszError):
        decode_payload(BlockVersion.V1, encode_payload(some_payload(extra_data=bytes(33))))
    with pytest.raises(SszError):
        decode_envelope(BlockVersion.V3, bytes(31))


@pytest.mark.parametrize(
    "changes",
    [
        {"blob_gas_used": 0, "excess_blob_gas": 0},
        {"gas_used": 1 << 64},
        {"gas_used": -1},
        {"base_fee_per_gas": 1 << 256},
        {"withdrawals": (Withdrawal(1 << 64, 0, bytes(20), 0),)},
    ],
)
def test_payloads_without_ssz_form(changes: dict[str, object]) -> None:
    with pytest.raises(SszError):
        encode_payload(some_payload(**changes))


def test_envelope_without_root_has_no_ssz_form() -> None:
    with pytest.raises(SszError):
        encode_envelope(ExecutionPayloadEnvelope(some_payload(**ECOTONE)))
