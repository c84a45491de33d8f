"""What one state has that another has not: trie nodes and code, by hash.

A state is a tree: the nodes of the account trie, below each account the nodes of its storage and its code. A
hash may stand in it several times. Two states of neighbouring blocks are nearly the same, and are compared
without looking at what they share: walking both from the roots down, level by level, a reference that is in
both is left alone with all that is below it.

Nodes of fewer than 32 bytes stand inside their parents. They cannot hold a hash, so they are never looked
at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum

from pyoprollup.engine.store.errors import CorruptStore
from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Hash32

__all__ = ["new_nodes", "state_difference"]

_EMPTY_CODE = keccak256(b"")

_STORAGE_LEVEL = 65
_CODE_LEVEL = 130
"""Levels are the nibbles of the path from the root; storage begins below the deepest account."""


class _Kind(IntEnum):
    """Where a reference stands, which tells what is below it."""

    ACCOUNTS = 0
    STORAGE = 1
    CODE = 2


_Reference = tuple[int, bytes, _Kind]
"""Level, hash, kind."""


def state_difference(
    old_root: Hash32 | None, new_root: Hash32, get: Callable[[bytes], bytes]
) -> dict[bytes, int]:
    """By hash, how many times more it stands in the new state than in the old; zeros may be among them.

    ``None`` is a state without any node. ``get`` gives nodes of either state. Raises
    :class:`CorruptStore` for a node that is malformed, and whatever ``get`` raises.
    """
    difference: dict[bytes, int] = {}
    levels: list[dict[tuple[bytes, _Kind], int]] = [{} for _ in range(_CODE_LEVEL + 1)]
    for root, sign in ((old_root, -1), (new_root, 1)):
        if root is not None and root != EMPTY_TRIE_ROOT:
            reference: tuple[bytes, _Kind] = (root, _Kind.ACCOUNTS)
            levels[0][reference] = levels[0].get(reference, 0) + sign
    for level, references in enumerate(levels):
        for (node_hash, kind), count in references.items():
            if not count:
                continue
            difference[node_hash] = difference.get(node_hash, 0) + count
            if kind is _Kind.CODE:
                continue
            for below, child, child_kind in _references(get(node_hash), level, kind):
                key = (child, child_kind)
                levels[below][key] = levels[below].get(key, 0) + count
    return difference


def new_nodes(root: Hash32, writes: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Those of ``writes`` that can be reached from ``root`` by way of each other."""
    found: dict[bytes, bytes] = {}
    seen: set[tuple[bytes, _Kind]] = set()
    pending: list[_Reference] = [(0, root, _Kind.ACCOUNTS)]
    while pending:
        level, node_hash, kind = pending.pop()
        value = writes.get(node_hash)
        if value is None or (node_hash, kind) in seen:
            continue
        seen.add((node_hash, kind))
        found[node_hash] = value
        if kind is not _Kind.CODE:
            pending += _references(value, level, kind)
    return found


def _references(node: bytes, level: int, kind: _Kind) -> Iterator[_Reference]:
    try:
        items, lists = rlp.split_list(node)
    except DecodeError as exc:
        raise CorruptStore(f"a trie node is malformed: {exc}") from None
    if len(items) == 17 and level + 1 < _CODE_LEVEL:
        for item in items[:16]:
            if len(item) == 32:
                yield level + 1, item, kind
        return
    if len(items) != 2 or 0 in lists or not items[0]:
        raise CorruptStore(f"a trie node has {len(items)} items")
    path, value = items
    flag = path[0] >> 4
    if flag & 2:
        if kind is _Kind.ACCOUNTS:
            yield from _of_account(value)
        return
    if len(value) == 32:
        below = level + 2 * (len(path) - 1) + (flag & 1)
        if not level < below < (_STORAGE_LEVEL if kind is _Kind.ACCOUNTS else _CODE_LEVEL):
            raise CorruptStore("an extension of a trie is too long or empty")
        yield below, value, kind


def _of_account(value: bytes) -> Iterator[_Reference]:
    # The last two fields of an account are hashes: the root of its storage, and its code's.
    if len(value) < 69 or value[-66] != 0xA0 or value[-33] != 0xA0:
        raise CorruptStore("an account is malformed")
    storage_root, code_hash = value[-65:-33], value[-32:]
    if storage_root != EMPTY_TRIE_ROOT:
        yield _STORAGE_LEVEL, storage_root, _Kind.STORAGE
    if code_hash != _EMPTY_CODE:
        yield _CODE_LEVEL, code_hash, _Kind.CODE
