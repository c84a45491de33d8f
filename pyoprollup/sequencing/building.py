"""The state of the block that the sequencer is building."""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.engine.ports import PayloadInfo
from pyoprollup.eth.refs import L2BlockRef

__all__ = ["BuildingState"]


@dataclass(frozen=True, slots=True)
class BuildingState:
    """A block in the making: first what it is built on, then its build job, in the end the block."""

    onto: L2BlockRef | None = None
    info: PayloadInfo | None = None
    started: float = 0.0
    ref: L2BlockRef | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is being made."""
        return self == _IDLE


_IDLE = BuildingState()
