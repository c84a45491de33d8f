"""Versions by name."""

from __future__ import annotations

import pytest

from pyoprollup.cannon.errors import UnsupportedVersion
from pyoprollup.cannon.versions import StateVersion, parse_version


def test_only_one_is_run() -> None:
    assert parse_version("multithreaded64-5") is StateVersion.MULTITHREADED64_5 == 8
    for version in StateVersion:
        if version != 8:
            with pytest.raises(
                UnsupportedVersion, match=rf"unsupported state version: {int(version)} \({version.label}\)"
            ):
                parse_version(version.label)
    with pytest.raises(UnsupportedVersion, match="unknown state version"):
        parse_version("nonsense")


def test_names_are_op_cannons() -> None:
    assert [version.label for version in StateVersion] == [
        "singlethreaded",
        "multithreaded",
        "singlethreaded-2",
        "multithreaded64",
        "multithreaded64-2",
        "multithreaded-2",
        "multithreaded64-3",
        "multithreaded64-4",
        "multithreaded64-5",
    ]
