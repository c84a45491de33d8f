"""Who gets which bond, by mode and kind of game."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from pyoprollup.challenger.contracts import BondDistributionMode, ProposalStatus
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon import EnrichedClaim, InconsistentZKGame, fault_bonds, withdrawable_at, zk_bonds
from pyoprollup.dispute_mon.bonds import check_zk_participants, check_zk_status
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from tests.unit.dispute_mon.support import HONEST, LIAR, claim, countered, root

MODES = list(BondDistributionMode)
PROVER = Address(b"\xee" * 20)
CLAIMS = (
    EnrichedClaim(countered(root()), True),  # 100, to the honest side
    EnrichedClaim(claim(1, 0, 2, HONEST), True),  # 200, back
    EnrichedClaim(claim(2, 1, 4), False),  # 300, open
)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode is not BondDistributionMode.REFUND])
def test_bonds_go_to_the_winners(mode: BondDistributionMode) -> None:
    bonds = fault_bonds(CLAIMS, mode, ZERO_ADDRESS)
    assert bonds.expected_credits == {HONEST: 300}
    assert [record.forfeited for record in bonds.records] == [True, False, False]
    assert [record.resolved for record in bonds.records] == [True, True, False]
    assert [record.recipient for record in bonds.records] == [HONEST, HONEST, ZERO_ADDRESS]
    assert bonds.recipients == {HONEST, LIAR}


def test_refunded_bonds_go_back_whatever_came_of_the_claims() -> None:
    bonds = fault_bonds(CLAIMS, BondDistributionMode.REFUND, HONEST)
    assert bonds.expected_credits == {LIAR: 400, HONEST: 200}
    assert not any(record.forfeited for record in bonds.records)
    assert all(record.resolved for record in bonds.records)
    assert all(record.recipient == record.depositor for record in bonds.records)


def test_who_has_challenged_the_block_number_gets_the_bond_of_the_root() -> None:
    bonds = fault_bonds(CLAIMS, BondDistributionMode.NORMAL, PROVER)
    assert bonds.expected_credits == {PROVER: 100, HONEST: 200}
    assert PROVER in bonds.recipients


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("resolved", list(product([True, False], repeat=3)))
def test_no_wei_is_lost_or_made(mode: BondDistributionMode, resolved: tuple[bool, ...]) -> None:
    claims = [EnrichedClaim(each.claim, done) for each, done in zip(CLAIMS, resolved, strict=True)]
    bonds = fault_bonds(claims, mode, ZERO_ADDRESS)
    open_ = sum(record.amount for record in bonds.records if not record.resolved)
    assert sum(bonds.expected_credits.values()) + open_ == 600
    assert set(bonds.expected_credits) <= bonds.recipients


def test_when_credit_can_be_withdrawn() -> None:
    assert withdrawable_at(100, 20, 3) == 123


# --- ZK games

ZK: dict[str, Any] = {
    "mode": BondDistributionMode.NORMAL,
    "status": GameStatus.DEFENDER_WON,
    "parent_status": None,
    "creator": LIAR,
    "challenger": ZERO_ADDRESS,
    "prover": ZERO_ADDRESS,
    "total": 300,
    "challenger_bond": 100,
}
WON, LOST, OPEN = GameStatus.DEFENDER_WON, GameStatus.CHALLENGER_WON, GameStatus.IN_PROGRESS


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {LIAR: 300}),
        ({"challenger": HONEST, "prover": PROVER}, {LIAR: 200, PROVER: 100}),
        ({"challenger": HONEST, "prover": LIAR}, {LIAR: 300}),
        ({"challenger": HONEST, "status": LOST}, {HONEST: 300}),
        (
            {"challenger": HONEST, "status": LOST, "mode": BondDistributionMode.REFUND},
            {LIAR: 200, HONEST: 100},
        ),
        ({"status": LOST, "parent_status": LOST}, {ZERO_ADDRESS: 300}),
        ({"status": OPEN, "challenger": HONEST, "mode": BondDistributionMode.UNDECIDED}, {}),
    ],
)
def test_zk_bonds(changes: dict[str, Any], expected: dict[Address, int]) -> None:
    bonds = zk_bonds(**{**ZK, **changes})
    assert bonds.expected_credits == expected
    assert sum(record.amount for record in bonds.records) == 300
    assert [record.challenger_bond for record in bonds.records] == [False, True][: len(bonds.records)]
    assert all(
        record.forfeited == (record.recipient != record.depositor)
        for record in bonds.records
        if record.resolved
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": BondDistributionMode.LEGACY},
        {"status": OPEN},
        {"creator": ZERO_ADDRESS},
        {"challenger": HONEST, "prover": PROVER, "total": 99},
        {"parent_status": LOST},
        {"challenger": HONEST},
        {"status": LOST},
        {"status": LOST, "challenger": HONEST, "prover": PROVER},
    ],
)
def test_ends_that_the_rules_do_not_have(changes: dict[str, Any]) -> None:
    with pytest.raises(InconsistentZKGame):
        zk_bonds(**{**ZK, **changes})


def test_game_and_proposal_are_over_together() -> None:
    for status, proposal in product(GameStatus, ProposalStatus):
        if (status is OPEN) == (proposal is not ProposalStatus.RESOLVED):
            check_zk_status(status, proposal)
        else:
            with pytest.raises(InconsistentZKGame):
                check_zk_status(status, proposal)


def test_challenger_and_prover_are_there_when_they_must_be() -> None:
    there = {
        ProposalStatus.UNCHALLENGED: {(0, 0)},
        ProposalStatus.CHALLENGED: {(1, 0)},
        ProposalStatus.UNCHALLENGED_AND_PROVEN: {(0, 1)},
        ProposalStatus.CHALLENGED_AND_PROVEN: {(1, 1)},
        ProposalStatus.RESOLVED: {(0, 0), (1, 0), (0, 1), (1, 1)},
    }
    for proposal, challenged, proven in product(ProposalStatus, (0, 1), (0, 1)):
        who = HONEST if challenged else ZERO_ADDRESS, PROVER if proven else ZERO_ADDRESS
        if (challenged, proven) in there[proposal]:
            check_zk_participants(proposal, *who)
        else:
            with pytest.raises(InconsistentZKGame):
                check_zk_participants(proposal, *who)
