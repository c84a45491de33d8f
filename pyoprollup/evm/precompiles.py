"""The precompiled contracts of each fork: py-evm's, with the OP Stack's own and its limits.

Specification: protocol/precompiles.md; protocol/{granite,isthmus,jovian,karst}/exec-engine.md. An input over
a limit is an exceptional halt: the call fails and burns its gas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyoprollup.eth.types import Address
from pyoprollup.evm import p256
from pyoprollup.evm.blake2 import blake2f
from pyoprollup.evm.curve_precompiles import CURVE_PRECOMPILES
from pyoprollup.evm.many_points import BLS_G1_MSM, BLS_G2_MSM, BLS_PAIRING, skipping_infinity
from pyoprollup.evm.modexp import gas_eip2565, gas_eip7883, is_within_bound, modexp
from pyoprollup.evm.point_evaluation import point_evaluation
from pyoprollup.evm.py_evm import PRECOMPILES, VMError
from pyoprollup.evm.state import Precompile, checkpoint_of
from pyoprollup.rollup.evm_rules import BaseEvm, EvmRules

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = ["P256_VERIFY", "op_precompiles", "precompiles"]


def _address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


_MODEXP, _BN256_PAIRING, _BLAKE2F, _POINT_EVALUATION = (_address(number) for number in (5, 8, 9, 0x0A))
_BLS_G1_MSM, _BLS_G2_MSM, _BLS_PAIRING = _address(0x0C), _address(0x0E), _address(0x0F)
P256_VERIFY = _address(0x100)

_PAIR_FORMS = {_BLS_G1_MSM: BLS_G1_MSM, _BLS_G2_MSM: BLS_G2_MSM, _BLS_PAIRING: BLS_PAIRING}


def precompiles(rules: EvmRules) -> dict[Address, Precompile]:
    """Address to precompile under ``rules``."""
    table: dict[Address, Precompile] = dict(PRECOMPILES[rules.base])
    for address in table:
        number = int.from_bytes(address, "big")
        if number in CURVE_PRECOMPILES:
            table[address] = CURVE_PRECOMPILES[number]
        elif address == _BLAKE2F:
            table[address] = blake2f
        elif address == _POINT_EVALUATION:
            table[address] = point_evaluation
        elif address in _PAIR_FORMS:
            table[address] = skipping_infinity(table[address], _PAIR_FORMS[address])
    return op_precompiles(table, rules)


def op_precompiles(base: Mapping[Address, Precompile], rules: EvmRules) -> dict[Address, Precompile]:
    """``base`` with what the OP Stack adds and limits, and with what py-evm has wrong."""
    table = dict(base)
    table[_MODEXP] = _modexp(rules.base >= BaseEvm.OSAKA)
    if rules.p256_verify_gas is not None:
        table[P256_VERIFY] = _p256_verify(rules.p256_verify_gas)
    limits = {
        _BN256_PAIRING: rules.bn256_pairing_limit,
        _BLS_G1_MSM: rules.bls_g1_msm_limit,
        _BLS_G2_MSM: rules.bls_g2_msm_limit,
        _BLS_PAIRING: rules.bls_pairing_limit,
    }
    for address, limit in limits.items():
        if limit is not None:
            table[address] = _limited(table[address], limit)
    return table


def _limited(precompile: Precompile, limit: int) -> Precompile:
    def run(computation: Frame) -> None:
        size = len(computation.msg.data)
        if size > limit:
            raise VMError(f"precompile input of {size} bytes exceeds the limit of {limit}")
        precompile(computation)

    return run


def _modexp(osaka: bool) -> Precompile:
    """MODEXP of our own: py-evm's gives 0 for ``0 ** 0`` when the base has no bytes.

    With ``osaka`` it has the price of EIP-7883 and the bound of EIP-7823, which costs all gas.
    """
    price = gas_eip7883 if osaka else gas_eip2565

    def run(computation: Frame) -> None:
        data = computation.msg.data_as_bytes
        if osaka and not is_within_bound(data):
            raise VMError("MODEXP: a number of more than 1024 bytes")
        computation.consume_gas(price(data), reason="MODEXP")
        computation.output = modexp(data, checkpoint_of(computation))

    return run


def _p256_verify(gas: int) -> Precompile:
    def run(computation: Frame) -> None:
        computation.consume_gas(gas, reason="P256VERIFY")
        data = computation.msg.data_as_bytes
        words = [int.from_bytes(data[at : at + 32], "big") for at in range(32, 160, 32)]
        valid = len(data) == 160 and p256.verify(data[:32], *words)
        computation.output = (1).to_bytes(32, "big") if valid else b""

    return run
