"""Registration of checks, and how a difference is told."""

from __future__ import annotations

import pytest

from pyoprollup.vectors.core import CHECKS, Case, Mismatch, expect, register


def test_equal_values_pass() -> None:
    expect("field", b"\1\2", b"\1\2")


def test_a_difference_names_the_field_and_both_values() -> None:
    with pytest.raises(Mismatch, match=r"^size: expected 1, got '0x0102'$"):
        expect("size", 1, b"\1\2")


def test_long_values_are_cut() -> None:
    with pytest.raises(Mismatch) as caught:
        expect("data", "", "a" * 5000)
    assert len(str(caught.value)) < 400
    assert "(5002 characters)" in str(caught.value)


def test_two_checks_for_one_format_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(_: Case) -> None: ...

    monkeypatch.setitem(CHECKS, ("made_up", "one"), check)
    with pytest.raises(ValueError, match="made_up"):
        register("made_up", "one")(check)
