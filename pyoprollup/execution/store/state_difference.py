"""What one state has that another has not: trie nodes and code, by hash.

A state is a tree: the nodes of the account trie, below each account the nodes of its storage and its code. A
hash may stand in it several times. Two states of neighbouring blocks are nearly the same, and are compared
without looking at what they share: walking both from the roots down, level by level, a reference that is in
both is left alone with all that is below it.

A level is the number of nibbles from the root, so that a part of a state is at the same level in every state.
Storage begins below the deepest account, and code is below all storage: the level tells what a reference
leads to. Nodes of fewer than 32 bytes stand inside their parents. They cannot hold a hash, so they are never
looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Hash32
from pyoprollup.execution.store.errors import CorruptStore

__all__ = ["new_nodes", "state_difference"]

_EMPTY_CODE = keccak256(b"")

_STORAGE_LEVEL = 65
_CODE_LEVEL = 130

_References = list[tuple[int, list[bytes]]]
"""Hashes, by the level of what they lead to."""


def state_difference(
    old_root: Hash32 | None, new_root: Hash32, get: Callable[[bytes], bytes]
) -> dict[bytes, int]:
    """By hash, how many times more it stands in the new state than in the old; zeros may be among them.

    ``None`` is a state without any node. ``get`` gives nodes of either state. Raises
    :class:`CorruptStore` for a node that is malformed, and whatever ``get`` raises.
    """
    difference: dict[bytes, int] = {}
    levels: list[dict[bytes, int]] = [{} for _ in range(_CODE_LEVEL + 1)]
    for root, sign in ((old_root, -1), (new_root, 1)):
        if root is not None and root != EMPTY_TRIE_ROOT:
            levels[0][root] = levels[0].get(root, 0) + sign
    for level, references in enumerate(levels):
        for node_hash, count in references.items():
            if not count:
                continue
            difference[node_hash] = difference.get(node_hash, 0) + count
            if level == _CODE_LEVEL:
                continue
            for below, hashes in _references(get(node_hash), level):
                counts = levels[below]
                for child in hashes:
                    counts[child] = counts.get(child, 0) + count
    return difference


def new_nodes(root: Hash32, writes: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Those of ``writes`` that can be reached from ``root`` by way of each other."""
    found: dict[bytes, bytes] = {}
    levels: list[set[bytes]] = [set() for _ in range(_CODE_LEVEL + 1)]
    levels[0].add(root)
    for level, references in enumerate(levels):
        for node_hash in references:
            value = writes.get(node_hash)
            if value is None:
                continue
            found[node_hash] = value
            if level != _CODE_LEVEL:
                for below, hashes in _references(value, level):
                    levels[below].update(hashes)
    return found


def _references(node: bytes, level: int) -> _References:
    try:
        items, lists = rlp.split_list(node)
    except DecodeError as exc:
        raise CorruptStore(f"a trie node is malformed: {exc}") from None
    deepest = _STORAGE_LEVEL if level < _STORAGE_LEVEL else _CODE_LEVEL
    if len(items) == 17:
        if level + 1 == deepest:
            raise CorruptStore("a trie is too deep")
        return [(level + 1, [item for item in items[:16] if len(item) == 32])]
    if len(items) != 2 or 0 in lists or not items[0]:
        raise CorruptStore(f"a trie node has {len(items)} items")
    path, value = items
    flag = path[0] >> 4
    if flag & 2:
        return _of_account(value) if level < _STORAGE_LEVEL else []
    if len(value) != 32:
        return []
    below = level + 2 * (len(path) - 1) + (flag & 1)
    if not level < below < deepest:
        raise CorruptStore("an extension of a trie is too long or empty")
    return [(below, [value])]


def _of_account(value: bytes) -> _References:
    # The last two fields of an account are hashes: the root of its storage, and its code's.
    if len(value) < 69 or value[-66] != 0xA0 or value[-33] != 0xA0:
        raise CorruptStore("an account is malformed")
    storage_root, code_hash = value[-65:-33], value[-32:]
    references: _References = []
    if storage_root != EMPTY_TRIE_ROOT:
        references.append((_STORAGE_LEVEL, [storage_root]))
    if code_hash != _EMPTY_CODE:
        references.append((_CODE_LEVEL, [code_hash]))
    return references
