"""The L1 attributes transaction in its layouts."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.l1_info import (
    L1_BLOCK_ADDRESS,
    L1_INFO_DEPOSITER_ADDRESS,
    L1BlockInfo,
    L1Header,
    L1InfoError,
    l1_block_info_from_bytes,
    l1_info_deposit,
)
from pyoprollup.errors import RollupError
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.deposit_source import l1_info_deposit_source
from pyoprollup.rollup.fee_scalars import EcotoneScalars
from pyoprollup.rollup.rules import L1InfoFormat
from pyoprollup.rollup.system_config import SystemConfig, encode_operator_fee_params
from pyoprollup.rollup.time import L2Time
from tests.unit.derive.support import config, name_hash

u16, u32, u64 = (st.integers(0, 2**bits - 1) for bits in (16, 32, 64))
u256 = st.integers(0, 2**256 - 1)
hashes, addresses = st.binary(min_size=32, max_size=32), st.binary(min_size=20, max_size=20)

_common: dict[str, Any] = {
    "number": u64,
    "time": u64,
    "base_fee": u256,
    "block_hash": hashes,
    "sequence_number": u64,
    "batcher_addr": addresses,
}
_ecotone = {**_common, "blob_base_fee": u256, "base_fee_scalar": u32, "blob_base_fee_scalar": u32}
_isthmus = {**_ecotone, "operator_fee_scalar": u32, "operator_fee_constant": u64}
LAYOUTS: dict[L1InfoFormat, tuple[str, dict[str, Any], int]] = {
    L1InfoFormat.BEDROCK: ("regolith", {**_common, "l1_fee_overhead": hashes, "l1_fee_scalar": hashes}, 260),
    L1InfoFormat.ECOTONE: ("ecotone", _ecotone, 164),
    L1InfoFormat.ISTHMUS: ("isthmus", _isthmus, 176),
    L1InfoFormat.JOVIAN: ("jovian", {**_isthmus, "da_footprint_gas_scalar": u16}, 178),
}
TIME = L2Time(5000)

infos = st.sampled_from(list(LAYOUTS)).flatmap(
    lambda layout: st.tuples(st.just(layout), st.builds(L1BlockInfo, **LAYOUTS[layout][1]))
)


def parse(layout: L1InfoFormat, data: bytes) -> L1BlockInfo:
    return l1_block_info_from_bytes(config(LAYOUTS[layout][0]), TIME, data)


@given(infos)
def test_round_trip(item: tuple[L1InfoFormat, L1BlockInfo]) -> None:
    layout, info = item
    data = info.encode(layout)
    assert len(data) == LAYOUTS[layout][2]
    assert parse(layout, data) == info


@given(infos, st.data())
def test_mutated_bytes(item: tuple[L1InfoFormat, L1BlockInfo], draw: st.DataObject) -> None:
    """What parses encodes back to the same bytes; nothing is overlooked."""
    layout, info = item
    data = bytearray(info.encode(layout))
    for _ in range(draw.draw(st.integers(1, 3))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        parsed = parse(layout, bytes(data))
    except L1InfoError:
        return
    assert parsed.encode(layout) == data


@given(st.sampled_from(list(LAYOUTS)), st.binary(max_size=300))
def test_arbitrary_bytes(layout: L1InfoFormat, data: bytes) -> None:
    with pytest.raises(L1InfoError):
        parse(layout, data)


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_length_and_selector(layout: L1InfoFormat) -> None:
    data = L1BlockInfo(1, 2, 3, name_hash("L1"), 4, b"\xba" * 20).encode(layout)
    for wrong in (b"", data[:3], data[:-1], data + b"\0", b"\0\0\0\0" + data[4:]):
        with pytest.raises(L1InfoError):
            parse(layout, wrong)
    for other in LAYOUTS:
        if other is not layout:
            with pytest.raises(L1InfoError):
                parse(other, data)


def test_selectors() -> None:
    info = L1BlockInfo(1, 2, 3, name_hash("L1"), 4, b"\xba" * 20)
    selectors = {layout: info.encode(layout)[:4].hex() for layout in L1InfoFormat}
    assert selectors == {
        L1InfoFormat.BEDROCK: "015d8eb9",
        L1InfoFormat.ECOTONE: "440a5e20",
        L1InfoFormat.ISTHMUS: "098999be",
        L1InfoFormat.JOVIAN: "3db6be2b",
    }


def test_ecotone_layout() -> None:
    """Packed without padding, but for the batcher's address."""
    info = L1BlockInfo(
        *(0x0102, 0x0304, 0x0506, b"\xbb" * 32, 0x0708, b"\xba" * 20),
        blob_base_fee=0x090A,
        base_fee_scalar=0x0B0C,
        blob_base_fee_scalar=0x0D0E,
    )
    expected = (
        "440a5e20"
        "00000b0c"
        "00000d0e"
        "0000000000000708"
        "0000000000000304"
        "0000000000000102" + "0506".rjust(64, "0") + "090a".rjust(64, "0") + "bb" * 32 + "00" * 12 + "ba" * 20
    )
    assert info.encode(L1InfoFormat.ECOTONE).hex() == expected
    tail = replace(info, operator_fee_scalar=1, operator_fee_constant=2, da_footprint_gas_scalar=3)
    assert tail.encode(L1InfoFormat.ISTHMUS)[164:].hex() == "000000010000000000000002"
    assert tail.encode(L1InfoFormat.JOVIAN)[164:].hex() == "0000000100000000000000020003"


