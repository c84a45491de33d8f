"""What claims cost, to the wei."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.game.bonds import MAX_GAME_DEPTH, required_bond
from pyoprollup.challenger.game.errors import GameError

ETHER = 10**18
SMALL = (0.08, 0.183009, 0.418654, 0.9577186, 2.1908902, 5.01191, 11.4653134, 26.2282062, 59.9999998)
LARGE = {
    0: 0.08,
    1: 0.087594,
    2: 0.0959088,
    10: 0.1981224,
    30: 1.2151278,
    31: 1.330474,
    50: 7.452638,
    72: 54.7982702,
    73: 59.9999998,
}
"""What the contract answers for games of depths 8 and 73, in ether."""


def wei(ether: float) -> int:
    return round(ether * 10**9) * 10**9


@pytest.mark.parametrize("depth", range(9))
def test_bonds_of_a_small_game(depth: int) -> None:
    assert required_bond(depth, 8) == wei(SMALL[depth])


@pytest.mark.parametrize("depth", LARGE)
def test_bonds_of_a_game_as_on_ethereum(depth: int) -> None:
    assert required_bond(depth, 73) == wei(LARGE[depth])


@given(st.data())
def test_bonds_follow_their_curve(data: st.DataObject) -> None:
    max_depth = data.draw(st.integers(1, MAX_GAME_DEPTH))
    depth = data.draw(st.integers(0, max_depth))
    exact = 0.08 * ETHER * math.pow(750, depth / max_depth)
    assert required_bond(depth, max_depth) == pytest.approx(exact, rel=1e-4)
    assert required_bond(depth, max_depth) % (200 * 10**9) == 0
    if depth:
        assert required_bond(depth, max_depth) > required_bond(depth - 1, max_depth)


@pytest.mark.parametrize(("depth", "max_depth"), [(9, 8), (-1, 8), (0, 0), (1, -1), (0, 126), (3, 1 << 70)])
def test_no_such_depth(depth: int, max_depth: int) -> None:
    with pytest.raises(GameError):
        required_bond(depth, max_depth)
