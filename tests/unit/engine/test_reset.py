"""How far a reset is, and when the engine is asked for its heads."""

from __future__ import annotations

from pyoprollup.engine import Reset, ResetState


class Bench:
    def __init__(self) -> None:
        self.time = 100.0
        self.reset = Reset(lambda: self.time)


def test_from_beginning_to_end() -> None:
    reset = Bench().reset
    assert (reset.state, reset.is_under_way) == (ResetState.NONE, False)
    cause = ValueError("L1 has reorged")
    reset.want(cause)
    assert (reset.is_wanted, reset.is_under_way, reset.cause) == (True, True, cause)
    reset.engine_done()
    assert (reset.is_wanted, reset.is_under_way) == (False, True)
    reset.done()
    assert reset.state is ResetState.NONE


def test_another_one_begins_again_wherever_the_first_is() -> None:
    reset = Bench().reset
    reset.want(ValueError("first"))
    reset.engine_done()
    reset.want(ValueError("second"))
    assert reset.is_wanted


def test_heads_that_are_set_without_a_reset_begin_none() -> None:
    reset = Bench().reset
    reset.engine_done()
    assert reset.state is ResetState.NONE


def test_heads_that_could_not_be_kept_are_wanted_again_without_a_wait() -> None:
    reset = Bench().reset
    reset.want(ValueError())
    reset.engine_done()
    reset.again()
    assert reset.is_wanted and reset.wait <= 0 and reset.count == 1


def test_the_first_is_due_at_once_and_those_that_follow_wait_longer_each_time() -> None:
    bench = Bench()
    waits = []
    for _ in range(6):
        bench.reset.want(ValueError())
        waits.append(max(bench.reset.wait, 0))
    assert waits == [0, 2, 4, 8, 10, 10]
    bench.time += 10
    assert bench.reset.wait == 0


def test_progress_makes_the_next_one_the_first_again() -> None:
    bench = Bench()
    bench.reset.want(ValueError())
    bench.reset.want(ValueError())
    bench.reset.progress()
    bench.time += 2
    bench.reset.want(ValueError())
    assert bench.reset.count == 1 and bench.reset.wait <= 0
