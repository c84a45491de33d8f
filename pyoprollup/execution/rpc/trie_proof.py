"""Looking up a key in a Merkle Patricia trie, with the nodes on the way: the proof of what is there or not.

Specification: Ethereum Yellow Paper, appendix D; EIP-1186 for the form of a proof.
"""

from __future__ import annotations

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.errors import MissingStateError
from pyoprollup.evm.store import KeyValue

__all__ = ["prove"]

_BRANCH_SIZE, _SHORT_SIZE = 17, 2


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
        value, reference, used = _step(node, path)
        if reference is None:
            return value, proof
        path = path[used:]
        if len(reference) == 32:
            node = _load(store, Hash32(reference))
            proof.append(node)
        else:
            node = reference


def _load(store: KeyValue, key: Hash32) -> bytes:
    try:
        return store[key]
    except KeyError:
        raise MissingStateError(key) from None


def _step(node: bytes, path: str) -> tuple[bytes, bytes | None, int]:
    """Value if the way ends here; otherwise the next node (or its hash) and the nibbles used up."""
    items, lists = rlp.split_list(node)
    if len(items) == _BRANCH_SIZE:
        if not path:
            return items[16], None, 0
        child = items[int(path[0], 16)]
        return b"", child or None, 1
    if len(items) != _SHORT_SIZE or 0 in lists or not items[0]:
        raise DecodeError("a trie node has 17 items, or a path and one more")
    flag, nibbles = items[0][0] >> 4, items[0].hex()
    nibbles = nibbles[1:] if flag & 1 else nibbles[2:]
    if flag & 2:
        return (items[1] if nibbles == path else b""), None, 0
    if not nibbles:
        raise DecodeError("an extension node without a path")
    return b"", items[1] if path.startswith(nibbles) else None, len(nibbles)
