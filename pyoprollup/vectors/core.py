"""Checks, their registration by format, and the results of a run.

A *format* is the name in a golden file's ``meta.file``; its ``cases`` are a list, or a dict of
lists (*sections*), of which one may be a single case. A check is a function that takes one case and returns
normally when our code agrees with it, raises :class:`Mismatch` when not, and :class:`Skipped` when it lacks
what it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyoprollup.errors import RollupError
from pyoprollup.rollup.upgrades import UpgradeBundles

__all__ = [
    "BUNDLED",
    "CHECKS",
    "PREPARATIONS",
    "SINGLE",
    "WITH_FOLDER",
    "BundledCheck",
    "Case",
    "CaseResult",
    "Check",
    "Mismatch",
    "Skipped",
    "expect",
    "prepare",
    "register",
    "register_bundled",
]

Case = dict[str, Any]
Check = Callable[[Case], None]


BundledCheck = Callable[[Case, "UpgradeBundles | None"], None]
"""A check that can use upgrade bundles."""


class Mismatch(RollupError, AssertionError):
    """Our answer differs from the vector's; the message names the field and both values."""


class Skipped(RollupError):
    """The case cannot be checked here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Outcome of one case. ``detail`` is empty when it passed. A case that was skipped did not pass and did
    not fail.
    """

    name: str
    passed: bool
    detail: str = ""
    skipped: bool = False


CHECKS: dict[tuple[str, str], Check] = {}
"""``(format, section)`` → check; the section is ``""`` for a format whose cases are a plain list."""


SINGLE: set[tuple[str, str]] = set()
"""Sections that are one case and no list."""


WITH_FOLDER: set[str] = set()
"""Formats whose cases are given their file's folder, as ``folder``: there is more in it that they need."""


BUNDLED: dict[tuple[str, str], BundledCheck] = {}
"""Those of them that can use upgrade bundles."""


Preparation = Callable[[list[Case]], list[Case]]

PREPARATIONS: dict[str, Preparation] = {}
"""Formats whose cases depend on each other, and what gives each case what it needs of others."""


def prepare(format_name: str) -> Callable[[Preparation], Preparation]:
    """Decorator: have the function change the cases of ``format_name`` before they are checked."""

    def add(change: Preparation) -> Preparation:
        PREPARATIONS[format_name] = change
        return change

    return add


def _without_bundles(check: BundledCheck, case: Case) -> None:
    check(case, None)


def register_bundled(format_name: str, section: str = "") -> Callable[[BundledCheck], BundledCheck]:
    """As :func:`register`, for a check that can use upgrade bundles."""

    def add(check: BundledCheck) -> BundledCheck:
        register(format_name, section)(partial(_without_bundles, check))
        BUNDLED[format_name, section] = check
        return check

    return add


def register(format_name: str, section: str = "", *, single: bool = False) -> Callable[[Check], Check]:
    """Decorator: use the function to check the cases of ``format_name`` / ``section``.

    A section that is ``single`` is one case, not a list of them.
    """

    def add(check: Check) -> Check:
        key = (format_name, section)
        if key in CHECKS:
            raise ValueError(f"two checks for {key}")
        CHECKS[key] = check
        if single:
            SINGLE.add(key)
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
