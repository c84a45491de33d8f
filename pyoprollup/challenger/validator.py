"""Checks that a game begins from what we believe in: our program, and a root of the chain or chains."""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.challenger.game.trace import TraceProvider
from pyoprollup.challenger.player import InvalidPrestate, Validator
from pyoprollup.challenger.trace.node_outputs import GameNodes
from pyoprollup.eth.types import Hash32, to_hex

__all__ = ["PrestateValidator", "StartingRootValidator"]


class PrestateValidator(Validator):
    """Compares a commitment of the contract with ours, which may take long to find."""

    def __init__(self, expected: Hash32, ours: Callable[[], Hash32], what: str = "absolute prestate") -> None:
        self._expected = expected
        self._ours = ours
        self._what = what

    def validate(self) -> None:
        """Raise :class:`InvalidPrestate` if they differ, and what finding ours does."""
        ours = self._ours()
        if ours != self._expected:
            expected, found = to_hex(self._expected), to_hex(ours)
            raise InvalidPrestate(f"{self._what}: the game has {expected}, and we have {found}")


class StartingRootValidator(PrestateValidator):
    """Compares the root that a game begins from with what the nodes have there."""

    def __init__(self, expected: Hash32, nodes: GameNodes, trace: TraceProvider) -> None:
        def ours() -> Hash32:
            nodes.refresh()
            return trace.absolute_prestate_commitment()

        super().__init__(expected, ours, "starting root")
