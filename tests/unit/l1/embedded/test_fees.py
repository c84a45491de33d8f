"""Fees against numbers of mainnet and of go-ethereum's tests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.eth.blob_fee import blob_base_fee
from pyoprollup.eth.headers import Header
from pyoprollup.l1.embedded.fees import GAS_PER_BLOB, next_base_fee, next_excess_blob_gas
from pyoprollup.rollup.l1_chain_config import CANCUN, PRAGUE
from tests.unit.l1.embedded.support import make_l1

HEADER = make_l1().head_block.header
TARGET = 3 * GAS_PER_BLOB


def header(base_fee: int, gas_used: int, gas_limit: int) -> Header:
    return replace(HEADER, base_fee=base_fee, gas_used=gas_used, gas_limit=gas_limit)


@pytest.mark.parametrize(
    ("parent", "expected"),
    [
        ((1_000_000_000, 30_025_257, 30_029_122), 1_124_967_822),  # mainnet 12,965,000
        ((1_000_000_000, 10_000_000, 20_000_000), 1_000_000_000),
        ((1_000_000_000, 9_000_000, 20_000_000), 987_500_000),
        ((1_000_000_000, 11_000_000, 20_000_000), 1_012_500_000),
        ((1, 20_000_000, 20_000_000), 2),
        ((7, 0, 20_000_000), 7),
        ((8, 0, 20_000_000), 7),
    ],
)
def test_base_fee(parent: tuple[int, int, int], expected: int) -> None:
    assert next_base_fee(header(*parent)) == expected


@pytest.mark.parametrize(
    ("excess", "blobs", "expected"),
    [
        (0, 0, 0),
        (0, 1, 0),
        (0, 3, 0),
        (0, 4, GAS_PER_BLOB),
        (1, 4, GAS_PER_BLOB + 1),
        (1, 5, 2 * GAS_PER_BLOB + 1),
        (TARGET, 3, TARGET),
        (TARGET, 2, TARGET - GAS_PER_BLOB),
        (GAS_PER_BLOB - 1, 2, 0),
    ],
)
def test_excess_blob_gas(excess: int, blobs: int, expected: int) -> None:
    parent = replace(HEADER, excess_blob_gas=excess, blob_gas_used=blobs * GAS_PER_BLOB)
    assert next_excess_blob_gas(parent, CANCUN) == expected


def test_prague_has_twice_the_target() -> None:
    parent = replace(HEADER, excess_blob_gas=0, blob_gas_used=7 * GAS_PER_BLOB)
    assert next_excess_blob_gas(parent, PRAGUE) == GAS_PER_BLOB
    assert next_excess_blob_gas(parent, CANCUN) == 4 * GAS_PER_BLOB


@pytest.mark.parametrize(("excess", "fee"), [(2_314_057, 1), (2_314_058, 2), (10 * 1024 * 1024, 23)])
def test_blob_base_fee(excess: int, fee: int) -> None:
    assert blob_base_fee(excess, CANCUN.update_fraction) == fee


@given(st.integers(1, 10**12), st.integers(0, 36_000_000))
def test_base_fee_moves_by_an_eighth_at_most(fee: int, gas_used: int) -> None:
    following = next_base_fee(header(fee, gas_used, 36_000_000))
    assert fee - fee // 8 <= following <= fee + max(fee // 8, 1)
