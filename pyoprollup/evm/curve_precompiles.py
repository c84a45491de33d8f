"""Precompiles on elliptic curves, faster than py-evm's: ECRECOVER, those on bn254 and those on BLS12-381.

EIP-196, EIP-197, EIP-1108, EIP-2537. Input that is no valid operand is an exceptional halt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyoprollup.eth.crypto import SignatureError, recover_address
from pyoprollup.eth.types import Hash32
from pyoprollup.evm import bn254
from pyoprollup.evm.bls12_381 import OPERATIONS
from pyoprollup.evm.many_points import BLS_G1_MSM, BLS_G2_MSM, BLS_PAIRING
from pyoprollup.evm.py_evm import BLS_GAS, VMError
from pyoprollup.evm.state import Precompile, checkpoint_of

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = ["CURVE_PRECOMPILES"]


def _precompile(price: int | Callable[[bytes], int], operation: Callable[[bytes], bytes]) -> Precompile:
    def run(computation: Frame) -> None:
        data = computation.msg.data_as_bytes
        computation.consume_gas(price if isinstance(price, int) else price(data), reason="precompile")
        try:
            computation.output = operation(data)
        except ValueError as exc:
            raise VMError(str(exc)) from exc

    return run


def _ecrecover(data: bytes) -> bytes:
    """The signer's address, padded to 32 bytes; nothing for a signature that has none."""
    data = data[:128].ljust(128, b"\x00")
    parity, r, s = (int.from_bytes(data[at : at + 32], "big") for at in (32, 64, 96))
    if parity not in (27, 28):
        return b""
    try:
        return bytes(12) + recover_address(Hash32(data[:32]), r, s, parity - 27)
    except SignatureError:
        return b""


def _encoded(point: bn254.G1 | None) -> bytes:
    x, y = point or (0, 0)
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def _bn254_add(data: bytes) -> bytes:
    data = data[:128].ljust(128, b"\x00")
    return _encoded(bn254.add(bn254.decode_g1(data[:64]), bn254.decode_g1(data[64:])))


def _bn254_multiply(data: bytes) -> bytes:
    data = data[:96].ljust(96, b"\x00")
    return _encoded(bn254.multiply(bn254.decode_g1(data[:64]), int.from_bytes(data[64:], "big")))


def _pairing(computation: Frame) -> None:
    """The pairing on bn254, which takes seconds for many pairs: the checkpoint is called meanwhile."""
    data, checkpoint = computation.msg.data_as_bytes, checkpoint_of(computation)
    computation.consume_gas(45_000 + len(data) // 192 * 34_000, reason="precompile")
    try:
        computation.output = _bn254_pairing(data, checkpoint or _no_pause)
    except ValueError as exc:
        raise VMError(str(exc)) from exc


def _no_pause() -> None:
    """The checkpoint of a state that has none."""


def _bn254_pairing(data: bytes, pause: Callable[[], None]) -> bytes:
    if len(data) % 192:
        raise ValueError(f"{len(data)} bytes are not pairs of points")
    pairs = []
    for at in range(0, len(data), 192):
        pause()
        pairs.append((bn254.decode_g1(data[at : at + 64]), bn254.decode_g2(data[at + 64 : at + 192])))
    return int(bn254.pairing_is_one(pairs, pause)).to_bytes(32, "big")


def _bls(number: int, size: int, price: int | Callable[[int], int]) -> Precompile:
    """One on BLS12-381: of input of exactly ``size`` bytes or, with a price by number, of so many each."""
    operation = OPERATIONS[number]

    def checked(data: bytes) -> int:
        count, rest = divmod(len(data), size)
        if rest or not count or (isinstance(price, int) and count > 1):
            raise VMError(f"input of {len(data)} bytes, not {size}")
        return price if isinstance(price, int) else price(count)

    return _precompile(checked, operation)


CURVE_PRECOMPILES: dict[int, Precompile] = {
    0x01: _precompile(3000, _ecrecover),
    0x06: _precompile(150, _bn254_add),
    0x07: _precompile(6000, _bn254_multiply),
    0x08: _pairing,
}
"""By number of the address; those on BLS12-381 only if arkworks is there."""

if OPERATIONS:
    CURVE_PRECOMPILES |= {
        0x0B: _bls(0x0B, 256, BLS_GAS["g1_add"]),
        0x0C: _bls(0x0C, BLS_G1_MSM.size, BLS_G1_MSM.gas),
        0x0D: _bls(0x0D, 512, BLS_GAS["g2_add"]),
        0x0E: _bls(0x0E, BLS_G2_MSM.size, BLS_G2_MSM.gas),
        0x0F: _bls(0x0F, BLS_PAIRING.size, BLS_PAIRING.gas),
        0x10: _bls(0x10, 64, BLS_GAS["map_fp_g1"]),
        0x11: _bls(0x11, 128, BLS_GAS["map_fp2_g2"]),
    }
