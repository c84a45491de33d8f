"""The end of games: closed, credit claimed, withdrawn; by version, and of types that nobody plays."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.bindings import ContractReverted, NotSupported, load_contract
from pyoprollup.challenger.contracts import (
    AnchorRoot,
    AnchorStateRegistryContract,
    BondDistributionMode,
    Collateral,
    FaultDisputeGameContract,
    MalformedGame,
    NumberTooLarge,
    ProposalStatus,
    SuperPermissionedDisputeGameContract,
    WithdrawalRequest,
    ZKBondMetadata,
    ZKDisputeGameContract,
    fault_game_version,
)
from pyoprollup.challenger.game.status import GameStatus
from tests.unit.challenger.contracts.support import (
    ALICE,
    BLOCK,
    BOB,
    GAME,
    REGISTRY,
    WETH,
    FakeContracts,
    reverted,
    value,
)


def game(version: str = "1.4.1", **values: Any) -> tuple[FaultDisputeGameContract, FakeContracts]:
    l1, row = FakeContracts(), fault_game_version(version)
    l1.add(GAME, row.abi, values)
    return FaultDisputeGameContract(GAME, l1, row), l1


# --- closing


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_modes_and_closing(mode: int) -> None:
    contract, _ = game(bondDistributionMode=mode)
    assert contract.bond_distribution_mode(BLOCK) is BondDistributionMode(mode)
    assert contract.is_closed(BLOCK) == (mode != 0)


@pytest.mark.parametrize("mode", [3, 255])
def test_a_mode_that_is_not_known_is_not_guessed(mode: int) -> None:
    """255 is our own number for games without modes: a contract that says it gets nothing out of it."""
    contract, _ = game(bondDistributionMode=mode)
    with pytest.raises(MalformedGame, match="mode"):
        contract.is_closed(BLOCK)


@pytest.mark.parametrize("version", ["0.8.0", "0.18.0", "1.0.0", "1.1.0", "1.2.0", "1.3.0"])
@pytest.mark.parametrize("status", list(GameStatus))
def test_old_games_are_closed_when_they_are_resolved(version: str, status: GameStatus) -> None:
    contract, _ = game(version, status=int(status))
    assert contract.is_closed(BLOCK) == (status is not GameStatus.IN_PROGRESS)
    assert contract.bond_distribution_mode(BLOCK) is BondDistributionMode.LEGACY
    with pytest.raises(NotSupported):
        contract.close_game_tx(BLOCK)


def test_a_transaction_that_would_fail_is_not_given_out() -> None:
    abi = fault_game_version("1.4.1").abi
    contract, l1 = game(
        closeGame=reverted(abi, "GameNotFinalized"), claimCredit=reverted(abi, "NoCreditToClaim")
    )
    with pytest.raises(ContractReverted) as caught:
        contract.close_game_tx(BLOCK)
    assert caught.value.name == "GameNotFinalized"
    with pytest.raises(ContractReverted) as caught:
        contract.claim_credit_tx(ALICE, BLOCK)
    assert caught.value.name == "NoCreditToClaim"
    assert l1.asked == [(BLOCK, ("closeGame",)), (BLOCK, ("claimCredit",))]


def test_transactions_that_were_tried() -> None:
    contract, _ = game(closeGame=None, claimCredit=None)
    abi = contract.version.abi
    assert contract.close_game_tx(BLOCK).data == abi.function("closeGame").encode()
    assert contract.claim_credit_tx(BOB, BLOCK).data == abi.function("claimCredit").encode(BOB)


def test_credit_and_status_are_of_one_batch() -> None:
    contract, l1 = game(credit=7, status=1)
    assert contract.credit(ALICE, BLOCK) == (7, GameStatus.CHALLENGER_WON)
    assert contract.credits([ALICE, BOB], BLOCK) == [7, 7]
    assert l1.asked == [(BLOCK, ("credit", "status")), (BLOCK, ("credit", "credit"))]


# --- DelayedWETH


def test_what_delayed_weth_has() -> None:
    contract, l1 = game(weth=WETH)
    l1.add(WETH, load_contract("DelayedWETH"), {"delay": 604800, "withdrawals": (5, 6)})
    l1.balances = {WETH: 42}
    assert contract.balance_and_delay(BLOCK) == Collateral(WETH, 42, 604800)
    assert contract.withdrawals([ALICE, BOB], BLOCK) == [WithdrawalRequest(5, 6)] * 2
    assert {block for block, _ in l1.asked} == {BLOCK}


def test_a_delay_that_no_clock_can_reach() -> None:
    contract, l1 = game(weth=WETH)
    l1.add(WETH, load_contract("DelayedWETH"), {"delay": 2**64})
    l1.balances = {WETH: 0}
    with pytest.raises(NumberTooLarge, match="delay"):
        contract.balance_and_delay(BLOCK)


# --- games that nobody plays


def permissioned(number: int, anchor: int) -> tuple[SuperPermissionedDisputeGameContract, FakeContracts]:
    l1 = FakeContracts()
    values = {"anchorStateRegistry": REGISTRY, "l2SequenceNumber": number, "status": 2}
    l1.add(GAME, load_contract("SuperPermissionedDisputeGame"), values)
    anchors = {"getAnchorRoot": (value(1), anchor), "setAnchorState": None}
    l1.add(REGISTRY, load_contract("AnchorStateRegistry"), anchors)
    return SuperPermissionedDisputeGameContract(GAME, l1), l1


@pytest.mark.parametrize(("number", "anchor"), [(5, 4), (5, 5), (5, 6), (2**255, 2**64)])
def test_a_permissioned_super_game_is_closed_when_the_anchor_has_reached_it(number: int, anchor: int) -> None:
    contract, l1 = permissioned(number, anchor)
    assert contract.is_closed(BLOCK) == (anchor >= number)
    assert contract.status(BLOCK) is GameStatus.DEFENDER_WON
    transaction = contract.close_game_tx(BLOCK)
    assert transaction.to == REGISTRY
    assert load_contract("AnchorStateRegistry").decode_call(transaction.data)[1] == (GAME,)
    assert {block for block, _ in l1.asked} == {BLOCK}


def test_an_anchor_that_the_registry_refuses() -> None:
    l1, abi = FakeContracts(), load_contract("AnchorStateRegistry")
    refusal = reverted(abi, "AnchorStateRegistry_InvalidAnchorGame")
    l1.add(REGISTRY, abi, {"setAnchorState": refusal, "getAnchorRoot": (value(3), 2**256 - 1)})
    registry = AnchorStateRegistryContract(REGISTRY, l1)
    with pytest.raises(ContractReverted) as caught:
        registry.set_anchor_state_tx(GAME, BLOCK)
    assert caught.value.name == "AnchorStateRegistry_InvalidAnchorGame"
    assert registry.anchor_root(BLOCK) == AnchorRoot(value(3), 2**256 - 1)


ZK = {
    "claimData": (4, 3, ALICE, BOB, 999, value(8)),
    "rootClaim": value(8),
    "l2SequenceNumber": 2**64,
    "gameCreator": ALICE,
    "totalBonds": 30,
    "challengerBond": 10,
    "bondDistributionMode": 2,
}


def zk(**values: Any) -> ZKDisputeGameContract:
    l1 = FakeContracts()
    l1.add(GAME, load_contract("ZKDisputeGame"), {**ZK, **values})
    return ZKDisputeGameContract(GAME, l1)


def test_a_zk_game() -> None:
    contract = zk()
    found = contract.challenger_metadata(BLOCK)
    assert found.proposal_status is ProposalStatus.CHALLENGED_AND_PROVEN
    assert (found.parent_index, found.challenger, found.prover, found.deadline) == (4, ALICE, BOB, 999)
    assert (found.root_claim, found.l2_sequence_number) == contract.proposal(BLOCK) == (value(8), 2**64)
    assert contract.bond_metadata(BLOCK) == ZKBondMetadata(ALICE, 30, 10)
    assert contract.bond_distribution_mode(BLOCK) is BondDistributionMode.REFUND
    assert contract.challenge_tx(BLOCK).value == 10


def test_a_proposal_status_that_is_not_known() -> None:
    with pytest.raises(MalformedGame, match="proposal"):
        zk(claimData=(4, 5, ALICE, BOB, 999, value(8))).challenger_metadata(BLOCK)
