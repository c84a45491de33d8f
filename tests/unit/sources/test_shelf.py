"""The shelf: what leaves when, and that nothing fetched ahead drives out what is in use."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.sources.shelf import Shelf


def shelf(limit: int = 8, max_bytes: int = 1000) -> Shelf[int, str]:
    return Shelf(limit, max_bytes)


def test_what_was_used_leaves_first_the_oldest_before_all() -> None:
    made = shelf(limit=6)
    for key in (1, 2, 3):
        made.keep(key, str(key), 1, ahead=True)
    for key in (11, 12, 13):
        made.keep(key, str(key), 1)
    assert made.use(11) == "11"
    made.keep(14, "14", 1)
    assert [key in made for key in (1, 2, 3, 11, 12, 13, 14)] == [True, True, True, True, False, True, True]
    assert made.use(1) == "1", "now it is one that was used"
    made.keep(15, "15", 1)
    made.keep(16, "16", 1)
    assert [key in made for key in (1, 2, 3, 13, 11)] == [True, True, True, False, False]


def test_what_is_fetched_ahead_takes_half_at_most() -> None:
    made = shelf(limit=8)
    for key in range(20):
        if made.has_room_ahead:
            made.keep(key, str(key), 1, ahead=True)
    assert len(made) == 4
    assert all(key in made for key in range(4)), "those that are needed first"


def test_bytes_ahead_are_bounded_and_what_did_not_fit_is_not_asked_for_again_at_once() -> None:
    made = shelf(max_bytes=100)
    made.keep(1, "1", 30, ahead=True)
    made.keep(2, "2", 30, ahead=True)
    assert (1 in made, 2 in made, made.has_room_ahead) == (True, False, False)
    made.use(1)
    assert made.has_room_ahead, "something has moved"


def test_one_that_is_larger_than_all_room_is_kept_as_long_as_it_is_the_last() -> None:
    made = shelf(max_bytes=100)
    made.keep(1, "1", 5000)
    assert made.use(1) == "1"
    made.keep(2, "2", 1)
    assert (1 in made, 2 in made, made.size) == (False, True, 1)


def test_looking_is_no_use() -> None:
    made = shelf()
    made.keep(1, "1", 1, ahead=True)
    assert made.peek(1) == "1"
    assert made.peek(2) is None
    assert made.use(2) is None
    made.pass_by(lambda key: key == 1)
    assert 1 in made
    for key in range(11, 19):
        made.keep(key, str(key), 1)
    assert 1 not in made, "it left first"


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 60), st.sampled_from(["keep", "ahead", "use", "past"]))
    )
)
def test_it_is_always_bounded(actions: list[tuple[int, int, str]]) -> None:
    made = shelf(limit=5, max_bytes=100)
    for key, size, action in actions:
        if action == "use":
            before = key in made
            assert (made.use(key) is not None) == before
        elif action == "past":
            made.pass_by(lambda other, key=key: other < key)  # type: ignore[misc]
        else:
            made.keep(key, str(key), size, ahead=action == "ahead")
            assert action == "ahead" or key in made
        assert len(made) <= 5
        assert made.size <= 100
        assert len(made) or not made.size