@pytest.mark.parametrize("position", [4, 36, 132, 164])
def test_bedrock_words_must_fit(position: int) -> None:
    """Number, time, sequence number and batcher are words with room for more."""
    data = bytearray(L1BlockInfo(1, 2, 3, name_hash("L1"), 4, b"\xba" * 20).encode(L1InfoFormat.BEDROCK))
    data[position] = 1
    with pytest.raises(L1InfoError, match="does not fit"):
        parse(L1InfoFormat.BEDROCK, bytes(data))


def test_missing_blob_base_fee_is_one_wei() -> None:
    info = L1BlockInfo(1, 2, 3, name_hash("L1"), 4, b"\xba" * 20)
    assert parse(L1InfoFormat.ECOTONE, info.encode(L1InfoFormat.ECOTONE)).blob_base_fee == 1


# --- The transaction

HEADER = L1Header(name_hash("L1"), 77, 4990, 7, 11)
SYSTEM = SystemConfig(
    batcher_addr=b"\xba" * 20,
    overhead=name_hash("overhead"),
    scalar=EcotoneScalars(blob_base_fee_scalar=8, base_fee_scalar=9).encode(),
    gas_limit=30_000_000,
    operator_fee_params=encode_operator_fee_params(5, 6),
    da_footprint_gas_scalar=12,
)


def info_of(cfg: RollupConfig, time: int = TIME, system: SystemConfig = SYSTEM) -> L1BlockInfo:
    deposit = l1_info_deposit(cfg, system, 3, HEADER, L2Time(time))
    return l1_block_info_from_bytes(cfg, L2Time(time), deposit.data)


def test_deposit() -> None:
    deposit = l1_info_deposit(config("regolith"), SYSTEM, 3, HEADER, TIME)
    assert deposit.source_hash == l1_info_deposit_source(HEADER.hash, 3)
    assert (deposit.from_, deposit.to) == (L1_INFO_DEPOSITER_ADDRESS, L1_BLOCK_ADDRESS)
    assert (deposit.mint, deposit.value) == (None, 0)


@pytest.mark.parametrize(
    ("forks", "gas", "is_system"), [("bedrock", 150_000_000, True), ("regolith", 1_000_000, False)]
)
def test_gas_and_system_flag(forks: str, gas: int, is_system: bool) -> None:
    deposit = l1_info_deposit(config(forks), SYSTEM, 0, HEADER, TIME)
    assert (deposit.gas, deposit.is_system) == (gas, is_system)


@pytest.mark.parametrize(
    ("forks", "expected"),
    [
        ("regolith", {"l1_fee_overhead": SYSTEM.overhead, "l1_fee_scalar": SYSTEM.scalar}),
        ("ecotone", {"blob_base_fee": 11, "base_fee_scalar": 9, "blob_base_fee_scalar": 8}),
        ("isthmus", {"operator_fee_scalar": 5, "operator_fee_constant": 6}),
        ("jovian", {"da_footprint_gas_scalar": 12}),
    ],
)
def test_contents(forks: str, expected: dict[str, Any]) -> None:
    info = info_of(config(forks))
    common = {"number": 77, "time": 4990, "base_fee": 7, "block_hash": HEADER.hash, "sequence_number": 3}
    for field, value in {**common, "batcher_addr": SYSTEM.batcher_addr, **expected}.items():
        assert getattr(info, field) == value


def test_default_da_footprint_scalar() -> None:
    assert (
        info_of(config("jovian"), system=replace(SYSTEM, da_footprint_gas_scalar=0)).da_footprint_gas_scalar
        == 400
    )


@pytest.mark.parametrize(
    ("before", "fork", "old", "new"),
    [("delta", "ecotone", 260, 164), ("holocene", "isthmus", 164, 176), ("isthmus", "jovian", 176, 178)],
)
def test_activation_block_keeps_the_old_layout(before: str, fork: str, old: int, new: int) -> None:
    """The contract is upgraded in that very block, after the transaction. Block time is two."""
    cfg = config(before, **{f"{fork}_time": 5001})
    for time, size in ((5000, old), (5002, old), (5004, new)):
        deposit = l1_info_deposit(cfg, SYSTEM, 0, HEADER, L2Time(time))
        assert len(deposit.data) == size
        l1_block_info_from_bytes(cfg, L2Time(time), deposit.data)


def test_fork_at_genesis_has_the_new_layout_at_once() -> None:
    for time in (0, 1, 2):
        assert len(l1_info_deposit(config("ecotone"), SYSTEM, 0, HEADER, L2Time(time)).data) == 164


def test_malformed_scalar() -> None:
    """A configuration that no derivation rule produces is an error, not a wrong transaction."""
    with pytest.raises(RollupError):
        l1_info_deposit(config("ecotone"), replace(SYSTEM, scalar=b"\x07" + bytes(31)), 0, HEADER, TIME)
    assert info_of(config("regolith"), system=replace(SYSTEM, scalar=b"\x07" + bytes(31)))


def test_bedrock_scalar_on_an_ecotone_chain() -> None:
    system = replace(SYSTEM, scalar=(1234).to_bytes(32, "big"))
    info = info_of(config("ecotone"), system=system)
    assert (info.base_fee_scalar, info.blob_base_fee_scalar) == (1234, 0)


def test_packed_scalar() -> None:
    assert info_of(config("ecotone")).packed_scalar() == SYSTEM.scalar


def test_base_fee_of_more_than_256_bits() -> None:
    with pytest.raises(RollupError):
        l1_info_deposit(config("regolith"), SYSTEM, 0, replace(HEADER, base_fee=2**256), TIME)


def test_every_field_is_compared() -> None:
    """The tables above name all fields but those of other layouts."""
    named = set().union(*(strategies for _, strategies, _ in LAYOUTS.values()))
    assert named == {field.name for field in fields(L1BlockInfo)}
