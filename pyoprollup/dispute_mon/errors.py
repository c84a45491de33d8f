"""What can go wrong with the monitoring of games."""

from __future__ import annotations

from pyoprollup.challenger.contracts import MalformedGame
from pyoprollup.dispute_mon.types import NodeEndpoints
from pyoprollup.errors import RollupError, Unavailable

__all__ = ["CouldNotCheck", "InconsistentZKGame", "MonitorError", "NoSource", "WaitingForSource"]


class MonitorError(RollupError):
    """The root of the errors of this package."""


class CouldNotCheck(MonitorError, Unavailable):
    """No node can say whether a root is right: none answers, or none has come far enough.

    ``endpoints`` is what they have answered.
    """

    def __init__(self, message: str, endpoints: NodeEndpoints) -> None:
        super().__init__(message)
        self.endpoints = endpoints


class WaitingForSource(CouldNotCheck):
    """All that fails is that the nodes have not come far enough, which will pass."""


class NoSource(MonitorError):
    """A game needs a kind of node that the monitor was not given."""


class InconsistentZKGame(MonitorError, MalformedGame):
    """The answers of a ZK game contradict each other."""
