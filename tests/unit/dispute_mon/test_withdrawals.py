"""Withdrawals against credits, by bond mode (failures 25 and 27)."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.contracts import BondDistributionMode, ProposalStatus
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon import NoticeKind, check_withdrawals
from tests.unit.dispute_mon.support import DELAY, HONEST, LIAR, WETH, fault, request, root, zk

NOW = 10_000
OLD, NEW = NOW - DELAY - 1, NOW - DELAY
ACTORS = frozenset({HONEST})
UNDECIDED, NORMAL, REFUND, LEGACY = BondDistributionMode


@pytest.mark.parametrize(
    ("mode", "credit", "amount", "counts"),
    [
        (LEGACY, 5, 5, (1, 0)),
        (LEGACY, 5, 0, (0, 1)),
        (LEGACY, 0, 0, (1, 0)),
        (UNDECIDED, 5, 0, (0, 0)),
        (UNDECIDED, 5, 5, (0, 1)),
        (NORMAL, 5, 0, (1, 0)),
        (NORMAL, 5, 5, (1, 0)),
        (NORMAL, 5, 4, (0, 1)),
        (REFUND, 5, 0, (1, 0)),
        (REFUND, 0, 5, (0, 1)),
    ],
)
def test_matching_and_divergent(
    mode: BondDistributionMode, credit: int, amount: int, counts: tuple[int, int]
) -> None:
    """On newer games nothing is unlocked before the first claim of credit, and nothing before closing."""
    game = fault(
        root(), bonds={"mode": mode, "credits": {LIAR: credit}, "withdrawals": {LIAR: request(amount, NEW)}}
    )
    check = check_withdrawals([game], NOW, ACTORS)
    found = check.requests[WETH]
    assert (found.matching, found.divergent) == counts
    assert bool(check.notices) == bool(found.divergent)
    assert check.honest == {HONEST: 0}


@pytest.mark.parametrize(
    ("mode", "credit", "amount", "timestamp", "open_", "told"),
    [
        (NORMAL, 5, 0, 0, 5, NoticeKind.WITHDRAWAL_NOT_BEGUN),
        (UNDECIDED, 5, 0, 0, 0, None),
        (REFUND, 0, 0, 0, 0, None),
        (NORMAL, 5, 5, OLD, 5, NoticeKind.CREDIT_UNCLAIMED),
        (NORMAL, 5, 5, NEW, 0, None),
        (LEGACY, 7, 7, OLD, 7, NoticeKind.CREDIT_UNCLAIMED),
    ],
)
def test_what_honest_accounts_could_have(
    mode: BondDistributionMode, credit: int, amount: int, timestamp: int, open_: int, told: NoticeKind | None
) -> None:
    bonds = {"mode": mode, "credits": {HONEST: credit}, "withdrawals": {HONEST: request(amount, timestamp)}}
    check = check_withdrawals([fault(root(), bonds=bonds)], NOW, ACTORS)
    assert check.honest == {HONEST: open_}
    assert [notice.kind for notice in check.notices] == ([] if told is None else [told])


@pytest.mark.parametrize(
    ("mode", "credit", "amount", "timestamp", "counts"),
    [
        (NORMAL, 300, 0, 0, (1, 0)),
        (NORMAL, 299, 0, 0, (0, 1)),
        (NORMAL, 0, 300, NEW, (1, 0)),
        (NORMAL, 0, 299, NEW, (0, 1)),
        (NORMAL, 300, 300, NEW, (0, 1)),
        (NORMAL, 0, 0, NEW, (1, 0)),
        (NORMAL, 0, 0, NEW + 1, (0, 1)),
        (UNDECIDED, 300, 0, 0, (0, 0)),
        (UNDECIDED, 300, 0, 1, (0, 1)),
    ],
)
def test_zk_games(
    mode: BondDistributionMode, credit: int, amount: int, timestamp: int, counts: tuple[int, int]
) -> None:
    game = zk(
        ProposalStatus.RESOLVED,
        status=GameStatus.CHALLENGER_WON,
        challenger=HONEST,
        bonds={
            "mode": mode,
            "credits": {HONEST: credit},
            "withdrawals": {HONEST: request(amount, timestamp), LIAR: request(0)},
        },
    )
    check = check_withdrawals([game], NOW, ACTORS)
    found = check.requests[WETH]
    assert (found.matching, found.divergent) == counts
    assert check.honest[HONEST] == (amount if 0 < timestamp <= NEW else 0)
