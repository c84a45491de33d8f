"""All that is to be said about some games at a time, in one value, which metrics and tables are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pyoprollup.bindings import GameMetadata
from pyoprollup.challenger.game_types import game_type_name
from pyoprollup.dispute_mon.claims import ClaimsCheck, check_claims
from pyoprollup.dispute_mon.credits import CreditsCheck, check_bonds
from pyoprollup.dispute_mon.forecast import Forecast, forecast_games
from pyoprollup.dispute_mon.l2_challenges import L2ChallengesCheck, check_l2_challenges
from pyoprollup.dispute_mon.notices import Notice, NoticeKind
from pyoprollup.dispute_mon.resolutions import ResolutionsCheck, check_resolutions
from pyoprollup.dispute_mon.types import EnrichedGame, FaultGame, HonestActors, NodeEndpoints, ZKGame
from pyoprollup.dispute_mon.withdrawals import WithdrawalsCheck, check_withdrawals
from pyoprollup.dispute_mon.zk_lifecycle import PendingActions, check_zk_lifecycle
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import Address

__all__ = ["EndpointsCheck", "Extraction", "Report", "check_endpoints", "make_report"]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was read at one L1 block.

    ``games`` have those that could not be read this time as they were before. ``failed`` are these, and why;
    ``waiting`` are those for which only no node has come far enough. ``unchecked`` has what the nodes have
    answered about games of both. ``anchors`` has the L2 number of each registry's anchor.
    """

    block: BlockID
    games: tuple[EnrichedGame, ...]
    ignored: int = 0
    failed: Mapping[GameMetadata, str] = field(default_factory=dict)
    waiting: frozenset[GameMetadata] = frozenset()
    unchecked: Mapping[GameMetadata, NodeEndpoints] = field(default_factory=dict)
    anchors: Mapping[Address, int] = field(default_factory=dict)

    @property
    def endpoints(self) -> dict[GameMetadata, NodeEndpoints]:
        """What the nodes have answered this time, by game."""
        return {game.common.metadata: game.common.agreement.endpoints for game in self.games} | dict(
            self.unchecked
        )


@dataclass(slots=True)
class EndpointsCheck:
    """How the nodes are: ``failing`` counts those with an error for any game, ``errors`` all errors.

    The others count games: with answers of nodes that had not come far enough (``out_of_sync`` counts these),
    with nodes that have the block and others that have not, with different opinions about its safety, and
    with different roots.
    """

    failing: int = 0
    errors: int = 0
    out_of_sync: int = 0
    mixed_availability: int = 0
    mixed_safety: int = 0
    different_roots: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The result of all checks. ``oldest_update`` is when the game was read that was not for longest."""

    time: int
    extraction: Extraction
    forecast: Forecast
    resolutions: ResolutionsCheck
    claims: ClaimsCheck
    credits: CreditsCheck
    withdrawals: WithdrawalsCheck
    l2_challenges: L2ChallengesCheck
    endpoints: EndpointsCheck
    zk: PendingActions
    game_types: Counter[str]
    oldest_update: float
    notices: tuple[Notice, ...]


def check_endpoints(answers: Iterable[NodeEndpoints]) -> EndpointsCheck:
    """Look at what the nodes have answered about some games."""
    check = EndpointsCheck()
    failing: set[str] = set()
    for found in answers:
        failing |= found.errors
        check.errors += len(found.errors)
        check.out_of_sync += found.out_of_sync
        check.mixed_availability += found.has_mixed_availability
        check.mixed_safety += found.has_mixed_safety
        check.different_roots += found.different_roots
    check.failing = len(failing)
    return check


def _disagreements(extraction: Extraction) -> list[Notice]:
    return [
        Notice(
            NoticeKind.NODES_DISAGREE,
            metadata.proxy,
            {"different_roots": found.different_roots, "not_found": found.not_found, "total": found.total},
        )
        for metadata, found in extraction.endpoints.items()
        if found.different_roots or found.has_mixed_availability
    ]


def make_report(extraction: Extraction, now: int, honest: HonestActors) -> Report:
    """Make all checks, as of ``now``, which is the monitor's time in seconds."""
    games = extraction.games
    fault = [game for game in games if isinstance(game, FaultGame)]
    bonded = [game for game in games if isinstance(game, FaultGame | ZKGame)]
    forecast = forecast_games(games)
    resolutions = check_resolutions(fault, now)
    claims = check_claims(fault, now, honest)
    credits = check_bonds(bonded, now, honest)
    withdrawals = check_withdrawals(bonded, now, honest)
    l2_challenges = check_l2_challenges(fault)
    notices = (forecast, resolutions, claims, credits, withdrawals, l2_challenges)
    return Report(
        time=now,
        extraction=extraction,
        forecast=forecast,
        resolutions=resolutions,
        claims=claims,
        credits=credits,
        withdrawals=withdrawals,
        l2_challenges=l2_challenges,
        endpoints=check_endpoints(extraction.endpoints.values()),
        zk=check_zk_lifecycle([game for game in games if isinstance(game, ZKGame)], now),
        game_types=Counter(game_type_name(game.common.metadata.game_type) for game in games),
        oldest_update=min((game.common.updated_at for game in games), default=float(now)),
        notices=tuple(notice for check in notices for notice in check.notices)
        + tuple(_disagreements(extraction)),
    )
