"""Challenged block numbers, what is to be done for ZK games, settings, and what is said about games."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.challenger.contracts import BondDistributionMode, ProposalStatus
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon import (
    Agreement,
    DisputeMonConfig,
    NodeEndpoints,
    NoticeKind,
    check_endpoints,
    check_l2_challenges,
    check_zk_lifecycle,
    honest_actors,
)
from pyoprollup.dispute_mon.zk_lifecycle import needs_resolution
from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import ZERO_ADDRESS
from pyoprollup.events import Level
from tests.unit.dispute_mon.support import CLOCK, CREATED, FACTORY, HONEST, fault, root, zk

DEADLINE = CREATED + CLOCK


def test_challenged_block_numbers() -> None:
    games = [
        fault(root(), challenger=HONEST),
        fault(root(), challenger=HONEST, index=1, agreement=Agreement(False)),
        fault(root(), index=2),
    ]
    check = check_l2_challenges(games)
    assert (check.agree, check.disagree) == (1, 1)
    (notice,) = check.notices
    assert notice.kind is NoticeKind.VALID_BLOCK_CHALLENGED and notice.game == games[0].common.proxy


@pytest.mark.parametrize(
    ("proposal", "parent", "now", "needed"),
    [
        (ProposalStatus.UNCHALLENGED, None, DEADLINE, False),
        (ProposalStatus.UNCHALLENGED, None, DEADLINE + 1, True),
        (ProposalStatus.CHALLENGED, GameStatus.IN_PROGRESS, DEADLINE + 1, False),
        (ProposalStatus.CHALLENGED, GameStatus.DEFENDER_WON, DEADLINE + 1, True),
        (ProposalStatus.CHALLENGED, GameStatus.CHALLENGER_WON, CREATED, True),
        (ProposalStatus.CHALLENGED_AND_PROVEN, None, CREATED, True),
        (ProposalStatus.RESOLVED, None, DEADLINE + 1, False),
    ],
)
def test_zk_games_to_be_resolved(
    proposal: ProposalStatus, parent: GameStatus | None, now: int, needed: bool
) -> None:
    assert needs_resolution(zk(proposal, parent=parent), now) == needed


def test_zk_games_to_be_closed() -> None:
    over = zk(ProposalStatus.RESOLVED, status=GameStatus.DEFENDER_WON)
    closed = replace(over, bond_data=replace(over.bond_data, mode=BondDistributionMode.NORMAL))
    found = check_zk_lifecycle([over, closed, zk(ProposalStatus.UNCHALLENGED_AND_PROVEN)], CREATED)
    assert (found.resolution, found.bond_distribution) == (1, 1)


def test_nodes() -> None:
    answers = [
        NodeEndpoints(3, frozenset({"a"}), out_of_sync=1, safe=1),
        NodeEndpoints(3, frozenset({"a", "b"}), not_found=0, unsafe=1),
        NodeEndpoints(3, not_found=1, safe=1, unsafe=1, different_roots=True),
    ]
    check = check_endpoints(answers)
    assert (check.failing, check.errors, check.out_of_sync) == (2, 3, 1)
    assert (check.mixed_availability, check.mixed_safety, check.different_roots) == (1, 1, 1)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"game_factory_address": ZERO_ADDRESS}, "game_factory_address"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"monitor_interval": 0.0}, "monitor_interval"),
        ({"game_window": float("nan")}, "game_window"),
    ],
)
def test_settings(change: dict[str, object], text: str) -> None:
    config = DisputeMonConfig(FACTORY)
    config.check()
    with pytest.raises(ConfigError, match=f"^{text}:"):
        replace(config, **change).check()  # type: ignore[arg-type]


def test_nobody_is_no_honest_account() -> None:
    assert honest_actors(HONEST, ZERO_ADDRESS) == {HONEST}


def test_every_kind_of_notice_has_an_event_of_its_own() -> None:
    events = [kind.event for kind in NoticeKind]
    assert len(set(events)) == len(events) == len({kind.text for kind in NoticeKind})
    assert all(kind.level in (Level.WARNING, Level.ERROR) for kind in NoticeKind)
