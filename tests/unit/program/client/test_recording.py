from __future__ import annotations

import pytest

from pyoprollup.preimage import PreimageMissing, local_key
from pyoprollup.program.client.recording import RecordingHinter, RecordingOracle, no_hints
from tests.unit.program.support import DictOracle


def test_requests_in_the_order_of_the_first() -> None:
    oracle = RecordingOracle(DictOracle({local_key(number): b"%d" % number for number in range(3)}))
    for number in (2, 0, 2, 1, 0):
        assert oracle.get(local_key(number)) == b"%d" % number
    assert list(oracle.preimages.items()) == [(local_key(number), b"%d" % number) for number in (2, 0, 1)]
    with pytest.raises(PreimageMissing):
        oracle.get(local_key(7))
    assert local_key(7) not in oracle.preimages


def test_hints_with_and_without_somebody_to_take_them() -> None:
    inner = RecordingHinter()
    outer = RecordingHinter(inner)
    for text in ("a", "b", "a"):
        outer.hint(text)
    assert inner.hints == outer.hints == ["a", "b", "a"]
    no_hints.hint("anything")
