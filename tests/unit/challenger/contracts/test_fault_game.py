"""Games with claims, by version: what each is asked, and what is made of it."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.bindings import ContractReverted, NotSupported, load_contract
from pyoprollup.challenger.contracts import (
    ExtendedMetadata,
    FaultDisputeGameContract,
    GameDepths,
    GameRange,
    MalformedGame,
    UnsupportedPreimage,
    fault_game_version,
)
from pyoprollup.challenger.contracts.versions import FAULT_GAME_VERSIONS, SUPER_FAULT_GAME, GameVersion
from pyoprollup.challenger.game.claims import NO_PARENT
from pyoprollup.challenger.game.errors import ClaimNotFound, PositionError
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game.trace import PreimageOracleData
from tests.unit.challenger.contracts.support import (
    ALICE,
    BLOCK,
    CLAIMS,
    GAME,
    Answer,
    FakeContracts,
    claim,
    game_answer,
    reverted,
    value,
)

NEWEST = FAULT_GAME_VERSIONS[-1]
OLDEST = FAULT_GAME_VERSIONS[0]
RESOLVED = 2**128 - 1


def game(answer: Answer, version: GameVersion = NEWEST) -> tuple[FaultDisputeGameContract, FakeContracts]:
    l1 = FakeContracts()
    l1.add(GAME, version.abi, answer)
    return FaultDisputeGameContract(GAME, l1, version), l1


@pytest.mark.parametrize(
    ("version", "prefix"),
    [
        ("0.8.0", "0.8."),
        ("0.18.1", "0.18."),
        ("1.0.0", "1.0."),
        ("1.1.1", "1.1."),
        ("1.2.0", "1.2."),
        ("1.3.1-beta.2", "1.3."),
        ("1.4.0", ""),
        ("1.10.0", ""),
        ("1.1", ""),
        ("2.2.0", ""),
        ("", ""),
        ("0.80.0", ""),
    ],
)
def test_versions_are_known_by_their_first_two_numbers(version: str, prefix: str) -> None:
    assert fault_game_version(version).prefix == prefix


@pytest.mark.parametrize("version", [*FAULT_GAME_VERSIONS, SUPER_FAULT_GAME])
def test_the_table_fits_the_abi_of_each_version(version: GameVersion) -> None:
    """What the table says that a version can, its functions can, and nothing that it has is left out."""
    functions = {function.name: function for function in version.abi.functions.values()}
    assert version.is_closed_first == ("closeGame" in functions) == ("bondDistributionMode" in functions)
    assert version.has_l2_block_challenge == ("challengeRootL2Block" in functions)
    assert version.moves_name_claim == (len(functions["attack"].inputs) == 3)
    assert version.resolves_in_parts == (len(functions["resolveClaim"].inputs) == 2)
    assert version.counts_both_clocks == ("gameDuration" in functions)
    assert version.marks_resolved_bonds == ("resolvedSubgames" not in functions)
    assert version.sequence_number in functions and version.starting_number in functions


METADATA = {
    "l1Head": value(1),
    "l2BlockNumber": 2**256 - 1,
    "l2SequenceNumber": 2**64,
    "rootClaim": value(2),
    "status": 2,
    "maxClockDuration": 302400,
    "gameDuration": 604801,
    "l2BlockNumberChallenged": True,
    "l2BlockNumberChallenger": ALICE,
}


def test_metadata_keep_numbers_that_no_block_can_have() -> None:
    contract, l1 = game(game_answer(**METADATA))
    won = GameStatus.DEFENDER_WON
    assert contract.extended_metadata(BLOCK) == ExtendedMetadata(
        value(1), 2**256 - 1, value(2), won, 302400, True, ALICE
    )
    assert len(l1.asked) == 1
    found = contract.metadata(BLOCK)
    assert (found.l1_head, found.l2_sequence_number, found.root_claim) == (value(1), 2**256 - 1, value(2))


def test_metadata_of_a_super_game_and_of_the_oldest() -> None:
    contract, _ = game(game_answer(**METADATA), SUPER_FAULT_GAME)
    assert contract.extended_metadata(BLOCK).l2_sequence_number == 2**64
    assert not contract.is_l2_block_number_challenged(BLOCK)
    contract, _ = game(game_answer(**METADATA), OLDEST)
    assert contract.extended_metadata(BLOCK).max_clock_duration == 302400
    assert contract.max_clock_duration(BLOCK) == 302400


@pytest.mark.parametrize("status", [3, 255])
def test_a_status_that_is_not_known(status: int) -> None:
    contract, _ = game(game_answer(**{**METADATA, "status": status, "resolve": status}))
    for read in (
        contract.extended_metadata,
        contract.metadata,
        contract.status,
        contract.call_resolve,
    ):
        with pytest.raises(MalformedGame, match="status"):
            read(BLOCK)


def test_range_and_depths_may_be_absurd() -> None:
    numbers = {"startingBlockNumber": 2**64, "l2BlockNumber": 2**255}
    contract, l1 = game(game_answer(**numbers, maxGameDepth=2**200, splitDepth=2**70))
    assert contract.game_range(BLOCK) == GameRange(2**64, 2**255)
    assert contract.depths(BLOCK) == GameDepths(2**200, 2**70)
    assert len(l1.asked) == 2
    with pytest.raises(MalformedGame, match="depth"):
        contract.game(BLOCK)


def test_moves_carry_the_bond_of_where_they_go() -> None:
    contract, _ = game(game_answer())
    attack = contract.attack_tx(CLAIMS[1], value(9), BLOCK)
    assert attack.value == 4 * 10 and attack.to == GAME
    function, arguments = NEWEST.abi.decode_call(attack.data)
    assert (function.name, arguments) == ("attack", (CLAIMS[1].value, 1, value(9)))
    assert contract.defend_tx(CLAIMS[1], value(9), BLOCK).value == 6 * 10


def test_moves_of_old_versions_name_no_claim() -> None:
    version = fault_game_version("1.1.1")
    contract, _ = game(game_answer(), version)
    function, arguments = version.abi.decode_call(contract.defend_tx(CLAIMS[1], value(9), BLOCK).data)
    assert (function.name, arguments) == ("defend", (1, value(9)))


def test_the_root_cannot_be_defended() -> None:
    contract, _ = game(game_answer())
    with pytest.raises(PositionError):
        contract.defend_tx(CLAIMS[0], value(9), BLOCK)


def test_the_oldest_version_marks_claims_as_resolved_in_their_bonds() -> None:
    claims = [claim(0, NO_PARENT, 1, bond=RESOLVED), claim(1, 0, 2), claim(2, 1, 4, bond=RESOLVED)]
    contract, l1 = game(game_answer(claims), OLDEST)
    assert [found.bond for found in contract.all_claims(BLOCK)] == [10, 101, 40]
    assert contract.claim(2, BLOCK).bond == 40 and contract.claim(1, BLOCK).bond == 101
    assert contract.is_resolved([2, 1, 0], BLOCK) == [True, False, True]
    assert "resolvedSubgames" not in l1.names
    for index in (3, -1):
        with pytest.raises(ClaimNotFound):
            contract.is_resolved([0, index], BLOCK)


def test_resolved_claims() -> None:
    contract, l1 = game(game_answer())
    assert contract.is_resolved([2, 0], BLOCK) == [True, False]
    assert contract.is_resolved([], BLOCK) == []
    assert len(l1.asked) == 1


def test_a_claim_that_cannot_be_resolved_yet_says_why() -> None:
    contract, _ = game(game_answer(resolveClaim=reverted(NEWEST.abi, "ClockNotExpired")))
    with pytest.raises(ContractReverted) as caught:
        contract.call_resolve_claim(3, BLOCK)
    assert caught.value.name == "ClockNotExpired"
    assert NEWEST.abi.decode_call(contract.resolve_claim_tx(3).data)[1] == (3, 512)


def test_what_a_version_cannot_do() -> None:
    contract, l1 = game(game_answer(), OLDEST)
    refused: list[Any] = [
        contract.clock_extension,
        contract.anchor_state_registry,
        contract.close_game_tx,
        contract.challenge_l2_block_number_tx,
    ]
    for operation in refused:
        with pytest.raises(NotSupported):
            operation(BLOCK)
    assert l1.asked == []


def test_local_data_come_from_the_game() -> None:
    contract, l1 = game(game_answer())
    data = PreimageOracleData(b"\x01" + bytes(30) + b"\x04", b"", 16)
    assert NEWEST.abi.decode_call(contract.update_oracle_tx(5, data, BLOCK).data)[1] == (4, 5, 16)
    assert l1.asked == []


def test_data_without_a_key_are_no_pre_image() -> None:
    contract, l1 = game(game_answer(vm=ALICE))
    l1.add(ALICE, load_contract("MIPS64"), {"oracle": ALICE, "version": "1.1.4"})
    with pytest.raises(UnsupportedPreimage):
        contract.update_oracle_tx(5, PreimageOracleData(b"", b"", 0), BLOCK)
