from __future__ import annotations

from pyoprollup.eth.keccak_steps import LANES, MOVES, ROUND_CONSTANTS


def test_constants() -> None:
    assert ROUND_CONSTANTS[:3] == (1, 0x8082, 0x800000000000808A)
    assert ROUND_CONSTANTS[-1] == 0x8000000080008008


def test_every_lane_goes_to_another_place() -> None:
    assert sorted(source for source, _, _ in MOVES) == list(range(LANES))
    assert sorted(target for _, target, _ in MOVES) == list(range(LANES))
    assert MOVES[:2] == ((0, 0, 0), (1, 10, 1))
