"""Precompiles of BLS12-381 that take many pairs, multiplication and pairing, where py-evm computes them.

A pair with a point at infinity changes nothing in the result, yet py-evm computes it like any other: seconds
for an input of zeros that fills a block's gas. Here such pairs are paid for and left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from pyoprollup.evm.py_evm import MSM_GAS, MSM_MULTIPLIER
from pyoprollup.evm.state import Precompile

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = ["BLS_G1_MSM", "BLS_G2_MSM", "BLS_PAIRING", "PairForm", "skipping_infinity"]


@dataclass(frozen=True, slots=True)
class PairForm:
    """How the input of such a precompile looks. Sizes in bytes."""

    size: int
    """Of a pair."""
    points_size: int
    """Of the part of a pair that is all zero when the pair changes nothing."""
    gas: Callable[[int], int]
    """The price of a number of pairs."""
    neutral: bytes
    """The result for no pairs."""


_TRUE = (1).to_bytes(32, "big")

BLS_PAIRING = PairForm(384, 384, lambda pairs: 37_700 + 32_600 * pairs, _TRUE)


def _msm_gas(price: int, discounts: tuple[int, ...], max_discount: int) -> Callable[[int], int]:
    def gas(pairs: int) -> int:
        discount = discounts[pairs - 1] if pairs <= len(discounts) else max_discount
        return int(pairs * price * discount // MSM_MULTIPLIER)

    return gas


BLS_G1_MSM = PairForm(160, 128, _msm_gas(*MSM_GAS["g1"]), bytes(128))
BLS_G2_MSM = PairForm(288, 256, _msm_gas(*MSM_GAS["g2"]), bytes(256))


def skipping_infinity(precompile: Precompile, form: PairForm) -> Precompile:
    """``precompile``, which sees only the pairs that matter."""
    zeros = bytes(form.points_size)

    def run(computation: Frame) -> None:
        data = computation.msg.data_as_bytes
        pairs, rest = divmod(len(data), form.size)
        chunks = [data[at : at + form.size] for at in range(0, len(data), form.size)]
        kept = [chunk for chunk in chunks if chunk[: form.points_size] != zeros]
        if rest or len(kept) == pairs:
            precompile(computation)
            return
        computation.consume_gas(form.gas(pairs), reason="precompile")
        computation.output = _run_on(precompile, b"".join(kept)) if kept else form.neutral

    return run


def _run_on(precompile: Precompile, data: bytes) -> bytes:
    """The output for ``data``, for which nothing is charged."""
    message = SimpleNamespace(data=data, data_as_bytes=data)
    frame = SimpleNamespace(msg=message, output=b"", consume_gas=_charge_nothing)
    precompile(cast("Frame", frame))
    output: bytes = frame.output
    return output


def _charge_nothing(amount: int, reason: str) -> None:
    """The gas is paid already."""
    del amount, reason
