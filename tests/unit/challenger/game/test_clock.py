"""Chess clocks: in a word, for the side that thinks, and at their edges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.game.clock import Clock, chess_clock, clock_extension, next_duration
from pyoprollup.errors import DecodeError
from tests.unit.challenger.model.support import Contracts, value

MAX, EXTENSION, PERIOD = 100_000, 1_000, 500
EXTENSIONS = {"split_depth": 4, "max_depth": 8, "extension": EXTENSION, "challenge_period": PERIOD}


@given(st.integers(0, (1 << 128) - 1))
def test_a_word_is_two_numbers_of_seconds(packed: int) -> None:
    clock = Clock.unpack(packed)
    assert clock.pack() == packed
    assert 0 <= clock.duration < 1 << 64 and 0 <= clock.timestamp < 1 << 64


def test_duration_is_the_upper_half() -> None:
    assert Clock.unpack((5 << 64) + 7) == Clock(duration=5, timestamp=7)


@given(st.integers().filter(lambda number: not 0 <= number < 1 << 128))
def test_what_is_no_word_is_refused(packed: int) -> None:
    with pytest.raises(DecodeError):
        Clock.unpack(packed)


def test_who_answers_has_thought_since_the_claim_and_before_its_own_claim() -> None:
    assert chess_clock(1_060, Clock(20, 1_000), None) == 60
    assert chess_clock(1_060, Clock(20, 1_000), Clock(35, 400)) == 35 + 60
    assert chess_clock(990, Clock(0, 1_000), None) == -10


@pytest.mark.parametrize(
    ("depth", "seconds"),
    [
        (0, EXTENSION),
        (2, EXTENSION),
        (3, 2 * EXTENSION),
        (4, EXTENSION),
        (6, EXTENSION),
        (7, EXTENSION + PERIOD),
        (8, EXTENSION),
    ],
)
def test_what_is_left_depends_on_what_comes_next(depth: int, seconds: int) -> None:
    assert clock_extension(depth, **EXTENSIONS) == seconds


@pytest.mark.parametrize("depth", range(1, 9))
@pytest.mark.parametrize("before", [-2, -1, 0, 1])
def test_extension_is_granted_as_it_is_tested(depth: int, before: int) -> None:
    """Public failure 16: the amount that is compared is the amount that is granted, at every depth."""
    wanted = clock_extension(depth, **EXTENSIONS)
    used = MAX - wanted + before
    assert next_duration(used, MAX, wanted) == min(used, MAX - wanted)


@pytest.mark.parametrize(("until_end", "left"), [(1, 1_000), (999, 1_000), (1_000, 1_000), (1_001, 1_001)])
def test_a_late_mover_leaves_the_other_side_its_extension(until_end: int, left: int) -> None:
    """Public failure 15: who moves in the last second wins nothing by that.

    The extension is for the side of the mover's next answer, on whose clock the claim is.
    """
    contracts = Contracts()
    game = contracts.create()
    contracts.later(MAX - until_end)
    contracts.move(game, 0, value(1))
    assert game.claims[1].clock.duration == MAX - left
    # The other side has all of its own time.
    assert game.challenger_duration(1, contracts.now) == 0
