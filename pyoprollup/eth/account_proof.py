"""What ``eth_getProof`` answers: an account and words of its storage, with the proofs that they are so.

Specification: EIP-1186.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.merkle_proof import ProofError, verify_proof
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32, quantity_from_hex, to_hex, to_quantity

__all__ = ["AccountResult", "StorageProofEntry", "verify_account_proof", "verify_storage_proof"]

_EMPTY_CODE_HASH = keccak256(b"")
_ACCOUNT_FIELDS = 4


@dataclass(frozen=True, slots=True)
class StorageProofEntry:
    """The word in a storage slot; ``proof`` has the nodes from the storage root down."""

    key: int
    value: int
    proof: tuple[bytes, ...]

    @classmethod
    def from_json(cls, value: Any) -> StorageProofEntry:
        """An entry of ``storageProof``; raises :class:`DecodeError`."""
        obj = QuantityReader(value, "storage proof")
        # A key of full length has leading zeros.
        key = quantity_from_hex(obj.object("key"), "storage proof.key", 256)
        return cls(key, obj.uint256("value"), obj.data_list("proof"))

    def to_json(self) -> dict[str, Any]:
        """The form of ``eth_getProof``."""
        key = to_hex(self.key.to_bytes(32, "big"))
        return {"key": key, "value": to_quantity(self.value), "proof": list(map(to_hex, self.proof))}


@dataclass(frozen=True, slots=True)
class AccountResult:
    """An account under a state root that is not told. One that does not exist is empty.

    What it says is only true once :meth:`verify` has passed.
    """

    address: Address
    account_proof: tuple[bytes, ...]
    nonce: int = 0
    balance: int = 0
    code_hash: Hash32 = ZERO_HASH
    storage_hash: Hash32 = ZERO_HASH
    storage_proof: tuple[StorageProofEntry, ...] = ()

    @classmethod
    def from_json(cls, value: Any) -> AccountResult:
        """Read the answer to ``eth_getProof``; raises :class:`DecodeError`."""
        obj = QuantityReader(value, "account proof")
        return cls(
            obj.address("address"),
            obj.data_list("accountProof"),
            obj.uint64("nonce"),
            obj.uint256("balance"),
            obj.hash("codeHash"),
            obj.hash("storageHash"),
            tuple(map(StorageProofEntry.from_json, obj.items("storageProof"))),
        )

    def to_json(self) -> dict[str, Any]:
        """The answer to ``eth_getProof``."""
        return {
            "address": to_hex(self.address),
            "accountProof": list(map(to_hex, self.account_proof)),
            "nonce": to_quantity(self.nonce),
            "balance": to_quantity(self.balance),
            "codeHash": to_hex(self.code_hash),
            "storageHash": to_hex(self.storage_hash),
            "storageProof": [entry.to_json() for entry in self.storage_proof],
        }

    @property
    def storage_root(self) -> Hash32:
        """Root of the account's storage; that of an empty trie if there is no account."""
        return EMPTY_TRIE_ROOT if self.storage_hash == ZERO_HASH else self.storage_hash

    def verify(self, state_root: Hash32) -> None:
        """Raise :class:`ProofError` unless account and storage are so under this state root."""
        leaf = verify_proof(state_root, keccak256(self.address), self.account_proof)
        if self._fields() != (_account(leaf) if leaf else (0, 0, EMPTY_TRIE_ROOT, _EMPTY_CODE_HASH)):
            raise ProofError(f"account {to_hex(self.address)} is another than is claimed")
        for entry in self.storage_proof:
            if verify_storage_proof(self.storage_root, entry.key, entry.proof) != entry.value:
                raise ProofError(f"slot {entry.key:#x} has another value than {entry.value:#x}")

    def _fields(self) -> tuple[int, int, Hash32, Hash32]:
        code_hash = _EMPTY_CODE_HASH if self.code_hash == ZERO_HASH else self.code_hash
        return self.nonce, self.balance, self.storage_root, code_hash


def verify_account_proof(
    state_root: Hash32, address: Address, proof: tuple[bytes, ...]
) -> tuple[int, int, Hash32, Hash32] | None:
    """Nonce, balance, storage root and code hash of an account; ``None`` if there is none.

    Raises :class:`ProofError`.
    """
    leaf = verify_proof(state_root, keccak256(address), proof)
    return _account(leaf) if leaf else None


def verify_storage_proof(storage_root: Hash32, slot: int, proof: tuple[bytes, ...]) -> int:
    """The word in a slot, 0 if there is nothing; raises :class:`ProofError`."""
    leaf = verify_proof(storage_root, keccak256(slot.to_bytes(32, "big")), proof)
    if not leaf:
        return 0
    try:
        word = rlp.decode_uint(rlp.decode_bytes(leaf))
    except DecodeError as exc:
        raise ProofError(f"slot {slot:#x}: {exc}") from exc
    return word


def _account(leaf: bytes) -> tuple[int, int, Hash32, Hash32]:
    try:
        items, lists = rlp.split_list(leaf)
        if len(items) != _ACCOUNT_FIELDS or lists:
            raise ProofError("the leaf is no account")
        nonce, balance = rlp.decode_uint(items[0], 64), rlp.decode_uint(items[1])
        return nonce, balance, Hash32(rlp.decode_fixed(items[2], 32)), Hash32(rlp.decode_fixed(items[3], 32))
    except DecodeError as exc:
        raise ProofError(f"the leaf is no account: {exc}") from exc
