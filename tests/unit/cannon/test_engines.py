"""Which engine is taken."""

from __future__ import annotations

import pytest

from pyoprollup.cannon import engines
from pyoprollup.cannon.engine import PlainEngine
from pyoprollup.cannon.engines import can_compile, engine_of
from pyoprollup.errors import ConfigError


def test_engines_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine_of("plain") is PlainEngine
    with pytest.raises(ConfigError, match="none of plain, compiled, auto"):
        engine_of("fast")
    monkeypatch.setattr(engines, "can_compile", lambda: False)
    assert engine_of("auto") is PlainEngine
    with pytest.raises(ConfigError, match="needs numba"):
        engine_of("compiled")


@pytest.mark.skipif(not can_compile(), reason="the compiled machine needs numba: the extra fast")
def test_auto_is_the_fastest() -> None:
    from pyoprollup.cannon.compiled import CompiledEngine

    assert engine_of("auto") is engine_of("compiled") is CompiledEngine
