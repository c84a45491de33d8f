"""Engines to be compared."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("numba", reason="the compiled machine needs numba: the extra fast")

from pyoprollup.cannon.compiled import CompiledEngine
from pyoprollup.cannon.compiled.loader import compiled_machine
from pyoprollup.cannon.state import State


def engine_with(*writes: tuple[int, bytes]) -> CompiledEngine:
    """A compiled engine with these bytes in its memory."""
    state = State.initial(0, 0)
    for address, data in writes:
        state.memory.write(address, data)
    return CompiledEngine(state)


def function(name: str) -> Any:
    """A compiled function."""
    return getattr(compiled_machine(), name)
