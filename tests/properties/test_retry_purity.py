"""A read that fails and is repeated leaves no trace in what is derived.

Every source stands behind a wrapper that fails on chosen reads with a Unavailable. Whatever
fails, the same attributes come out, from the same L1 blocks, with the same records of drops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.errors import Unavailable
from tests.recordings import Outcome, derive, go_recording, go_recordings, rust_recordings

CASES = dict([*go_recordings(), *rust_recordings()])


Call = tuple[str, tuple[Any, ...]]


class Flaky:
    """Forwards reads; ``fails(n, call)`` tells whether the n-th read of all sources fails."""

    def __init__(self, fails: Callable[[int, Call], bool]) -> None:
        self.reads = 0
        self._fails = fails

    def wrap(self, source: Any) -> Any:
        flaky = self

        class Wrapped:
            def __getattr__(self, name: str) -> Any:
                method = getattr(source, name)

                def read(*args: Any) -> Any:
                    flaky.reads += 1
                    if flaky._fails(flaky.reads, (name, args)):
                        raise Unavailable(f"{name} did not answer")
                    return method(*args)

                return read

        return Wrapped()


@pytest.mark.parametrize("name", CASES)
def test_every_read_failing_once(name: str) -> None:
    expected = derive(CASES[name])
    flaky = Flaky(first_tries(1))
    assert_same(derive(CASES[name], flaky.wrap), expected)
    assert flaky.reads > len(expected.blocks)


@pytest.mark.parametrize("name", [name for name, _ in go_recordings()])
def test_one_read_failing_at_each_point(name: str) -> None:
    recording = CASES[name]
    counter = Flaky(lambda _read, _call: False)
    expected = derive(recording, counter.wrap)
    for point in range(1, counter.reads + 1):
        flaky = Flaky(lambda read, _call, point=point: read == point)
        assert_same(derive(recording, flaky.wrap), expected, f"read {point} failed")


@pytest.mark.parametrize("tries", [2, 5])
def test_reads_failing_in_a_row(tries: int) -> None:
    recording = go_recording("holocene-junk-and-disorder")
    assert_same(derive(recording, Flaky(first_tries(tries)).wrap), derive(recording))


def first_tries(count: int) -> Callable[[int, Call], bool]:
    """Each different read fails on its first ``count`` tries."""
    tried: dict[str, int] = {}

    def fails(_read: int, call: Call) -> bool:
        name, args = call
        key = f"{name} {args}"
        tried[key] = tried.get(key, 0) + 1
        return tried[key] <= count

    return fails


def assert_same(found: Outcome, expected: Outcome, note: str = "") -> None:
    """Compared piece by piece: the difference of whole outcomes takes pytest minutes to show."""
    for index, (ours, theirs) in enumerate(zip(found.blocks, expected.blocks, strict=False)):
        same = ours == theirs
        assert same, f"{note}: block {index} differs"
    assert len(found.blocks) == len(expected.blocks), note
    reasons = [(drop.reason, drop.origin, drop.detail) for drop in found.drops]
    assert reasons == [(drop.reason, drop.origin, drop.detail) for drop in expected.drops], note
    same = found.drops == expected.drops
    assert same, note
