"""Fee caps of a first transaction and of its replacements.

All amounts are in wei. A pool replaces a transaction only by one whose caps are higher by a tenth, or
twice as high for blob transactions; rounding is always upwards, so a cap grows by at least 1. Geth takes a
cap that is exactly at this boundary; other pools want more, so the manager offers
:data:`REPLACEMENT_MARGIN` more.
"""

from __future__ import annotations

from pyoprollup.txmgr.errors import BlobFeeLimitError, FeeLimitError

__all__ = [
    "BLOB_PRICE_BUMP",
    "PRICE_BUMP",
    "REPLACEMENT_MARGIN",
    "calc_blob_fee_cap",
    "calc_gas_fee_cap",
    "calc_threshold_value",
    "check_blob_fee_limits",
    "check_limits",
    "update_fees",
]

PRICE_BUMP = 10
"""Per cent by which the caps of a replacement must be higher."""

BLOB_PRICE_BUMP = 100
"""The same for blob transactions, for their blob fee cap as well."""

REPLACEMENT_MARGIN = 1
"""Wei by which a bumped cap exceeds the lowest that geth takes: other pools refuse what only reaches it."""


def calc_gas_fee_cap(base_fee: int, tip: int) -> int:
    """A cap that holds until the base fee has doubled."""
    return tip + 2 * base_fee


def calc_blob_fee_cap(blob_base_fee: int, minimum: int) -> int:
    """Twice the blob base fee, but at least what pools ask for."""
    return max(2 * blob_base_fee, minimum)


def calc_threshold_value(cap: int, is_blob_tx: bool) -> int:
    """The lowest cap with which a transaction may replace one with this cap."""
    percent = 100 + (BLOB_PRICE_BUMP if is_blob_tx else PRICE_BUMP)
    return -(-cap * percent // 100)


def update_fees(
    old_tip: int, old_fee_cap: int, new_tip: int, new_base_fee: int, is_blob_tx: bool, margin: int = 0
) -> tuple[int, int]:
    """Tip and fee cap for a replacement, given the old ones and the suggestion for new ones.

    Both are enough for the pool, ``margin`` more than geth's boundary, and no less than suggested.
    """
    new_fee_cap = calc_gas_fee_cap(new_base_fee, new_tip)
    min_tip = calc_threshold_value(old_tip, is_blob_tx) + margin
    min_fee_cap = calc_threshold_value(old_fee_cap, is_blob_tx) + margin
    if new_tip >= min_tip:
        return new_tip, max(new_fee_cap, min_fee_cap)
    if new_fee_cap >= min_fee_cap:
        # Only the base fee rose: the cap must also have room for the tip that the pool asks for.
        return min_tip, calc_gas_fee_cap(new_base_fee, min_tip)
    return min_tip, min_fee_cap


def check_limits(
    tip: int, base_fee: int, bumped_tip: int, bumped_fee: int, multiplier: int, threshold: int | None
) -> None:
    """Raise :class:`FeeLimitError` if a bumped cap is too many times the suggested one.

    Caps below ``threshold`` are always fine.
    """
    max_tip = tip * multiplier
    max_fee = calc_gas_fee_cap(base_fee * multiplier, max_tip)
    too_high = [
        f"bumped {name} cap {value} is over {multiplier} times the suggested value"
        for name, value, limit in (("tip", bumped_tip, max_tip), ("fee", bumped_fee, max_fee))
        if (threshold is None or value >= threshold) and value > limit
    ]
    if too_high:
        raise FeeLimitError("; ".join(too_high))


def check_blob_fee_limits(
    blob_base_fee: int, bumped_fee: int, minimum: int, multiplier: int, threshold: int | None
) -> None:
    """The same for a blob fee cap; raises :class:`BlobFeeLimitError`."""
    if threshold is not None and bumped_fee < threshold:
        return
    if bumped_fee > calc_blob_fee_cap(blob_base_fee, minimum) * multiplier:
        raise BlobFeeLimitError(
            f"bumped blob fee {bumped_fee} is over {multiplier} times the suggested value"
        )
