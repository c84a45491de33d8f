"""The monitor of games: whether every dispute game goes as it should, and whether all bonds are there.

``extract`` reads all games of a window at one L1 block, ``agreement`` and ``super_roots`` ask nodes which
root claims are right, and the checks say what that comes to: ``forecast`` (who wins), ``claims`` and
``resolutions`` (in time or not), ``bonds``, ``credits`` and ``withdrawals`` (who gets what),
``l2_challenges`` and ``zk_lifecycle``. ``report`` is all of it together. The checks are pure; ``monitor`` is
what runs.

Specification: fault-proof/stage-one/fault-dispute-game.md; fault-proof/stage-one/bond-incentives.md.
"""

from __future__ import annotations

from pyoprollup.dispute_mon.agreement import NodeAnswer, OutputNode, agree_on_output, ask_output, decide
from pyoprollup.dispute_mon.bonds import fault_bonds, withdrawable_at, zk_bonds
from pyoprollup.dispute_mon.claims import ClaimsCheck, ClaimStatus, HonestClaims, check_claims
from pyoprollup.dispute_mon.config import DisputeMonConfig
from pyoprollup.dispute_mon.credits import (
    CollateralBalance,
    CreditExpectation,
    CreditsCheck,
    HonestBonds,
    check_bonds,
    required_collateral,
)
from pyoprollup.dispute_mon.errors import (
    CouldNotCheck,
    InconsistentZKGame,
    MonitorError,
    NoSource,
    WaitingForSource,
)
from pyoprollup.dispute_mon.extract import GameExtractor, MonitoredL1, Sources, Workers
from pyoprollup.dispute_mon.forecast import (
    Forecast,
    GameAgreement,
    forecast_games,
    forecast_status,
    game_agreement,
)
from pyoprollup.dispute_mon.l2_challenges import L2ChallengesCheck, check_l2_challenges
from pyoprollup.dispute_mon.monitor import GameMonitor, MonitorMetrics
from pyoprollup.dispute_mon.notices import Notice, NoticeKind
from pyoprollup.dispute_mon.report import EndpointsCheck, Extraction, Report, check_endpoints, make_report
from pyoprollup.dispute_mon.report_json import game_json, notice_json, report_json
from pyoprollup.dispute_mon.resolutions import ResolutionsCheck, ResolutionStatus, check_resolutions
from pyoprollup.dispute_mon.super_roots import agree_on_super_root
from pyoprollup.dispute_mon.types import (
    Agreement,
    BondData,
    BondedGame,
    BondRecord,
    Bonds,
    CommonGame,
    EnrichedClaim,
    EnrichedGame,
    FaultGame,
    HonestActors,
    NodeEndpoints,
    SuperPermissionedGame,
    ZKGame,
    honest_actors,
)
from pyoprollup.dispute_mon.withdrawals import WithdrawalCounts, WithdrawalsCheck, check_withdrawals
from pyoprollup.dispute_mon.zk_lifecycle import PendingActions, check_zk_lifecycle

__all__ = [
    "Agreement",
    "BondData",
    "BondRecord",
    "BondedGame",
    "Bonds",
    "ClaimStatus",
    "ClaimsCheck",
    "CollateralBalance",
    "CommonGame",
    "CouldNotCheck",
    "CreditExpectation",
    "CreditsCheck",
    "DisputeMonConfig",
    "EndpointsCheck",
    "EnrichedClaim",
    "EnrichedGame",
    "Extraction",
    "FaultGame",
    "Forecast",
    "GameAgreement",
    "GameExtractor",
    "GameMonitor",
    "HonestActors",
    "HonestBonds",
    "HonestClaims",
    "InconsistentZKGame",
    "L2ChallengesCheck",
    "MonitorError",
    "MonitorMetrics",
    "MonitoredL1",
    "NoSource",
    "NodeAnswer",
    "NodeEndpoints",
    "Notice",
    "NoticeKind",
    "OutputNode",
    "PendingActions",
    "Report",
    "ResolutionStatus",
    "ResolutionsCheck",
    "Sources",
    "SuperPermissionedGame",
    "WaitingForSource",
    "WithdrawalCounts",
    "WithdrawalsCheck",
    "Workers",
    "ZKGame",
    "agree_on_output",
    "agree_on_super_root",
    "ask_output",
    "check_bonds",
    "check_claims",
    "check_endpoints",
    "check_l2_challenges",
    "check_resolutions",
    "check_withdrawals",
    "check_zk_lifecycle",
    "decide",
    "fault_bonds",
    "forecast_games",
    "forecast_status",
    "game_agreement",
    "game_json",
    "honest_actors",
    "make_report",
    "notice_json",
    "report_json",
    "required_collateral",
    "withdrawable_at",
    "zk_bonds",
]
