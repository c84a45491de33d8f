from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fee_scalars import EcotoneScalars
from pyoprollup.rollup.system_config import (
    SystemConfig,
    encode_eip1559_params,
    encode_operator_fee_params,
)
from pyoprollup.rollup.system_config_updates import (
    CONFIG_UPDATE_TOPIC,
    SystemConfigUpdateError,
    apply_log,
    update_with_l1_receipts,
)
from pyoprollup.rollup.time import L1Time

CONTRACT = Address(b"\x5c" * 20)
CHAIN = RollupConfig(ecotone_time=100, isthmus_time=1000, jovian_time=1000, l1_system_config_address=CONTRACT)
NOW = L1Time(50)
START = SystemConfig(
    batcher_addr=Address(b"\xba" * 20),
    overhead=Hash32(b"\x01" * 32),
    scalar=Hash32(b"\x02" * 32),
    gas_limit=5,
)


def event(kind: int, *words: int | bytes, address: bytes = CONTRACT) -> Log:
    content = b"".join(word if isinstance(word, bytes) else word.to_bytes(32, "big") for word in words)
    data = (32).to_bytes(32, "big") + len(content).to_bytes(32, "big") + content
    topics = (CONFIG_UPDATE_TOPIC, ZERO_HASH, Hash32(kind.to_bytes(32, "big")))
    return Log(Address(address), topics, data)


def test_topic() -> None:
    assert keccak256(b"ConfigUpdate(uint256,uint8,bytes)") == CONFIG_UPDATE_TOPIC


@pytest.mark.parametrize(
    ("log", "changed"),
    [
        (event(0, int("11" * 20, 16)), {"batcher_addr": b"\x11" * 20}),
        (event(1, 7, 8), {"overhead": (7).to_bytes(32, "big"), "scalar": (8).to_bytes(32, "big")}),
        (event(2, (1 << 64) - 1), {"gas_limit": (1 << 64) - 1}),
        (event(3, 9), {}),
        (event(4, (250 << 32) | 6), {"eip1559_params": encode_eip1559_params(250, 6)}),
        (event(4, (1 << 255) | (250 << 32) | 6), {"eip1559_params": encode_eip1559_params(250, 6)}),
        (event(4, 0), {"eip1559_params": bytes(8)}),
        (event(5, (3 << 64) | 4), {"operator_fee_params": encode_operator_fee_params(3, 4)}),
        (event(6, 10**9), {"min_base_fee": 10**9}),
        (event(7, 65535), {"da_footprint_gas_scalar": 65535}),
    ],
)
def test_each_type(log: Log, changed: dict[str, object]) -> None:
    assert apply_log(START, log, CHAIN, NOW) == replace(START, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (event(0, 1 << 160), "batcher address"),
        (event(2, 1 << 64), "gas limit"),
        (event(6, 1 << 64), "minimum base fee"),
        (event(7, 1 << 16), "DA footprint gas scalar"),
        (event(4, 6), "zero together or not at all"),
        (event(4, 250 << 32), "zero together or not at all"),
        (event(8, 0), "unknown ConfigUpdate type 0x8"),
        (event(1 << 255, 0), "unknown ConfigUpdate type 0x8000"),
        (event(0, 1, 2), "invalid length field"),
        (event(1, 1), "invalid length field"),
        (event(0, 1)._replace(data=b""), "invalid offset field"),
        (event(0, 1)._replace(data=event(0, 1).data[:-1]), "95 bytes, not 96"),
        (event(0, 1)._replace(data=event(0, 1).data + b"\0"), "97 bytes, not 96"),
        (event(0, 1)._replace(topics=event(0, 1).topics[:2]), "3 topics, not 2"),
        (event(0, 1)._replace(topics=(ZERO_HASH,) * 3), "is not ConfigUpdate"),
        (
            event(0, 1)._replace(topics=(CONFIG_UPDATE_TOPIC, Hash32(b"\1" * 32), ZERO_HASH)),
            "unknown ConfigUpdate version",
        ),
    ],
)
def test_malformed_events(log: Log, message: str) -> None:
    with pytest.raises(SystemConfigUpdateError, match=message):
        apply_log(START, log, CHAIN, NOW)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (5, {"operator_fee_params": Hash32(bytes(31) + b"\1")}),
        (6, {"min_base_fee": 1}),
        (7, {"da_footprint_gas_scalar": 1}),
    ],
)
def test_types_count_on_chains_that_never_schedule_their_forks(kind: int, changed: dict[str, object]) -> None:
    after = apply_log(START, event(kind, 1), RollupConfig(ecotone_time=0), NOW)
    assert after == replace(START, **changed)  # type: ignore[arg-type]


def test_eip1559_parameters_may_both_be_zero() -> None:
    """The chain's own hold then."""
    assert apply_log(START, event(4, 0), CHAIN, NOW).eip1559_params == bytes(8)


def test_fee_scalars_from_ecotone_on() -> None:
    word = EcotoneScalars(5, 6).encode()
    after = apply_log(START, event(1, 7, word), CHAIN, L1Time(100))
    assert after == replace(START, overhead=ZERO_HASH, scalar=word)
    for bad in (b"\x02" + bytes(31), b"\x01\x01" + bytes(30), (1 << 32).to_bytes(32, "big")):
        assert apply_log(START, event(1, 7, bad), CHAIN, L1Time(100)) is START
        assert apply_log(START, event(1, 7, bad), CHAIN, L1Time(99)).scalar == bad


def test_receipts_apply_in_order_and_skip_what_is_malformed() -> None:
    receipts = [
        Receipt(status=1, logs=(event(2, 1), event(2, 1 << 64), event(2, 2))),
        Receipt(status=0, logs=(event(2, 3),)),
        Receipt(status=1, logs=(event(2, 4, address=bytes(20)), event(9))),
    ]
    after, errors = update_with_l1_receipts(START, receipts, CHAIN, NOW)
    assert after == replace(START, gas_limit=2)
    assert [str(error)[:20] for error in errors] == ["receipt 0, log 1: ga", "receipt 2, log 1: un"]


def test_receipts_without_updates_leave_the_very_same_object() -> None:
    other = Log(CONTRACT, (ZERO_HASH,), b"")
    bare = Log(CONTRACT, (), b"")
    receipts = [Receipt(status=1, logs=(other, bare)), Receipt(status=1)]
    assert update_with_l1_receipts(START, receipts, CHAIN, NOW).config is START


logs = st.builds(
    Log,
    st.just(CONTRACT),
    st.lists(
        st.sampled_from([CONFIG_UPDATE_TOPIC, ZERO_HASH])
        | st.integers(0, 9).map(lambda kind: Hash32(kind.to_bytes(32, "big"))),
        max_size=4,
    ).map(tuple),
    st.lists(
        st.sampled_from([0, 32, 64, 1 << 64]).map(lambda word: word.to_bytes(32, "big"))
        | st.binary(max_size=40)
    ).map(b"".join),
)


@given(logs)
def test_arbitrary_events_raise_only_the_declared_error(log: Log) -> None:
    after, errors = update_with_l1_receipts(START, [Receipt(status=1, logs=(log,))], CHAIN, NOW)
    assert not errors or after is START
    try:
        assert apply_log(START, log, CHAIN, NOW) == after
    except SystemConfigUpdateError:
        assert after is START
