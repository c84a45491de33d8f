"""Sync by the execution engine itself, from its own peers, and how it ends.

With ``SyncMode.EL`` the node only shows the engine where the tip is; the engine answers SYNCING until
it has caught up. Then the tip counts as final once, since nothing else could have been checked, and
derivation takes over. Specification: protocol/exec-engine.md, Sync.
"""

from __future__ import annotations

from enum import Enum, auto

from pyoprollup.engine.ports import ExecutePayloadStatus

__all__ = ["ELSync", "SyncMode", "SyncStatus"]

_VALID = ExecutePayloadStatus.VALID
_SYNCING = ExecutePayloadStatus.SYNCING
_ACCEPTED = ExecutePayloadStatus.ACCEPTED


class SyncMode(Enum):
    """Who brings the chain up to date: this node (consensus layer) or the engine (execution layer)."""

    CL = "consensus-layer"
    EL = "execution-layer"


class SyncStatus(Enum):
    """Where a sync by the engine is; passed through in this order, never back."""

    CL = auto()
    """Not asked for."""
    WILL_START_EL = auto()
    STARTED_EL = auto()
    FINISHED_EL_NOT_FINALIZED = auto()
    FINISHED_EL = auto()


class ELSync:
    """The state of a sync by the engine."""

    def __init__(self, mode: SyncMode) -> None:
        self.mode = mode
        self.status = SyncStatus.WILL_START_EL if mode is SyncMode.EL else SyncStatus.CL

    @property
    def syncing(self) -> bool:
        """Whether the engine is, or is about to be, on its own."""
        return self.status not in (SyncStatus.CL, SyncStatus.FINISHED_EL)

    @property
    def will_start(self) -> bool:
        return self.status is SyncStatus.WILL_START_EL

    @property
    def started(self) -> bool:
        """The engine has been pointed at a tip, and is not known to have caught up with it."""
        return self.status is SyncStatus.STARTED_EL

    @property
    def caught_up(self) -> bool:
        """The engine is done, and its tip has yet to be declared final."""
        return self.status is SyncStatus.FINISHED_EL_NOT_FINALIZED

    def start(self) -> None:
        self.status = SyncStatus.STARTED_EL

    def finish(self) -> None:
        self.status = SyncStatus.FINISHED_EL

    def accepts_new_payload(self, status: ExecutePayloadStatus) -> bool:
        """Whether a payload with this answer may become the tip."""
        self._observe(status)
        return status is _VALID or (self.mode is SyncMode.EL and status in (_SYNCING, _ACCEPTED))

    def accepts_forkchoice(self, status: ExecutePayloadStatus) -> bool:
        """Whether a forkchoice update with this answer counts as done."""
        self._observe(status)
        return status is _VALID or (self.mode is SyncMode.EL and status is _SYNCING)

    def _observe(self, status: ExecutePayloadStatus) -> None:
        if status is _VALID and self.status is SyncStatus.STARTED_EL:
            self.status = SyncStatus.FINISHED_EL_NOT_FINALIZED
