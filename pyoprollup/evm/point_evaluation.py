"""The precompile of EIP-4844 that checks a point of a committed polynomial.

py-evm's loads the trusted setup anew for every call, which takes seconds. Input: versioned hash, ``z``, ``y``
(32 bytes each), commitment and proof (48 bytes each). Anything but a right proof is an exceptional halt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyoprollup.eth.kzg import KzgError, verify_point_proof, versioned_hash
from pyoprollup.evm.py_evm import VMError

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = ["POINT_EVALUATION_GAS", "POINT_EVALUATION_OUTPUT", "point_evaluation"]

POINT_EVALUATION_GAS = 50_000

_INPUT_SIZE = 192
_FIELD_ELEMENTS_PER_BLOB = 4096
_MODULUS = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
POINT_EVALUATION_OUTPUT = _FIELD_ELEMENTS_PER_BLOB.to_bytes(32, "big") + _MODULUS.to_bytes(32, "big")
"""The only result: how many field elements a blob has, and what they are numbers modulo of."""


def point_evaluation(computation: Frame) -> None:
    """Run the precompile in a frame."""
    computation.consume_gas(POINT_EVALUATION_GAS, reason="point evaluation")
    data = computation.msg.data_as_bytes
    if len(data) != _INPUT_SIZE:
        raise VMError(f"point evaluation: {len(data)} bytes of input")
    z, y, commitment, proof = data[32:64], data[64:96], data[96:144], data[144:]
    if versioned_hash(commitment) != data[:32]:
        raise VMError("point evaluation: the versioned hash is not the commitment's")
    try:
        verify_point_proof(commitment, z, y, proof)
    except KzgError as exc:
        raise VMError(f"point evaluation: {exc}") from exc
    computation.output = POINT_EVALUATION_OUTPUT
