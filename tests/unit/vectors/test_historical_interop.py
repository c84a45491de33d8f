"""Interop of October 2024, for its vectors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.derive.l1_info import L1BlockInfo, L1InfoError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.rules import L1InfoFormat
from pyoprollup.rollup.time import L2Time
from pyoprollup.vectors.historical_interop import (
    after_force_include_source,
    deposits_complete_deposit,
    is_historical,
    parse_historical,
)

HASH = keccak256(b"L1")
CONFIG = RollupConfig(
    block_time=2, regolith_time=0, canyon_time=0, delta_time=0, ecotone_time=0, interop_time=10
)
INFO = L1BlockInfo(1, 2, 3, HASH, 4, b"\xba" * 20)


def test_only_interop_without_isthmus_is_historical() -> None:
    assert [is_historical(CONFIG, L2Time(time)) for time in (8, 10, 12)] == [False, False, True]
    assert not is_historical(replace(CONFIG, isthmus_time=0), L2Time(12))


def test_the_layout_is_that_of_ecotone_with_another_selector() -> None:
    data = INFO.encode(L1InfoFormat.ECOTONE)
    parsed = parse_historical(CONFIG, L2Time(12), bytes.fromhex("760ee04d") + data[4:])
    assert parsed.encode(L1InfoFormat.ECOTONE) == data
    with pytest.raises(L1InfoError, match="selector 0x440a5e20"):
        parse_historical(CONFIG, L2Time(12), data)


def test_deposits_complete() -> None:
    deposit = deposits_complete_deposit(3, HASH)
    assert deposit.source_hash == after_force_include_source(HASH, 3)
    assert deposit.data == keccak256(b"depositsComplete()")[:4]
    assert deposit.gas == 36_000
    assert not deposit.is_system
