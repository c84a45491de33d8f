"""What transactions paid in blocks that were executed, computed from nothing but what is on the chain."""

from __future__ import annotations

import pytest

from pyoprollup.derive import L1BlockInfo, l1_fee, operator_fee
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Hash32
from pyoprollup.rollup.time import L2Time
from tests.unit.derive.support import config

RAW = bytes(range(256)) * 2
BASE = 30 * 10**9
OLD = L1BlockInfo(
    *(1, 2, BASE, ZERO_HASH, 0, ZERO_ADDRESS),
    l1_fee_overhead=Hash32((188).to_bytes(32, "big")),
    l1_fee_scalar=Hash32((684_000).to_bytes(32, "big")),
)
NEW = L1BlockInfo(
    *(1, 2, BASE, ZERO_HASH, 0, ZERO_ADDRESS),
    blob_base_fee=10**9,
    base_fee_scalar=1_368,
    blob_base_fee_scalar=810_949,
    operator_fee_scalar=2_000_000,
    operator_fee_constant=7,
)
GAS = 16 * 510 + 4 * 2


@pytest.mark.parametrize(
    ("fork", "info", "fee"),
    [
        ("bedrock", OLD, (GAS + 16 * 68 + 188) * BASE * 684_000 // 10**6),
        ("regolith", OLD, (GAS + 188) * BASE * 684_000 // 10**6),
        ("ecotone", OLD, (GAS + 188) * BASE * 684_000 // 10**6),
        ("ecotone", NEW, GAS * (16 * BASE * 1_368 + 10**9 * 810_949) // (16 * 10**6)),
    ],
)
def test_the_formula_of_each_fork(fork: str, info: L1BlockInfo, fee: int) -> None:
    """The first block of Ecotone still has attributes, and the formula, of the time before."""
    assert l1_fee(config(fork), info, L2Time(100), RAW) == fee


def test_since_fjord_the_compressed_size_counts() -> None:
    rollup = config("fjord")
    price = 16 * BASE * 1_368 + 10**9 * 810_949
    assert l1_fee(rollup, NEW, L2Time(100), b"\x02") == 100 * 10**6 * price // 10**12
    assert l1_fee(rollup, NEW, L2Time(100), bytes(5_000)) < l1_fee(rollup, NEW, L2Time(100), RAW * 10)


def test_deposits_and_nothing_pay_nothing() -> None:
    for raw in (b"", b"\x7e" + RAW):
        assert l1_fee(config("fjord"), NEW, L2Time(100), raw) == 0


def test_the_operators_fee() -> None:
    assert operator_fee(config("holocene"), NEW, L2Time(100), 21_000) == 0
    assert operator_fee(config("isthmus"), NEW, L2Time(100), 21_000) == 42_007
    assert operator_fee(config("jovian"), NEW, L2Time(100), 21_000) == 21_000 * 2_000_000 * 100 + 7
