from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import rlp
from trie import HexaryTrie

from pyoprollup.errors import DecodeError
from pyoprollup.eth import (
    AccountResult,
    ProofError,
    StorageProofEntry,
    verify_account_proof,
    verify_storage_proof,
)
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32

WORDS = {0: 5, 7: 2**255, 2**256 - 1: 1}
CODE = keccak256(b"code")
HERE, OTHER, NOBODY = (Address(bytes([number]) * 20) for number in (1, 2, 3))


def secure(content: dict[bytes, bytes]) -> Any:
    trie = HexaryTrie({})
    for key, value in content.items():
        trie[keccak256(key)] = value
    return trie


STORAGE = secure({slot.to_bytes(32, "big"): rlp.encode(word) for slot, word in WORDS.items()})
STATE = secure(
    {
        HERE: rlp.encode([3, 10**18, STORAGE.root_hash, CODE]),
        OTHER: rlp.encode([0, 1, EMPTY_TRIE_ROOT, keccak256(b"")]),
    }
)
ROOT = Hash32(STATE.root_hash)


def nodes(trie: Any, key: bytes) -> tuple[bytes, ...]:
    return tuple(rlp.encode(node) for node in trie.get_proof(keccak256(key)))


def entry(slot: int) -> StorageProofEntry:
    return StorageProofEntry(slot, WORDS.get(slot, 0), nodes(STORAGE, slot.to_bytes(32, "big")))


FOUND = AccountResult(
    HERE,
    nodes(STATE, HERE),
    3,
    10**18,
    CODE,
    Hash32(STORAGE.root_hash),
    tuple(entry(slot) for slot in (0, 7, 2**256 - 1, 8)),
)
ABSENT = AccountResult(NOBODY, nodes(STATE, NOBODY), storage_proof=(StorageProofEntry(4, 0, ()),))


@pytest.mark.parametrize("result", [FOUND, ABSENT])
def test_survives_json_and_holds(result: AccountResult) -> None:
    assert AccountResult.from_json(result.to_json()) == result
    result.verify(ROOT)


def test_an_absent_account_may_be_shown_with_the_hashes_of_emptiness() -> None:
    replace(ABSENT, code_hash=keccak256(b""), storage_hash=EMPTY_TRIE_ROOT).verify(ROOT)


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": 4},
        {"balance": 0},
        {"code_hash": ZERO_HASH},
        {"storage_hash": EMPTY_TRIE_ROOT},
        {"address": OTHER},
        {"account_proof": ()},
        {"account_proof": ABSENT.account_proof},
        {"storage_proof": (replace(entry(0), value=6),)},
        {"storage_proof": (replace(entry(0), key=7),)},
        {"storage_proof": (replace(entry(0), proof=()),)},
        {"storage_proof": (replace(entry(8), value=1),)},
    ],
)
def test_what_does_not_hold(changes: dict[str, Any]) -> None:
    with pytest.raises(ProofError):
        replace(FOUND, **changes).verify(ROOT)


@pytest.mark.parametrize(
    "changes",
    [{"balance": 1}, {"nonce": 1}, {"code_hash": CODE}, {"storage_hash": ROOT}, {"address": HERE}],
)
def test_an_absent_account_has_nothing(changes: dict[str, Any]) -> None:
    with pytest.raises(ProofError):
        replace(ABSENT, **changes).verify(ROOT)


def test_reading_without_a_claim() -> None:
    assert verify_account_proof(ROOT, HERE, FOUND.account_proof) == (3, 10**18, FOUND.storage_hash, CODE)
    assert verify_account_proof(ROOT, NOBODY, ABSENT.account_proof) is None
    for slot in (0, 8):
        found = entry(slot)
        assert verify_storage_proof(FOUND.storage_hash, slot, found.proof) == WORDS.get(slot, 0)


@pytest.mark.parametrize("leaf", [b"\x01", rlp.encode([1, 2]), rlp.encode([1, 2, b"short", CODE]), b"\xff"])
def test_a_leaf_that_is_no_account(leaf: bytes) -> None:
    state = secure({HERE: leaf, OTHER: b"x" * 40})
    with pytest.raises(ProofError, match="no account"):
        verify_account_proof(Hash32(state.root_hash), HERE, nodes(state, HERE))


def test_a_word_that_is_none() -> None:
    storage = secure({bytes(32): rlp.encode(b"\x01" * 40)})
    with pytest.raises(ProofError, match="slot 0x0"):
        verify_storage_proof(Hash32(storage.root_hash), 0, nodes(storage, bytes(32)))


@pytest.mark.parametrize("key", ["address", "accountProof", "nonce", "storageHash", "storageProof"])
def test_malformed_answers(key: str) -> None:
    for value in (None, 5.5, "0xzz", {}, [{}]):
        with pytest.raises(DecodeError):
            AccountResult.from_json(FOUND.to_json() | {key: value})
