"""Looking up a key in a Merkle Patricia trie, with the nodes on the way: the proof of what is there or not.

Specification: Ethereum Yellow Paper, appendix D; EIP-1186 for the form of a proof.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.eth import rlp
from pyoprollup.eth.account_proof import AccountResult, StorageProofEntry
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.merkle_proof import step_in_trie
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.accounts import AccountState
from pyoprollup.evm.errors import MissingStateError
from pyoprollup.evm.store import KeyValue

__all__ = ["prove", "prove_account"]


def prove(store: KeyValue, root: Hash32, key: bytes) -> tuple[bytes, list[bytes]]:
    """The value of ``key`` in a trie of hashed keys (empty if there is none), and the proof.

    The proof has the encoded nodes from the root down, those inside other nodes left out. Raises
    :class:`MissingStateError` for a node that is not in ``store``, :class:`DecodeError` for what is none.
    """
    if root == EMPTY_TRIE_ROOT:
        return b"", []
    path = keccak256(key).hex()
    node = _load(store, root)
    proof = [node]
    while True:
        value, reference, used = step_in_trie(node, path)
        if reference is None:
            return value, proof
        path = path[used:]
        if len(reference) == 32:
            node = _load(store, Hash32(reference))
            proof.append(node)
        else:
            node = reference


def prove_account(
    store: KeyValue, state_root: Hash32, address: Address, slots: Sequence[int] = ()
) -> AccountResult:
    """An account and words of its storage, with the proofs. Raises what :func:`prove` does."""
    value, proof = prove(store, state_root, address)
    if not value:
        entries = tuple(StorageProofEntry(slot, 0, ()) for slot in slots)
        return AccountResult(address, tuple(proof), storage_proof=entries)
    account = AccountState.decode(value)
    found = ((slot, *prove(store, account.storage_root, slot.to_bytes(32, "big"))) for slot in slots)
    return AccountResult(
        address,
        tuple(proof),
        account.nonce,
        account.balance,
        account.code_hash,
        account.storage_root,
        tuple(
            StorageProofEntry(slot, rlp.decode_uint(rlp.decode_bytes(word)) if word else 0, tuple(nodes))
            for slot, word, nodes in found
        ),
    )


def _load(store: KeyValue, key: Hash32) -> bytes:
    try:
        return store[key]
    except KeyError:
        raise MissingStateError(key) from None
