"""ECDSA verification on the curve P-256 (secp256r1), as the P256VERIFY precompile needs it.

Specification: protocol/precompiles.md, P256VERIFY; RIP-7212. OpenSSL does the work, through
``cryptography``: 30 times faster than the same in Python.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

__all__ = ["verify"]

_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_CURVE = SECP256R1()
_ALGORITHM = ECDSA(Prehashed(SHA256()))


def verify(digest: bytes, r: int, s: int, x: int, y: int) -> bool:
    """Whether ``(r, s)`` is a signature of the 32 bytes of ``digest`` by the key ``(x, y)``.

    Numbers out of range and points that are not on the curve make it none; ``s`` may be high.
    """
    if not (0 < r < _N and 0 < s < _N and x < _P and y < _P):
        return False
    try:
        key = EllipticCurvePublicNumbers(x, y, _CURVE).public_key()
        key.verify(encode_dss_signature(r, s), digest, _ALGORITHM)
    except (InvalidSignature, ValueError):  # the latter for a point that is not on the curve
        return False
    return True
