"""Passing news on: to several ends, and with the name of the node and the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pyoprollup.events import Happening, Tell

__all__ = ["at_node", "spread"]


def spread(*ends: Tell) -> Tell:
    """A ``tell`` that passes everything to each of ``ends``, in their order."""

    def tell(happening: Happening) -> None:
        for end in ends:
            end(happening)

    return tell


def at_node(node: str, now: Callable[[], float], tell: Tell) -> Tell:
    """A ``tell`` for the components of one node: adds its name and the time, in seconds."""

    def stamped(happening: Happening) -> None:
        tell(replace(happening, node=happening.node or node, time=now()))

    return stamped
