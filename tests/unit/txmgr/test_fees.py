"""Besides these, the vectors of ``txmgr_fees``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.txmgr import fees
from pyoprollup.txmgr.errors import BlobFeeLimitError, FeeLimitError

amounts = st.integers(0, 10**30)


def test_a_bump_is_rounded_up_and_never_nothing() -> None:
    assert fees.calc_threshold_value(1, False) == 2
    assert fees.calc_threshold_value(100, False) == 110
    assert fees.calc_threshold_value(101, False) == 112
    assert fees.calc_threshold_value(1, True) == 2
    assert fees.calc_threshold_value(101, True) == 202


@pytest.mark.parametrize(
    ("old_tip", "old_fee", "tip", "base_fee", "expected"),
    [
        (100, 1000, 90, 450, (110, 1100)),  # enforces min bump
        (100, 1000, 101, 460, (110, 1100)),
        (100, 1000, 99, 460, (110, 1100)),
        (10, 100, 50, 200, (50, 450)),  # uses L1 values when larger
        (100, 2200, 120, 1050, (120, 2420)),  # L1 tip when larger and threshold fee cap
        (100, 2200, 100, 2000, (110, 4110)),  # L1 fee cap when larger and threshold tip
    ],
)
def test_update_fees(old_tip: int, old_fee: int, tip: int, base_fee: int, expected: tuple[int, int]) -> None:
    assert fees.update_fees(old_tip, old_fee, tip, base_fee, False) == expected


@given(amounts, amounts, amounts, amounts, st.booleans(), st.sampled_from([0, fees.REPLACEMENT_MARGIN]))
def test_updated_fees_replace_and_suffice(
    old_tip: int, old_fee: int, tip: int, base_fee: int, is_blob: bool, margin: int
) -> None:
    new_tip, new_fee = fees.update_fees(old_tip, old_fee, tip, base_fee, is_blob, margin)
    assert new_tip >= max(tip, fees.calc_threshold_value(old_tip, is_blob) + margin)
    assert new_fee >= fees.calc_threshold_value(old_fee, is_blob) + margin
    assert new_fee >= fees.calc_gas_fee_cap(base_fee, tip)


def test_limits_hold_from_the_threshold_on() -> None:
    fees.check_limits(100, 1000, 500, 10_500, 5, None)
    with pytest.raises(FeeLimitError, match="bumped tip cap 501"):
        fees.check_limits(100, 1000, 501, 10_500, 5, None)
    with pytest.raises(FeeLimitError, match="bumped fee cap 10501"):
        fees.check_limits(100, 1000, 500, 10_501, 5, None)
    with pytest.raises(FeeLimitError, match=r"tip.*; .*fee"):
        fees.check_limits(100, 1000, 501, 10_501, 5, 501)
    fees.check_limits(100, 1000, 501, 10_501, 5, 10_502)


def test_blob_limits_hold_from_the_threshold_on() -> None:
    fees.check_blob_fee_limits(100, 1000, 1, 5, None)
    with pytest.raises(BlobFeeLimitError):
        fees.check_blob_fee_limits(100, 1001, 1, 5, None)
    with pytest.raises(BlobFeeLimitError):
        fees.check_blob_fee_limits(100, 1001, 1, 5, 1001)
    fees.check_blob_fee_limits(100, 1001, 1, 5, 1002)
    fees.check_blob_fee_limits(100, 5000, 1000, 5, None)
