"""Which engines there are on this machine: plain Python always, compiled where numba is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from pyoprollup.cannon.engine import Engine, PlainEngine
from pyoprollup.cannon.state import State
from pyoprollup.errors import ConfigError

__all__ = ["can_compile", "engine_of"]


def can_compile() -> bool:
    """Whether what the compiled engine needs is installed: the extra ``fast``."""
    return find_spec("numba") is not None


def engine_of(name: str) -> Callable[[State], Engine]:
    """The engine with this name: ``plain``, ``compiled``, or ``auto`` for the fastest that there is.

    Raises :class:`ConfigError` if there is none.
    """
    if name == "plain" or (name == "auto" and not can_compile()):
        return PlainEngine
    if name not in ("compiled", "auto"):
        raise ConfigError(f"{name!r} is none of plain, compiled, auto")
    if not can_compile():
        raise ConfigError("the compiled engine needs numba: install pyoprollup[fast]")
    from pyoprollup.cannon.compiled import CompiledEngine

    return CompiledEngine
