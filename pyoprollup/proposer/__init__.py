"""The proposer: output roots of L2 to dispute games on L1.

``driver`` decides when to propose what, and sends it; ``source`` asks rollup nodes for output roots,
``contracts`` reads the factory of games and makes the transaction. ``config``, ``metrics`` and ``service``
are its settings, its counters and its admin methods.

Specification: protocol/proposals.md; fault-proof/stage-one/dispute-game-interface.md.
"""

from __future__ import annotations

from pyoprollup.proposer.config import ProposalHead, ProposerConfig
from pyoprollup.proposer.contracts import ProposalGames, RecentProposal
from pyoprollup.proposer.driver import L2OutputSubmitter
from pyoprollup.proposer.errors import AlreadyRunningError, NotRunningError, ProposerError, SourceFailed
from pyoprollup.proposer.metrics import ProposerMetrics
from pyoprollup.proposer.service import ProposerAPI
from pyoprollup.proposer.source import Proposal, ProposalSource, RollupProposalSource

__all__ = [
    "AlreadyRunningError",
    "L2OutputSubmitter",
    "NotRunningError",
    "Proposal",
    "ProposalGames",
    "ProposalHead",
    "ProposalSource",
    "ProposerAPI",
    "ProposerConfig",
    "ProposerError",
    "ProposerMetrics",
    "RecentProposal",
    "RollupProposalSource",
    "SourceFailed",
]
