"""Checks, their registration by format, and the results of a run.

A *format* is the name in a golden file's ``meta.file``; its ``cases`` are a list, or a dict of
lists (*sections*). A check is a function that takes one case and returns normally when our code
agrees with it, and raises :class:`Mismatch` when not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyoprollup.errors import RollupError

__all__ = ["CHECKS", "Case", "CaseResult", "Check", "Mismatch", "expect", "register"]

Case = dict[str, Any]
Check = Callable[[Case], None]


class Mismatch(RollupError, AssertionError):
    """Our answer differs from the vector's; the message names the field and both values."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Outcome of one case. ``detail`` is empty when it passed."""

    name: str
    passed: bool
    detail: str = ""


CHECKS: dict[tuple[str, str], Check] = {}
"""``(format, section)`` → check; the section is ``""`` for a format whose cases are a plain list."""


def register(format_name: str, section: str = "") -> Callable[[Check], Check]:
    """Decorator: use the function to check the cases of ``format_name`` / ``section``."""

    def add(check: Check) -> Check:
        key = (format_name, section)
        if key in CHECKS:
            raise ValueError(f"two checks for {key}")
        CHECKS[key] = check
        return check

    return add


def expect(field: str, expected: object, actual: object) -> None:
    """Raise :class:`Mismatch` unless both values are equal."""
    if expected != actual:
        raise Mismatch(f"{field}: expected {_short(expected)}, got {_short(actual)}")


def _short(value: object) -> str:
    if isinstance(value, bytes):
        value = "0x" + value.hex()
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:150]}…{text[-40:]} ({len(text)} characters)"
