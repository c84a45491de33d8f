from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.errors import DecodeError
from pyoprollup.eth.blobs import blob_from_data
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.kzg import (
    blob_commitment,
    point_proof,
    roots_of_unity,
    verify_point_proof,
    versioned_hash,
)
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.preimage import (
    PreimageMissing,
    WrongPreimage,
    blob_element_key,
    local_key,
    precompile_key,
    sha256_key,
)
from pyoprollup.program.client.l1_oracle import L1Oracle
from pyoprollup.program.client.recording import RecordingHinter, no_hints
from tests.unit.program.support import DictOracle, recorded

TRANSACTIONS = [b"\x02" + bytes([index]) * 50 for index in range(20)]
RECEIPTS = [Receipt(2, 1, 100 * index) for index in range(20)]
ADDRESS = Address(bytes(19) + b"\1")


def some_header() -> Header:
    preimages = recorded("granite")
    head = preimages[local_key(1)]
    return Header.decode(preimages[Hash32(b"\2" + head[1:])])


def block(oracle: DictOracle, transactions: list[bytes], receipts: list[Receipt]) -> Hash32:
    header = replace(
        some_header(),
        transactions_root=oracle.add_list(transactions),
        receipts_root=oracle.add_list([each.encode() for each in receipts]),
    )
    oracle.add(header.encode())
    return header.hash()


def test_a_block_with_all_its_parts() -> None:
    oracle, hinter = DictOracle(), RecordingHinter()
    block_hash = block(oracle, TRANSACTIONS, RECEIPTS)
    l1 = L1Oracle(oracle, hinter)
    shown = f"0x{block_hash.hex()}"
    assert l1.header(block_hash).hash() == block_hash
    assert hinter.hints == [f"l1-block-header {shown}"]
    assert l1.receipts(block_hash) == tuple(RECEIPTS)
    assert hinter.hints[1:] == [f"l1-{word} {shown}" for word in ("block-header", "transactions", "receipts")]
    assert list(l1.transactions(block_hash)) == TRANSACTIONS
    before = list(hinter.hints)
    assert l1.receipts(block_hash) and l1.transactions(block_hash) and l1.header(block_hash)
    assert hinter.hints == before, "everything is kept"


def test_receipts_and_transactions_belong_together() -> None:
    oracle = DictOracle()
    block_hash = block(oracle, TRANSACTIONS, RECEIPTS[:-1])
    with pytest.raises(DecodeError, match="19 receipts, 20 transactions"):
        L1Oracle(oracle, no_hints).receipts(block_hash)


def test_what_is_no_header() -> None:
    oracle = DictOracle()
    oracle.add(b"no header")
    with pytest.raises(DecodeError):
        L1Oracle(oracle, no_hints).header(keccak256(b"no header"))


@pytest.fixture(scope="module")
def blob() -> tuple[bytes, bytes]:
    """A blob whose elements all differ, and its commitment."""
    content = b"".join(keccak256(b"%d" % index) for index in range(4000))
    made = blob_from_data(content)
    return made, blob_commitment(made)


def blob_oracle(blob: bytes, commitment: bytes) -> DictOracle:
    oracle = DictOracle({sha256_key(versioned_hash(commitment)): commitment})
    for index, root in enumerate(roots_of_unity()):
        oracle.preimages[blob_element_key(commitment, root)] = blob[32 * index : 32 * index + 32]
    return oracle


def test_a_blob_is_put_together_from_its_elements(blob: tuple[bytes, bytes]) -> None:
    content, commitment = blob
    oracle, hinter = blob_oracle(content, commitment), RecordingHinter()
    l1, wanted = L1Oracle(oracle, hinter), versioned_hash(commitment)
    assert l1.blob(wanted, 99) == content
    assert l1.blob(wanted, 99) == content
    assert hinter.hints == [f"l1-blob 0x{wanted.hex()}{99:016x}"]


@pytest.mark.parametrize("index", [0, 1, 2, 4095])
def test_the_judge_agrees_where_an_element_is(blob: tuple[bytes, bytes], index: int) -> None:
    """The point in the key is one at which the polynomial has the element as its value."""
    content, commitment = blob
    point = roots_of_unity()[index]
    value, proof = point_proof(content, point)
    assert value == content[32 * index : 32 * index + 32]
    verify_point_proof(commitment, point, value, proof)


def test_blobs_with_parts_missing_or_of_wrong_sizes(blob: tuple[bytes, bytes]) -> None:
    content, commitment = blob
    wanted = versioned_hash(commitment)
    element = blob_element_key(commitment, roots_of_unity()[4095])
    oracle = blob_oracle(content, commitment)
    for key, wrong in ((element, bytes(31)), (sha256_key(wanted), bytes(47))):
        with pytest.raises(WrongPreimage):
            L1Oracle(DictOracle({**oracle.preimages, key: wrong}), no_hints).blob(wanted, 0)
        left = {each: data for each, data in oracle.preimages.items() if each != key}
        with pytest.raises(PreimageMissing):
            L1Oracle(DictOracle(left), no_hints).blob(wanted, 0)


def test_calls_of_precompiles() -> None:
    key, hinter = precompile_key(ADDRESS, 3000, b"input"), RecordingHinter()
    l1 = L1Oracle(DictOracle({key: b"\1result"}), hinter)
    assert l1.precompile(ADDRESS, b"input", 3000) == b"result"
    assert l1.precompile(ADDRESS, b"input", 3000) == b"result"
    assert len(hinter.hints) == 1
    assert L1Oracle(DictOracle({key: b"\1"}), no_hints).precompile(ADDRESS, b"input", 3000) == b""
    assert L1Oracle(DictOracle({key: b"\0"}), no_hints).precompile(ADDRESS, b"input", 3000) is None
    for wrong in (b"", b"\2", b"\xff"):
        with pytest.raises(WrongPreimage):
            L1Oracle(DictOracle({key: wrong}), no_hints).precompile(ADDRESS, b"input", 3000)
