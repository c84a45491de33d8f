"""Sources that do not always answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyoprollup.engine.errors import EngineError
from pyoprollup.errors import Unavailable
from pyoprollup.execution.in_process import InProcessEngine

__all__ = ["FlakyEngine", "FlakyL1"]


class FlakyL1:
    """L1 as a node sees it. While ``fails`` says so, there is no answer."""

    def __init__(self, l1: Any) -> None:
        self._l1 = l1
        self.fails: Callable[[], bool] = lambda: False

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._l1, name)

        def asked(*arguments: Any) -> Any:
            if self.fails():
                raise Unavailable(f"L1 does not answer {name}")
            return call(*arguments)

        return asked


class FlakyEngine:
    """An engine as a node sees it. ``fault`` gets a call's name and arguments and may say what it raises."""

    def __init__(self, engine: InProcessEngine) -> None:
        self._engine = engine
        self.fault: Callable[[str, tuple[Any, ...]], EngineError | None] = lambda _name, _arguments: None

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._engine, name)
        if not callable(call):
            return call

        def asked(*arguments: Any) -> Any:
            error = self.fault(name, arguments)
            if error is not None:
                raise error
            return call(*arguments)

        return asked
