"""The oracle contract: pre-images of every kind, and large ones of others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.bindings import ContractReverted, load_contract
from pyoprollup.challenger.contracts import (
    InvalidAddLeaves,
    NumberTooLarge,
    PreimageOracleContract,
    TooManyEntries,
    UnsupportedPreimage,
)
from pyoprollup.challenger.contracts.large_preimages import parse_metadata
from pyoprollup.challenger.contracts.oracle import MAX_ENTRIES
from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.keccak import Challenge, LargePreimageIdent, LargePreimageMetaData, Leaf
from pyoprollup.challenger.keccak.types import EMPTY_LEAF, EMPTY_STATE
from pyoprollup.errors import DecodeError
from tests.unit.challenger.contracts.support import (
    ALICE,
    BLOCK,
    BOB,
    ORACLE,
    FakeContracts,
    reverted,
    value,
)

ABI = load_contract("PreimageOracle")
IDENT = LargePreimageIdent(ALICE, 7)
LEAF = Leaf(bytes(136), 4, value(1))
PROOF = Challenge(tuple(range(25)), LEAF, (value(3),), LEAF, (value(2),))


def oracle(version: str = "1.1.4", **values: Any) -> tuple[PreimageOracleContract, FakeContracts]:
    l1 = FakeContracts()

    def answer(name: str, arguments: tuple[Any, ...]) -> Any:
        found = values[name]
        return found(*arguments) if callable(found) else found

    l1.add(ORACLE, load_contract("PreimageOracle", version), answer)
    return PreimageOracleContract(ORACLE, l1, version, batch_size=2), l1


def preimage(kind: int, data: bytes, offset: int = 8) -> PreimageOracleData:
    return PreimageOracleData(bytes([kind]) + bytes(31), len(data).to_bytes(8, "big") + data, offset)


@pytest.mark.parametrize(("kind", "name"), [(2, "loadKeccak256PreimagePart"), (4, "loadSha256PreimagePart")])
def test_hashed_pre_images(kind: int, name: str) -> None:
    contract, _ = oracle()
    function, arguments = ABI.decode_call(contract.add_global_data_tx(preimage(kind, b"abc", 9)).data)
    assert (function.name, arguments) == (name, (9, b"abc"))


def test_the_result_of_a_precompile_by_version() -> None:
    data = preimage(6, BOB + (3000).to_bytes(8, "big") + b"input")
    contract, _ = oracle()
    assert ABI.decode_call(contract.add_global_data_tx(data).data)[1] == (8, BOB, 3000, b"input")
    contract, _ = oracle("1.0.0")
    old = load_contract("PreimageOracle", "1.0.0")
    arguments = old.decode_call(contract.add_global_data_tx(data).data)[1]
    assert arguments == (8, BOB, (3000).to_bytes(8, "big") + b"input")


@pytest.mark.parametrize(("version", "size"), [("1.1.4", 27), ("1.1.4", 0), ("1.0.0", 19)])
def test_data_of_a_precompile_that_are_too_short(version: str, size: int) -> None:
    contract, _ = oracle(version)
    with pytest.raises(UnsupportedPreimage, match="too few"):
        contract.add_global_data_tx(preimage(6, bytes(size)))


@pytest.mark.parametrize("kind", [0, 1, 3, 5, 7, 255])
def test_kinds_that_the_oracle_does_not_take(kind: int) -> None:
    """5 is a blob's field element, which comes with a proof or not at all."""
    contract, _ = oracle()
    with pytest.raises(UnsupportedPreimage, match=f"type {kind} "):
        contract.add_global_data_tx(preimage(kind, bytes(32)))


def test_whether_a_part_is_there_and_what_it_is() -> None:
    contract, _ = oracle(preimagePartOk=True, preimageParts=value(9))
    data = preimage(2, b"abc")
    assert contract.global_data_exists(data, BLOCK)
    assert contract.global_data(data, BLOCK) == value(9)


# --- large pre-images


@given(st.binary(min_size=32, max_size=32))
def test_metadata(packed: bytes) -> None:
    found = parse_metadata(IDENT, packed)
    numbers = (found.part_offset, found.claimed_size, found.blocks_processed, found.bytes_processed)
    again = found.timestamp.to_bytes(8, "big") + b"".join(number.to_bytes(4, "big") for number in numbers)
    assert again == packed[:24] and found.countered == (packed[24:] != bytes(8))


