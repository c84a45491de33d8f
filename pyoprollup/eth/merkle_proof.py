"""Proofs of what is in a Merkle Patricia trie and what is not, and the step from node to node.

Specification: Ethereum Yellow Paper, appendix D; EIP-1186 for the form of a proof: the encoded nodes from the
root down, those inside other nodes left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Hash32, to_hex

__all__ = ["ProofError", "step_in_trie", "verify_proof"]

_BRANCH_SIZE, _SHORT_SIZE, _HASH_SIZE = 17, 2, 32


class ProofError(DecodeError):
    """A proof proves nothing, or something else than is claimed."""


def verify_proof(root: Hash32, key: bytes, proof: Sequence[bytes]) -> bytes:
    """The value of ``key`` in the trie with this root; empty if the proof shows that there is none.

    Tries of accounts and storage have the hashes of addresses and slots as keys. Raises :class:`ProofError`
    for a proof that shows neither: with a node that is missing, altered, malformed or not on the way.
    """
    if root == EMPTY_TRIE_ROOT and list(proof) in ([], [rlp.EMPTY_STRING]):
        return b""
    path, reference, used = key.hex(), bytes(root), 0
    for index, node in enumerate(proof):
        if keccak256(node) != reference:
            raise ProofError(f"node {index} of the proof is not the one with hash {to_hex(reference)}")
        try:
            value, following, steps = _walk(node, path[used:])
        except ProofError:
            raise
        except DecodeError as exc:
            raise ProofError(f"node {index} of the proof: {exc}") from exc
        used += steps
        if following is None:
            if index + 1 != len(proof):
                raise ProofError(f"the proof ends at node {index}, and has {len(proof)}")
            return value
        reference = following
    raise ProofError(f"the proof lacks the node with hash {to_hex(reference)}")


def _walk(node: bytes, path: str) -> tuple[bytes, bytes | None, int]:
    """From a node through those inside it: the value, or the hash of the next node; nibbles used up."""
    used = 0
    while True:
        value, reference, steps = step_in_trie(node, path[used:])
        used += steps
        if reference is None or len(reference) == _HASH_SIZE:
            return value, reference, used
        node = reference


def step_in_trie(node: bytes, path: str) -> tuple[bytes, bytes | None, int]:
    """One step from an encoded node along a path (hex digits).

    Returns the value if the way ends here, and otherwise the next node, or its hash if there are 32 bytes;
    with the number of digits used up. Raises :class:`DecodeError` for what is no node.
    """
    items, lists = rlp.split_list(node)
    if len(items) == _BRANCH_SIZE:
        if not path:
            return _no_list(items, lists, 16), None, 0
        index = int(path[0], 16)
        return b"", _reference(items, lists, index), 1
    if len(items) != _SHORT_SIZE or 0 in lists or not items[0]:
        raise DecodeError("a trie node has 17 items, or a path and one more")
    flag, nibbles = items[0][0] >> 4, items[0].hex()
    if flag > 3 or (not flag & 1 and items[0][0] & 0xF):
        raise DecodeError("the path of a trie node has a malformed prefix")
    nibbles = nibbles[1:] if flag & 1 else nibbles[2:]
    if flag & 2:
        return (_no_list(items, lists, 1) if nibbles == path else b""), None, 0
    if not nibbles:
        raise DecodeError("an extension node without a path")
    reference = _reference(items, lists, 1)
    if reference is None:
        raise DecodeError("an extension node that leads nowhere")
    return b"", reference if path.startswith(nibbles) else None, len(nibbles)


def _no_list(items: Sequence[bytes], lists: Sequence[int], index: int) -> bytes:
    if index in lists:
        raise DecodeError("a value in a trie is a list")
    return items[index]


def _reference(items: Sequence[bytes], lists: Sequence[int], index: int) -> bytes | None:
    """A hash, or a node of less than 32 bytes; nothing if there is no child."""
    item = items[index]
    if index in lists:
        if len(item) >= _HASH_SIZE:
            raise DecodeError("a node inside another has 32 bytes or more")
        return item
    if len(item) not in (0, _HASH_SIZE):
        raise DecodeError(f"a reference to a trie node has {len(item)} bytes")
    return item or None
