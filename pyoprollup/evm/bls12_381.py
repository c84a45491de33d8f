"""The operations on the curve BLS12-381 that Isthmus brought as precompiles, done by arkworks.

EIP-2537. The bindings ``py_arkworks_bls12381`` are a dependency; where they cannot be imported,
:data:`OPERATIONS` is empty and py-evm's own operations serve, which take a hundred times as long. Ranges and
the curve's equation are checked here, membership in the subgroup by arkworks where it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:

    class _Point:
        """A point as arkworks has it."""

        def __add__(self, other: _Point) -> _Point: ...
        def is_in_subgroup(self) -> bool: ...
        def to_xy_bytes_be(self) -> bytes: ...
        @classmethod
        def from_xy_bytes_unchecked_be(cls, data: bytes) -> _Point: ...
        @classmethod
        def multiexp_unchecked(cls, points: list[_Point], factors: list[object]) -> _Point: ...


__all__ = ["OPERATIONS"]


def _arkworks() -> Any:
    try:
        import py_arkworks_bls12381
    except ImportError:
        return None
    return py_arkworks_bls12381


_ARKWORKS = _arkworks()

_P = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB


def _elements(data: bytes) -> list[int]:
    """The field elements, 64 bytes each."""
    elements = [int.from_bytes(data[at : at + 64], "big") for at in range(0, len(data), 64)]
    if any(element >= _P for element in elements):
        raise ValueError("not an element of the field")
    return elements


def _packed(elements: list[int]) -> bytes:
    return b"".join(element.to_bytes(48, "big") for element in elements)


def _padded(data: bytes) -> bytes:
    return b"".join(bytes(16) + data[at : at + 48] for at in range(0, len(data), 48))


def _g1(data: bytes, in_group: bool = True) -> _Point:
    x, y = elements = _elements(data)
    if (x or y) and (y * y - x * x * x - 4) % _P:
        raise ValueError("not a point of the curve")
    point: _Point = _ARKWORKS.G1Point.from_xy_bytes_unchecked_be(_packed(elements))
    if in_group and not point.is_in_subgroup():
        raise ValueError("not a point of G1")
    return point


def _g2(data: bytes, in_group: bool = True) -> _Point:
    a, b, c, d = elements = _elements(data)  # x = a + b i, y = c + d i; i^2 = -1
    if any(elements):
        real, imaginary = a * a - b * b, 2 * a * b  # the square of x; the curve is y^2 = x^3 + 4 + 4 i
        cube = (real * a - imaginary * b, real * b + imaginary * a)
        if (c * c - d * d - cube[0] - 4) % _P or (2 * c * d - cube[1] - 4) % _P:
            raise ValueError("not a point of the twist")
    point: _Point = _ARKWORKS.G2Point.from_xy_bytes_unchecked_be(_packed(elements))
    if in_group and not point.is_in_subgroup():
        raise ValueError("not a point of G2")
    return point


def _g1_add(data: bytes) -> bytes:
    return _padded((_g1(data[:128], False) + _g1(data[128:], False)).to_xy_bytes_be())


def _g2_add(data: bytes) -> bytes:
    return _padded((_g2(data[:256], False) + _g2(data[256:], False)).to_xy_bytes_be())


def _sum_of_products(data: bytes, size: int, decode: Callable[[bytes], _Point], kind: type[_Point]) -> bytes:
    points, factors = [], []
    for at in range(0, len(data), size + 32):
        points.append(decode(data[at : at + size]))
        factors.append(_ARKWORKS.Scalar.from_be_bytes_mod_order(data[at + size : at + size + 32]))
    return _padded(kind.multiexp_unchecked(points, factors).to_xy_bytes_be())


def _pairing(data: bytes) -> bytes:
    starts = range(0, len(data), 384)
    g1 = [_g1(data[at : at + 128]) for at in starts]
    g2 = [_g2(data[at + 128 : at + 384]) for at in starts]
    return int(_ARKWORKS.GT.pairing_check(g1, g2)).to_bytes(32, "big")


OPERATIONS: dict[int, Callable[[bytes], bytes]] = {}
"""By number of the precompile. They take input of a right size, and raise ``ValueError`` for what is wrong
otherwise."""

if _ARKWORKS is not None:
    OPERATIONS = {
        0x0B: _g1_add,
        0x0C: lambda data: _sum_of_products(data, 128, _g1, _ARKWORKS.G1Point),
        0x0D: _g2_add,
        0x0E: lambda data: _sum_of_products(data, 256, _g2, _ARKWORKS.G2Point),
        0x0F: _pairing,
        0x10: lambda data: _padded(
            _ARKWORKS.G1Point.map_from_fp_be(_packed(_elements(data))).to_xy_bytes_be()
        ),
        0x11: lambda data: _padded(
            _ARKWORKS.G2Point.map_from_fp2_be(_packed(_elements(data))).to_xy_bytes_be()
        ),
    }