@pytest.mark.parametrize("size", [0, 31, 33])
def test_metadata_of_another_length(size: int) -> None:
    with pytest.raises(DecodeError):
        parse_metadata(IDENT, bytes(size))


@pytest.mark.parametrize(
    ("timestamp", "countered", "now", "verified"),
    [(0, False, 5, False), (10, False, 19, True), (10, False, 20, False), (10, True, 11, False)],
)
def test_what_is_still_worth_a_look(timestamp: int, countered: bool, now: int, verified: bool) -> None:
    found = LargePreimageMetaData(IDENT, timestamp, 0, 0, 0, 0, countered)
    assert found.should_verify(now, 10) == verified


def test_all_large_pre_images_at_one_block() -> None:
    contract, l1 = oracle(
        proposalCount=3,
        proposals=lambda index: (BOB, index),
        proposalMetadata=lambda claimant, uuid: (uuid << 192).to_bytes(32, "big"),
    )
    assert [(found.ident.uuid, found.timestamp) for found in contract.active_preimages(BLOCK)] == [
        (0, 0),
        (1, 1),
        (2, 2),
    ]
    assert [len(names) for _, names in l1.asked] == [1, 2, 1, 2, 1]
    assert {block for block, _ in l1.asked} == {BLOCK}


def test_more_than_can_be_read() -> None:
    contract, _ = oracle(proposalCount=MAX_ENTRIES + 1, proposalBlocksLen=2**256 - 1)
    with pytest.raises(TooManyEntries):
        contract.active_preimages(BLOCK)
    with pytest.raises(TooManyEntries):
        contract.input_data_blocks(IDENT, BLOCK)


def test_blocks_with_pieces_are_named_once() -> None:
    numbers = [5, 5, 6, 8, 8, 8]
    contract, _ = oracle(proposalBlocksLen=6, proposalBlocks=lambda claimant, uuid, index: numbers[index])
    assert contract.input_data_blocks(IDENT, BLOCK) == [5, 6, 8]


def test_pieces_there_and_back() -> None:
    contract, _ = oracle()
    transaction = contract.add_leaves_tx(7, 300, b"data", [value(1), value(2)], True)
    uuid, piece = contract.decode_input_data(transaction.data)
    assert (uuid, piece.input, piece.commitments, piece.finalize) == (7, b"data", (value(1), value(2)), True)


@given(st.binary(max_size=200))
def test_call_data_of_anything_else(data: bytes) -> None:
    contract, _ = oracle()
    with pytest.raises(InvalidAddLeaves):
        contract.decode_input_data(ABI.function("addLeavesLPP").selector + data)
    with pytest.raises(InvalidAddLeaves):
        contract.decode_input_data(data[:3] + b"\x00")
    with pytest.raises(InvalidAddLeaves):
        contract.decode_input_data(ABI.function("proposalCount").encode())


def test_a_squeeze_before_the_period_is_over_says_why() -> None:
    contract, _ = oracle(squeezeLPP=reverted(ABI, "ActiveProposal"))
    with pytest.raises(ContractReverted) as caught:
        contract.call_squeeze(IDENT, PROOF, BLOCK)
    assert caught.value.name == "ActiveProposal"


def test_challenges_of_the_first_leaf_and_of_others() -> None:
    contract, _ = oracle()
    function, arguments = ABI.decode_call(contract.challenge_tx(IDENT, PROOF).data)
    assert function.name == "challengeLPP"
    assert function == ABI.function("challengeLPP") and arguments[:2] == (ALICE, 7)
    first = Challenge(EMPTY_STATE, None, (), LEAF, (value(2),))
    function, arguments = ABI.decode_call(contract.challenge_tx(IDENT, first).data)
    assert function.name == "challengeFirstLPP"
    assert arguments[2] == (bytes(136), 4, value(1))
    _, arguments = ABI.decode_call(contract.squeeze_tx(IDENT, first).data)
    assert arguments[3] == (EMPTY_LEAF.input, 0, EMPTY_LEAF.state_commitment)


def test_parameters() -> None:
    contract, _ = oracle(minProposalSize=126000, challengePeriod=86400, MIN_BOND_SIZE=2**70)
    assert contract.min_large_preimage_size(BLOCK) == 126000
    assert contract.challenge_period(BLOCK) == 86400
    assert contract.init_large_preimage_tx(7, 8, 200000, BLOCK).value == 2**70
    contract, _ = oracle(challengePeriod=2**64)
    with pytest.raises(NumberTooLarge):
        contract.challenge_period(BLOCK)
