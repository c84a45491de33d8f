"""Families of errors."""

from __future__ import annotations

import pytest

from pyoprollup.cannon import errors
from pyoprollup.errors import DecodeError, RollupError


@pytest.mark.parametrize("name", errors.__all__)
def test_all_are_of_one_family(name: str) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, errors.CannonError) and issubclass(kind, RollupError)


def test_files_are_decoded() -> None:
    for kind in (errors.ElfError, errors.StateFileError, errors.SymbolsError):
        assert issubclass(kind, DecodeError)
