"""Collateral, credits and bonds of honest accounts."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.contracts import BondDistributionMode, ProposalStatus
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon import CreditExpectation, NoticeKind, ZKGame, check_bonds, required_collateral
from pyoprollup.dispute_mon.credits import is_mature
from pyoprollup.eth.types import Address
from tests.unit.dispute_mon.support import (
    CLOCK,
    CREATED,
    DELAY,
    HONEST,
    LIAR,
    WETH,
    claim,
    countered,
    fault,
    request,
    root,
    zk,
)

PAYABLE = CREATED + CLOCK + DELAY
ACTORS = frozenset({HONEST})
NORMAL = BondDistributionMode.NORMAL


@pytest.mark.parametrize(
    ("credit", "now", "wanted", "told"),
    [
        (99, PAYABLE - 1, CreditExpectation.BELOW_NON_WITHDRAWABLE, NoticeKind.CREDIT_GONE_EARLY),
        (100, PAYABLE - 1, CreditExpectation.EQUAL_NON_WITHDRAWABLE, None),
        (101, PAYABLE - 1, CreditExpectation.ABOVE_NON_WITHDRAWABLE, NoticeKind.CREDIT_TOO_HIGH),
        (99, PAYABLE, CreditExpectation.BELOW_WITHDRAWABLE, None),
        (100, PAYABLE, CreditExpectation.EQUAL_WITHDRAWABLE, None),
        (101, PAYABLE, CreditExpectation.ABOVE_WITHDRAWABLE, NoticeKind.CREDIT_TOO_HIGH),
    ],
)
def test_credits(credit: int, now: int, wanted: CreditExpectation, told: NoticeKind | None) -> None:
    made = fault(countered(root()), claim(1, 0, 2, HONEST), resolved=[0], bonds={"credits": {HONEST: credit}})
    check = check_bonds([made], now, ACTORS)
    assert check.credits == {wanted: 1}
    assert [notice.kind for notice in check.notices] == ([] if told is None else [told])


def test_a_credit_of_nobody_that_is_expected_counts_as_well() -> None:
    made = fault(root(), bonds={"credits": {LIAR: 0, HONEST: 5}})
    check = check_bonds([made], PAYABLE, ACTORS)
    assert check.credits == {
        CreditExpectation.EQUAL_WITHDRAWABLE: 1,
        CreditExpectation.ABOVE_WITHDRAWABLE: 1,
    }


def test_collateral_is_that_of_all_games_of_a_contract() -> None:
    first = fault(root(), bonds={"credits": {HONEST: 7}, "collateral": 250})
    second = fault(
        countered(root()), resolved=[0], index=1, bonds={"credits": {HONEST: 100}, "collateral": 250}
    )
    other = fault(root(), index=2, bonds={"weth": Address(b"\x45" * 20), "collateral": 100})
    assert required_collateral(first) == 107 and required_collateral(second) == 100
    check = check_bonds([first, second, other], CREATED, ACTORS)
    assert (check.collateral[WETH].required, check.collateral[WETH].actual) == (207, 250)
    assert not [notice for notice in check.notices if notice.kind is NoticeKind.COLLATERAL_MISSING]
    short = fault(root(), bonds={"collateral": 99})
    (notice,) = check_bonds([short], CREATED, ACTORS).notices
    assert notice.kind is NoticeKind.COLLATERAL_MISSING and notice.game is None


def test_bonds_of_honest_accounts() -> None:
    claims = [countered(root()), countered(claim(1, 0, 2, HONEST), LIAR), claim(2, 0, 2, HONEST)]
    check = check_bonds([fault(*claims, resolved=[0, 1])], CREATED, ACTORS)
    found = check.honest[HONEST]
    assert (found.pending, found.lost, found.won) == (300, 200, 100)


# --- ZK games: credit is gone once it is unlocked


def ended(credit: int, amount: int, timestamp: int) -> ZKGame:
    return zk(
        ProposalStatus.RESOLVED,
        status=GameStatus.CHALLENGER_WON,
        challenger=HONEST,
        bonds={
            "mode": NORMAL,
            "credits": {HONEST: credit},
            "withdrawals": {HONEST: request(amount, timestamp)},
        },
    )


@pytest.mark.parametrize(
    ("credit", "amount", "timestamp", "wanted"),
    [
        (300, 0, 0, CreditExpectation.EQUAL_NON_WITHDRAWABLE),
        (0, 300, PAYABLE - DELAY + 1, CreditExpectation.EQUAL_NON_WITHDRAWABLE),
        (0, 300, PAYABLE - DELAY, CreditExpectation.EQUAL_WITHDRAWABLE),
        (0, 0, PAYABLE - DELAY, CreditExpectation.EQUAL_WITHDRAWABLE),
        (0, 0, PAYABLE - DELAY + 1, CreditExpectation.BELOW_NON_WITHDRAWABLE),
        (0, 301, PAYABLE - DELAY, CreditExpectation.ABOVE_WITHDRAWABLE),
    ],
)
def test_zk_credits(credit: int, amount: int, timestamp: int, wanted: CreditExpectation) -> None:
    assert check_bonds([ended(credit, amount, timestamp)], PAYABLE, ACTORS).credits == {wanted: 1}


def test_zk_collateral_has_what_was_unlocked() -> None:
    assert required_collateral(ended(300, 0, 0)) == 300
    assert required_collateral(ended(0, 300, 5)) == 300
    assert required_collateral(ended(0, 0, 5)) == 0
    assert required_collateral(zk(challenger=HONEST)) == 300


def test_those_who_have_nothing_in_a_zk_game_are_no_credits() -> None:
    made = zk(bonds={"credits": {HONEST: 0, LIAR: 0}, "withdrawals": {HONEST: request(0)}})
    assert check_bonds([made], PAYABLE, ACTORS).credits == {}


@pytest.mark.parametrize(("timestamp", "mature"), [(0, False), (500, True), (501, False)])
def test_when_a_withdrawal_is_due(timestamp: int, mature: bool) -> None:
    assert is_mature(request(1, timestamp), 500, 1000) == mature
