"""Precompiles whose results come from elsewhere: those that a program within a VM leaves to L1.

What is cheap is done here: the price, the limits of the fork, the form of the input. Only an input that can
have a result is handed on, with its price, so that whoever computes it gives it as much gas.

Specification: fault-proof/index.md, Precompile Accelerators; protocol/precompiles.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from pyoprollup.eth.crypto import SECP256K1_N
from pyoprollup.eth.kzg import versioned_hash
from pyoprollup.eth.types import Address
from pyoprollup.evm.errors import ExecutionError
from pyoprollup.evm.many_points import BLS_G1_MSM, BLS_G2_MSM, BLS_PAIRING, PairForm
from pyoprollup.evm.point_evaluation import POINT_EVALUATION_GAS, POINT_EVALUATION_OUTPUT
from pyoprollup.evm.precompiles import precompiles
from pyoprollup.evm.py_evm import BLS_GAS, VMError
from pyoprollup.evm.state import Precompile
from pyoprollup.rollup.evm_rules import BaseEvm, EvmRules

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = [
    "REMOTE_PRECOMPILES",
    "RemoteCall",
    "RemoteResultInvalid",
    "remote_precompiles",
    "run_precompile",
]

RemoteCall = Callable[[Address, bytes, int], "bytes | None"]
"""The result of a precompile for an input and its price in gas; ``None`` if the call fails."""


class RemoteResultInvalid(ExecutionError):
    """What came from elsewhere cannot be the result of the precompile. Nothing is said about the block."""


_TRUE, _FALSE = (1).to_bytes(32, "big"), bytes(32)


def _pad_to_ecrecover(data: bytes) -> bytes:
    return data[:128].ljust(128, b"\0")


def _can_be_recovered(data: bytes) -> bool:
    r, s = (int.from_bytes(data[at : at + 32], "big") for at in (64, 96))
    parity = int.from_bytes(data[32:64], "big")
    return parity in (27, 28) and 0 < r < SECP256K1_N and 0 < s < SECP256K1_N


def _is_point_evaluation(data: bytes) -> bool:
    return len(data) == 192 and versioned_hash(data[96:144]) == data[:32]


@dataclass(frozen=True, slots=True)
class _Form:
    """What is known about a precompile without computing it."""

    price: Callable[[bytes], int]
    accepts: Callable[[bytes], bool]
    """Whether an input can have a result at all."""
    answers: Callable[[bytes], bool]
    """Whether something can be a result."""
    limit: Callable[[EvmRules], int | None] = lambda _rules: None


def _fixed(size: int, price: int, answer: int) -> _Form:
    return _Form(lambda _data: price, lambda data: len(data) == size, lambda result: len(result) == answer)


def _truth(result: bytes) -> bool:
    return result in (_TRUE, _FALSE)


def _pairs(
    form: PairForm, answers: Callable[[bytes], bool], limit: Callable[[EvmRules], int | None]
) -> _Form:
    def price(data: bytes) -> int:
        count = len(data) // form.size
        return form.gas(count) if count else 0

    return _Form(price, lambda data: bool(data) and len(data) % form.size == 0, answers, limit)


_ECRECOVER = 0x01
_FORMS = {
    _ECRECOVER: _Form(lambda _data: 3000, _can_be_recovered, lambda result: len(result) in (0, 32)),
    0x08: _Form(
        lambda data: 45_000 + len(data) // 192 * 34_000,
        lambda data: len(data) % 192 == 0,
        _truth,
        lambda rules: rules.bn256_pairing_limit,
    ),
    0x0A: _Form(
        lambda _data: POINT_EVALUATION_GAS,
        _is_point_evaluation,
        lambda result: result == POINT_EVALUATION_OUTPUT,
    ),
    0x0B: _fixed(256, BLS_GAS["g1_add"], 128),
    0x0C: _pairs(BLS_G1_MSM, lambda result: len(result) == 128, lambda rules: rules.bls_g1_msm_limit),
    0x0D: _fixed(512, BLS_GAS["g2_add"], 256),
    0x0E: _pairs(BLS_G2_MSM, lambda result: len(result) == 256, lambda rules: rules.bls_g2_msm_limit),
    0x0F: _pairs(BLS_PAIRING, _truth, lambda rules: rules.bls_pairing_limit),
    0x10: _fixed(64, BLS_GAS["map_fp_g1"], 128),
    0x11: _fixed(128, BLS_GAS["map_fp2_g2"], 256),
}


def _address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


REMOTE_PRECOMPILES = frozenset(map(_address, _FORMS))
"""Those that are left to L1: recovery, the pairings, the check of a point, and all of BLS12-381."""


def remote_precompiles(rules: EvmRules, call: RemoteCall) -> dict[Address, Precompile]:
    """The precompiles under ``rules``, of which the costly ones are ``call``."""
    table = precompiles(rules)
    for number, form in _FORMS.items():
        address = _address(number)
        if address in table:
            table[address] = _remote(address, form, form.limit(rules), call)
    return table


def _remote(address: Address, form: _Form, limit: int | None, call: RemoteCall) -> Precompile:
    is_recovery = address == _address(_ECRECOVER)

    def run(computation: Frame) -> None:
        data = computation.msg.data_as_bytes
        if is_recovery:
            data = _pad_to_ecrecover(data)
        price = form.price(data)
        computation.consume_gas(price, reason="precompile")
        if (limit is not None and len(data) > limit) or not form.accepts(data):
            if is_recovery:
                computation.output = b""  # nobody has signed, which is no failure
                return
            raise VMError(f"precompile 0x{address.hex()}: no result for {len(data)} bytes")
        result = call(address, data, price)
        if result is None:
            raise VMError(f"precompile 0x{address.hex()}: the call fails")
        if not form.answers(result):
            raise RemoteResultInvalid(f"0x{result[:64].hex()} is no result of precompile 0x{address.hex()}")
        computation.output = result

    return run


_UNLIMITED = EvmRules(base=BaseEvm.PRAGUE)


def run_precompile(address: Address, data: bytes) -> bytes | None:
    """The result of one of :data:`REMOTE_PRECOMPILES`, for nothing; ``None`` if the call fails.

    What an input means no fork has changed, so that limits and prices are for whoever asks.
    """
    message = SimpleNamespace(data=data, data_as_bytes=data)
    frame = SimpleNamespace(msg=message, output=b"", consume_gas=_charge_nothing)
    try:
        _local_table()[address](cast("Frame", frame))
    except VMError:
        return None
    output: bytes = frame.output
    return output


def _charge_nothing(amount: int, reason: str) -> None:
    """Whoever asks has paid."""
    del amount, reason


@cache
def _local_table() -> Mapping[Address, Precompile]:
    return precompiles(_UNLIMITED)
