"""The proposer's ``admin_*`` methods: start and stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyoprollup.proposer.driver import L2OutputSubmitter

__all__ = ["ProposerAPI"]


class ProposerAPI:
    """Controls a proposer from outside. :meth:`methods` are for a JSON-RPC server; their errors are those
    of the library."""

    def __init__(self, proposer: L2OutputSubmitter) -> None:
        self._proposer = proposer

    def methods(self) -> dict[str, Callable[..., Any]]:
        """The methods by name; those of its transaction manager are ``txmgr.SimpleTxmgrAPI``'s."""
        return {"admin_startProposer": self.start_proposer, "admin_stopProposer": self.stop_proposer}

    def start_proposer(self) -> None:
        self._proposer.start_l2_output_submitting()

    def stop_proposer(self) -> None:
        self._proposer.stop_l2_output_submitting()
