"""Claims by the thousand, and contracts that lie about theirs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.challenger.contracts import (
    MAX_CLAIMS,
    FaultDisputeGameContract,
    MalformedGame,
    NumberTooLarge,
    TooManyEntries,
    fault_game_version,
    game_of_claims,
    require_u64,
)
from pyoprollup.challenger.game.bonds import MAX_GAME_DEPTH
from pyoprollup.challenger.game.claims import NO_PARENT, Claim
from pyoprollup.errors import DecodeError, RollupError
from pyoprollup.sources.l1 import CallFailed
from tests.unit.challenger.contracts.support import (
    BLOCK,
    CLAIMS,
    GAME,
    Answer,
    FakeContracts,
    Raw,
    claim,
    claim_data,
    game_answer,
    value,
)


def game(answer: Answer, batch_size: int = 100) -> tuple[FaultDisputeGameContract, FakeContracts]:
    l1 = FakeContracts()
    version = fault_game_version("1.4.1")
    l1.add(GAME, version.abi, answer)
    return FaultDisputeGameContract(GAME, l1, version, batch_size), l1


def test_claims_are_read_as_they_are_at_one_block_in_batches() -> None:
    contract, l1 = game(game_answer(), batch_size=3)
    assert contract.all_claims(BLOCK) == list(CLAIMS)
    assert [len(names) for _, names in l1.asked] == [1, 3, 1]
    assert {block for block, _ in l1.asked} == {BLOCK}


def test_a_spam_of_claims() -> None:
    """5,000 claims in one game: 51 requests, none of more than a hundred calls, and the game is whole."""
    spam = [claim(0, NO_PARENT, 1), *(claim(at, 0, 2, value=value(at)) for at in range(1, 5000))]
    contract, l1 = game(game_answer(spam, maxGameDepth=73))
    found = contract.game(BLOCK)
    assert list(found.claims) == spam and found.max_depth == 73
    assert len(l1.asked) == 52 and max(len(names) for _, names in l1.asked) == 100


@pytest.mark.parametrize("count", [MAX_CLAIMS + 1, 2**64, 2**256 - 1])
def test_an_absurd_number_of_claims_is_refused_before_any_is_read(count: int) -> None:
    contract, l1 = game(game_answer(claimDataLen=count))
    with pytest.raises(TooManyEntries):
        contract.all_claims(BLOCK)
    with pytest.raises(TooManyEntries):
        contract.claim_count(BLOCK)
    assert l1.names == ["claimDataLen"] * 2


def test_the_limit_is_the_callers() -> None:
    contract, _ = game(game_answer(maxGameDepth=4))
    assert len(contract.all_claims(BLOCK, limit=4)) == 4
    with pytest.raises(TooManyEntries):
        contract.game(BLOCK, limit=3)


def test_position_zero() -> None:
    data = list(claim_data(CLAIMS[1]))
    data[5] = 0
    contract, _ = game(game_answer(claimData=lambda index: tuple(data)))
    with pytest.raises(MalformedGame, match="position 0"):
        contract.claim(1, BLOCK)


@pytest.mark.parametrize("size", [0, 1, 32, 223])
def test_short_data(size: int) -> None:
    contract, _ = game(game_answer(claimData=lambda index: Raw(bytes(size))))
    with pytest.raises(DecodeError):
        contract.all_claims(BLOCK)


@given(st.binary(max_size=300))
def test_whatever_a_contract_answers_ends_in_a_claim_or_a_typed_error(data: bytes) -> None:
    contract, _ = game(game_answer(claimData=lambda index: Raw(data)))
    try:
        found = contract.claim(0, BLOCK)
    except RollupError:
        return
    assert found.position.gindex > 0 and found.clock.pack() < 1 << 128


def test_a_game_of_claims() -> None:
    found = game_of_claims(CLAIMS, 4)
    assert found.claims == CLAIMS and found.max_depth == 4


LIES: list[tuple[list[Claim], int, str]] = [
    ([], 4, "without claims"),
    ([claim(0, 0, 1)], 4, "claim 0"),
    ([claim(0, NO_PARENT, 2)], 4, "claim 0"),
    ([CLAIMS[0], claim(1, 1, 2)], 4, "claim 1 answers claim 1"),
    ([CLAIMS[0], claim(1, NO_PARENT, 2)], 4, "claim 1 answers"),
    ([CLAIMS[0], claim(1, NO_PARENT, 1)], 4, "claim 1 answers"),
    ([CLAIMS[0], claim(1, 0, 1)], 4, "no move"),
    ([CLAIMS[0], claim(1, 0, 3)], 4, "no move"),
    ([CLAIMS[0], CLAIMS[1], claim(2, 1, 7)], 4, "no move"),
    ([CLAIMS[0], CLAIMS[1], claim(2, 1, 8)], 4, "no move"),
    ([CLAIMS[0], CLAIMS[1], claim(2, 1, 4)], 1, "depth 2 of 1"),
    ([CLAIMS[0]], MAX_GAME_DEPTH + 1, "more than 125"),
    ([CLAIMS[0]], 2**256 - 1, "more than 125"),
]


@pytest.mark.parametrize(("claims", "depth", "said"), LIES)
def test_claims_that_form_no_game(claims: list[Claim], depth: int, said: str) -> None:
    with pytest.raises(MalformedGame, match=said):
        game_of_claims(claims, depth)


def test_the_deepest_game_that_a_contract_takes() -> None:
    claims = [claim(at, at - 1 if at else NO_PARENT, 1 << at) for at in range(MAX_GAME_DEPTH + 1)]
    assert game_of_claims(claims, MAX_GAME_DEPTH).claims[-1].position.gindex == 1 << 125


def test_one_game_that_fails_says_so_and_nothing_else() -> None:
    contract, _ = game(game_answer(claimDataLen=CallFailed("out of gas")))
    with pytest.raises(CallFailed, match="out of gas"):
        contract.all_claims(BLOCK)


@pytest.mark.parametrize("number", [0, 2**63, 2**64 - 1])
def test_numbers_of_64_bits(number: int) -> None:
    assert require_u64(number, "block") == number


@pytest.mark.parametrize("number", [-1, 2**64, 2**256 - 1])
def test_numbers_that_are_wider_are_refused_where_that_matters(number: Any) -> None:
    with pytest.raises(NumberTooLarge, match="block"):
        require_u64(number, "block")
