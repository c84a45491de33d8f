"""User deposits, from events of the deposit contract."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.deposits import (
    DEPOSIT_EVENT_TOPIC,
    DepositError,
    decode_deposit_log,
    user_deposits,
)
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.rollup.deposit_source import user_deposit_source
from tests.unit.derive.support import name_hash

CONTRACT = Address(b"\xdd" * 20)
BLOCK = name_hash("L1 block")
FROM, TO = Address(b"\x0f" * 20), Address(b"\x70" * 20)


def word(value: int | bytes) -> Hash32:
    return Hash32(value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0"))


def opaque(mint: int = 0, value: int = 0, gas: int = 21_000, creation: int = 0, data: bytes = b"") -> bytes:
    return word(mint) + word(value) + gas.to_bytes(8, "big") + bytes([creation]) + data


def abi(contents: bytes, offset: int = 32, length: int | None = None, padding: int | None = None) -> bytes:
    size = len(contents)
    pad = -size % 32 if padding is None else padding
    return word(offset) + word(size if length is None else length) + contents + bytes(pad)


def deposit_log(data: bytes, index: int = 0, topics: tuple[bytes, ...] | None = None) -> Log:
    standard = (DEPOSIT_EVENT_TOPIC, word(FROM), word(TO), bytes(32))
    return Log(CONTRACT, standard if topics is None else topics, data, index)  # type: ignore[arg-type]


u256 = st.integers(0, 2**256 - 1)


@given(
    u256, u256, st.integers(0, 2**64 - 1), st.integers(0, 255), st.binary(max_size=70), st.integers(0, 999)
)
def test_deposit(mint: int, value: int, gas: int, creation: int, data: bytes, index: int) -> None:
    got = decode_deposit_log(BLOCK, deposit_log(abi(opaque(mint, value, gas, creation, data)), index))
    assert got == DepositTransaction(
        source_hash=user_deposit_source(BLOCK, index),
        from_=FROM,
        to=None if creation else TO,
        mint=mint or None,
        value=value,
        gas=gas,
        is_system=False,
        data=data,
    )
    assert DepositTransaction.decode(got.encode()) == got


def test_topic_of_the_deployed_contract() -> None:
    expected = "b3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32"
    assert DEPOSIT_EVENT_TOPIC.hex() == expected


def test_high_bytes_of_addresses_are_ignored() -> None:
    topics = (DEPOSIT_EVENT_TOPIC, b"\xff" * 12 + FROM, b"\xff" * 12 + TO, bytes(32))
    got = decode_deposit_log(BLOCK, deposit_log(abi(opaque()), topics=topics))
    assert (got.from_, got.to) == (FROM, TO)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(32),
        abi(opaque())[:-1],  # not a multiple of 32
        abi(opaque(), offset=64),
        abi(opaque(), offset=2**255),
        abi(opaque(), length=2**64),
        abi(opaque(), length=2**256 - 1),
        abi(opaque(), length=97),  # more than there is
        abi(opaque(), length=64),  # padding of 32 bytes
        abi(opaque()) + bytes(32),
        abi(opaque()[:-1]),
        abi(b""),
    ],
)
def test_malformed_data(data: bytes) -> None:
    with pytest.raises(DepositError):
        decode_deposit_log(BLOCK, deposit_log(data))


@pytest.mark.parametrize(
    "topics",
    [
        (),
        (DEPOSIT_EVENT_TOPIC,),
        (DEPOSIT_EVENT_TOPIC, word(FROM), word(TO)),
        (DEPOSIT_EVENT_TOPIC, word(FROM), word(TO), bytes(32), bytes(32)),
        (name_hash("other"), word(FROM), word(TO), bytes(32)),
        (DEPOSIT_EVENT_TOPIC, word(FROM), word(TO), word(1)),  # version 1
    ],
)
def test_malformed_topics(topics: tuple[bytes, ...]) -> None:
    with pytest.raises(DepositError):
        decode_deposit_log(BLOCK, deposit_log(abi(opaque()), topics=topics))


def test_nonzero_padding_is_accepted() -> None:
    data = abi(opaque())[:-23] + b"\xff" * 23
    assert decode_deposit_log(BLOCK, deposit_log(data)) == decode_deposit_log(
        BLOCK, deposit_log(abi(opaque()))
    )


@given(st.binary(max_size=300), st.integers(0, 5))
def test_arbitrary_data(data: bytes, count: int) -> None:
    topics = (DEPOSIT_EVENT_TOPIC, *[bytes(32)] * count)
    for candidate in (data, data[: len(data) // 32 * 32], word(32) + word(len(data)) + data):
        with contextlib.suppress(DepositError):
            decode_deposit_log(BLOCK, deposit_log(candidate, topics=topics))


# --- All deposits of a block


def test_order_and_filter() -> None:
    """In the order of logs; failed transactions, other contracts and other events do not count."""
    logs = [deposit_log(abi(opaque(value=index)), index) for index in range(5)]
    other_contract = replace_log(logs[0], address=Address(b"\x01" * 20))
    other_event = replace_log(logs[0], topics=(name_hash("other"),))
    no_topics = replace_log(logs[0], topics=())
    receipts = [
        Receipt(status=1, logs=(logs[0], other_contract, logs[1])),
        Receipt(status=0, logs=(logs[2],)),
        Receipt(status=1, logs=(other_event, no_topics)),
        Receipt(status=1, logs=(logs[3], logs[4])),
    ]
    deposits = user_deposits(BLOCK, receipts, CONTRACT)
    assert deposits.errors == ()
    assert [DepositTransaction.decode(raw).value for raw in deposits] == [0, 1, 3, 4]
    assert len(set(deposits)) == 4


def replace_log(log: Log, **changes: object) -> Log:
    return log._replace(**changes)  # type: ignore[arg-type]


def test_malformed_events_are_reported() -> None:
    good = deposit_log(abi(opaque()), 1)
    receipts = [Receipt(status=1, logs=(deposit_log(b"", 0), good)), Receipt(status=1, logs=(good,))]
    deposits = user_deposits(BLOCK, receipts, CONTRACT)
    assert len(deposits) == 2
    assert len(deposits.errors) == 1 and "receipt 0, log 0" in str(deposits.errors[0])


def test_no_receipts() -> None:
    assert user_deposits(BLOCK, [], CONTRACT) == []


def test_source_hash_tells_equal_deposits_apart() -> None:
    """By the log's index in the block, and by the block."""
    first, second = (decode_deposit_log(BLOCK, deposit_log(abi(opaque()), index)) for index in (0, 1))
    other = decode_deposit_log(name_hash("other block"), deposit_log(abi(opaque()), 0))
    assert len({first.source_hash, second.source_hash, other.source_hash}) == 3
    assert (
        replace(first, source_hash=b"") == replace(second, source_hash=b"") == replace(other, source_hash=b"")
    )
