"""The hard forks of the OP Stack, in the order of their activation."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Fork"]


class Fork(IntEnum):
    """A network upgrade. The order is the order in which a chain may activate them."""

    BEDROCK = 0
    REGOLITH = 1
    CANYON = 2
    DELTA = 3
    ECOTONE = 4
    FJORD = 5
    GRANITE = 6
    HOLOCENE = 7
    ISTHMUS = 8
    JOVIAN = 9
    KARST = 10
    INTEROP = 11

    @property
    def config_key(self) -> str:
        """The fork's field in ``rollup.json``, e.g. ``ecotone_time``."""
        return f"{self.name.lower()}_time"
