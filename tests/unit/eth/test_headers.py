"""Headers: RLP and JSON codecs for every combination of forks; the blob base fee."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.blob_fee import (
    CANCUN_FRACTION,
    PRAGUE_FRACTION,
    BlobParameters,
    blob_base_fee,
    fake_exponential,
    update_fraction,
)
from pyoprollup.eth.headers import EMPTY_UNCLE_HASH, Header
from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.withdrawals import Withdrawal

u64, u256 = st.integers(0, (1 << 64) - 1), st.integers(0, (1 << 256) - 1)
hashes, addresses = st.binary(min_size=32, max_size=32), st.binary(min_size=20, max_size=20)
REQUIRED = (
    *(hashes, hashes, addresses, hashes, hashes, hashes, st.binary(min_size=256, max_size=256)),
    *(u256, u64, u64, u64, u64, st.binary(max_size=40), hashes, st.binary(min_size=8, max_size=8)),
)
OPTIONAL = (u256, hashes, u64, u64, hashes, hashes, hashes, u64)
headers = st.integers(0, len(OPTIONAL)).flatmap(
    lambda count: st.tuples(*REQUIRED, *OPTIONAL[:count]).map(lambda fields: Header(*fields))
)


@given(headers)
@settings(max_examples=100)
def test_round_trips(header: Header) -> None:
    assert Header.decode(header.encode()) == header
    json = header.to_json()
    assert Header.from_json(json) == header
    assert json["hash"] == "0x" + header.hash().hex()
    assert header.id() == BlockID(header.hash(), header.number)
    assert header.l1_block_ref() == L1BlockRef(header.hash(), header.number, header.parent_hash, header.time)


@given(headers, st.data())
@settings(max_examples=150)
def test_mutations_are_rejected_or_canonical(header: Header, draw: st.DataObject) -> None:
    raw = bytearray(header.encode())
    raw[draw.draw(st.integers(0, len(raw) - 1))] = draw.draw(st.integers(0, 255))
    data = bytes(raw[: draw.draw(st.integers(0, len(raw)))] if draw.draw(st.booleans()) else raw)
    try:
        decoded = Header.decode(data)
    except DecodeError:
        return
    assert decoded.encode() == data


@given(st.binary(max_size=80))
def test_arbitrary_bytes(data: bytes) -> None:
    with pytest.raises(DecodeError):
        Header.decode(data)


def some_header(**optional: object) -> Header:
    zero = bytes(32)
    fields = (
        zero,
        EMPTY_UNCLE_HASH,
        bytes(20),
        zero,
        zero,
        zero,
        bytes(256),
        0,
        1,
        2,
        3,
        4,
        b"",
        zero,
        bytes(8),
    )
    return Header(*fields, **optional)  # type: ignore[arg-type]


def test_a_gap_between_optional_fields_is_an_empty_string() -> None:
    header = some_header(base_fee=7, parent_beacon_root=bytes(32))
    items, _ = rlp.split_list(header.encode())
    assert items[15:] == [b"\x07", b"", b"", b"", bytes(32)]


def test_too_many_or_few_fields() -> None:
    items = rlp.split_raw(some_header().encode())
    for parts in (items[:-1], [*items, *[rlp.EMPTY_STRING] * 9], [*items[:-1], rlp.EMPTY_LIST]):
        with pytest.raises(DecodeError):
            Header.decode(rlp.encode_list(parts))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("parentHash", None),
        ("number", "0x10000000000000000"),
        ("number", "12"),
        ("logsBloom", "0x00"),
        ("miner", 5),
        ("nonce", "0x00"),
        ("extraData", "0x0"),
        ("baseFeePerGas", "0x" + "f" * 65),
        ("requestsHash", "0x"),
    ],
)
def test_malformed_json(key: str, value: object) -> None:
    with pytest.raises(DecodeError, match=key):
        Header.from_json({**some_header().to_json(), key: value})


# --- Blob base fee


def test_blob_base_fee_known_values() -> None:
    # Cases from EIP-4844's reference tests for the Cancun fraction.
    assert blob_base_fee(0) == 1
    assert blob_base_fee(2314057) == 1
    assert blob_base_fee(2314058) == 2
    assert blob_base_fee(10 * 1024 * 1024) == 23
    assert fake_exponential(38493, 0, 1000) == 38493
    assert fake_exponential(0, 1234, 2345) == 0
    assert fake_exponential(1, 2, 1) == 6
    assert fake_exponential(1, 4, 2) == 6
    assert fake_exponential(10, 8, 2) == 542
    assert fake_exponential(1, 50000000, 2225652) == 5709098764


def test_blob_base_fee_of_a_header() -> None:
    assert some_header().blob_base_fee() is None
    header = some_header(base_fee=1, withdrawals_root=bytes(32), blob_gas_used=0, excess_blob_gas=10 << 20)
    assert header.blob_base_fee() == 23
    assert header.blob_base_fee(PRAGUE_FRACTION) == 8


def test_update_fraction_follows_the_schedule() -> None:
    schedule = [BlobParameters(100, PRAGUE_FRACTION), BlobParameters(200, 8_346_193)]
    fractions = [update_fraction(schedule, time) for time in (0, 99, 100, 199, 200, 1 << 60)]
    assert fractions == [CANCUN_FRACTION] * 2 + [PRAGUE_FRACTION] * 2 + [8_346_193] * 2
    assert update_fraction([], 5) == CANCUN_FRACTION


def test_absurd_excess_is_refused_at_once() -> None:
    assert blob_base_fee(CANCUN_FRACTION * 177).bit_length() <= 256
    with pytest.raises(DecodeError):
        blob_base_fee((1 << 64) - 1)


@given(st.builds(Withdrawal, u64, u64, addresses, u64))
@settings(max_examples=30)
def test_withdrawals(withdrawal: Withdrawal) -> None:
    assert Withdrawal.from_json(withdrawal.to_json()) == withdrawal
    items, lists = rlp.split_list(withdrawal.encode())
    assert not lists
    assert [rlp.decode_uint(items[i]) for i in (0, 1, 3)] == [
        withdrawal.index,
        withdrawal.validator_index,
        withdrawal.amount,
    ]
    assert items[2] == withdrawal.address
