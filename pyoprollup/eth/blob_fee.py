"""The blob base fee of an L1 block.

Specification: EIP-4844 (fake exponential) and EIP-7840/EIP-7892 (the fraction depends on the fork).
Osaka's reserve price (EIP-7918) changes how a block's *excess* blob gas follows from its parent, not
how the fee follows from the excess, so it does not show here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pyoprollup.errors import DecodeError

__all__ = [
    "CANCUN_FRACTION",
    "MIN_BLOB_BASE_FEE",
    "PRAGUE_FRACTION",
    "BlobParameters",
    "blob_base_fee",
    "fake_exponential",
    "update_fraction",
]

CANCUN_FRACTION = 3_338_477
PRAGUE_FRACTION = 5_007_716
MIN_BLOB_BASE_FEE = 1
"""Wei per blob gas."""

_LARGEST_EXPONENT = 178  # e^178 is a little more than 2^256


class BlobParameters(NamedTuple):
    """From ``time`` (seconds) on, the blob base fee follows ``update_fraction``."""

    time: int
    update_fraction: int


def update_fraction(schedule: Sequence[BlobParameters], time: int) -> int:
    """The fraction in force at ``time``: the last entry of ``schedule`` (ascending) that has begun.

    Before the first entry, Cancun's.
    """
    fraction = CANCUN_FRACTION
    for entry in schedule:
        if entry.time > time:
            break
        fraction = entry.update_fraction
    return fraction


def blob_base_fee(excess_blob_gas: int, fraction: int = CANCUN_FRACTION) -> int:
    """Blob base fee in wei of a block with this excess blob gas.

    Raises :class:`DecodeError` if it does not fit 256 bits, as only a made-up header would have it.
    """
    # The bound comes first: the series would otherwise run for hours on an excess near 2^64.
    if excess_blob_gas <= fraction * _LARGEST_EXPONENT:
        fee = fake_exponential(MIN_BLOB_BASE_FEE, excess_blob_gas, fraction)
        if fee.bit_length() <= 256:
            return fee
    raise DecodeError(f"the blob base fee for an excess of {excess_blob_gas} does not fit 256 bits")


def fake_exponential(factor: int, numerator: int, denominator: int) -> int:
    """``factor * e ** (numerator / denominator)`` as EIP-4844 rounds it (a Taylor series of integers)."""
    total = 0
    term = factor * denominator
    i = 1
    while term > 0:
        total += term
        term = term * numerator // (denominator * i)
        i += 1
    return total // denominator
