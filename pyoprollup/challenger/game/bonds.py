"""How much a claim at a depth costs, in wei.

The bond pays for what it may take to answer the claim: from the gas of a simple move at the root to that of a
large step at the maximum depth, growing by the same factor from each depth to the next::

    gas(depth) = 400,000 * 750 ** (depth / max_depth)          bond = gas * 200 gwei

The contract has no real numbers. It computes powers as ``exp(y * ln(x))`` with 18 decimals, and logarithm and
exponential as quotients of polynomials with 96 bits after the point. Bonds must be exact to the wei, so the
same polynomials are evaluated here, with the same rounding at each step.

Specification: fault-proof/stage-one/bond-incentives.md, "Bond Function", "FPM Bond Scaling".
"""

from __future__ import annotations

from functools import lru_cache

from pyoprollup.challenger.game.errors import GameError

__all__ = ["MAX_GAME_DEPTH", "required_bond"]

MAX_GAME_DEPTH = 125
"""The deepest game for which positions fit into the contract's 126 bits."""

_BASE_FEE = 200 * 10**9
_BASE_GAS, _HIGH_GAS = 400_000, 300_000_000

_ONE = 10**18
_BITS = 96
"""Bits after the binary point, inside of the polynomials."""

_LN_P = (
    *(3273285459638523848632254066296, 24828157081833163892658089445524),
    *(43456485725739037958740375743393, -11111509109440967052023855526967),
    *(-45023709667254063763336534515857, -14706773417378608786704636184526),
)
_LN_P_LAST = -795164235651350426258249787498
_LN_Q = (
    *(5573035233440673466300451813936, 71694874799317883764090561454958),
    *(283447036172924575727196451306956, 401686690394027663651624208769553),
    *(204048457590392012362485061816622, 31853899698501571402653359427138),
    909429971244387300277376558375,
)
_LN_FACTOR = 1677202110996718588342820967067443963516166
_LN_2 = 16597577552685614221487285958193947469193820559219878177908093499208371
_LN_UNIT = 600920179829731861736702779321621459595472258049074101567377883020018308
"""The logarithms of 2 and of ``2**96 / 10**18``, both times ``5**18 * 2**192``."""

_EXP_LN_2 = 54916777467707473351141471128
_EXP_Y = (1346386616545796478920950773328, 57155421227552351082224309758442)
_EXP_P = (-94201549194550492254356042504812, 28719021644029726153956944680412240)
_EXP_P_LAST = 4385272521454847904659076985693276
_EXP_Q = (
    *(-2855989394907223263936484059900, 50020603652535783019961831881945),
    *(-533845033583426703283633433725380, 3604857256930695427073651918091429),
    *(-14423608567350463180887372962807573, 26449188498355588339934803723976023),
)
_EXP_FACTOR = 3822833074963236453042738258902158003155416615667


@lru_cache(maxsize=1 << 14)
def required_bond(depth: int, max_depth: int) -> int:
    """Wei that a claim at ``depth`` must carry in a game of ``max_depth``, as ``getRequiredBond`` answers.

    Raises :class:`GameError` for a depth that such a game does not have, and for a game that cannot be.
    """
    if not 0 < max_depth <= MAX_GAME_DEPTH:
        raise GameError(f"there is no game of depth {max_depth}")
    if not 0 <= depth <= max_depth:
        raise GameError(f"there is no depth {depth} in a game of depth {max_depth}")
    whole = _ln(_HIGH_GAS // _BASE_GAS * _ONE)
    factor = _exp(whole * (_ONE // max_depth) // _ONE)
    gas = _BASE_GAS * _power(factor, depth * _ONE) // _ONE
    return _BASE_FEE * gas


def _power(x: int, y: int) -> int:
    return _exp(_quotient(_ln(x) * y, _ONE))


def _ln(x: int) -> int:
    """The natural logarithm of a positive number."""
    exponent = x.bit_length() - 1 - _BITS
    mantissa = x << -exponent if exponent < 0 else x >> exponent  # 1 to 2
    p = _monic(_LN_P, mantissa) * mantissa + (_LN_P_LAST << _BITS)
    ratio = _quotient(p, _monic(_LN_Q, mantissa))
    return (_LN_FACTOR * ratio + _LN_2 * exponent + _LN_UNIT) >> 174


def _exp(x: int) -> int:
    """e to the power of a number. Those that bonds need are far inside of the contract's range."""
    x = _quotient(x << 78, 5**18)
    doublings = (_quotient(x << _BITS, _EXP_LN_2) + (1 << _BITS - 1)) >> _BITS
    x -= doublings * _EXP_LN_2
    y = _monic(_EXP_Y, x)
    p = y + x + _EXP_P[0]
    p = ((p * y >> _BITS) + _EXP_P[1]) * x + (_EXP_P_LAST << _BITS)
    ratio = _quotient(p, _monic(_EXP_Q, x))
    return ratio * _EXP_FACTOR >> 195 - doublings


def _monic(coefficients: tuple[int, ...], x: int) -> int:
    """A polynomial in ``x`` whose first coefficient is 1, the others from the highest power down."""
    value = x + coefficients[0]
    for coefficient in coefficients[1:]:
        value = (value * x >> _BITS) + coefficient
    return value


def _quotient(a: int, b: int) -> int:
    """Rounded towards zero, as the EVM divides."""
    return a // b if (a < 0) == (b < 0) else -(-a // b)
