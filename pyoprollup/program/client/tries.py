"""Lists that a header commits to, read from the nodes of their trie.

Specification: Ethereum Yellow Paper, appendix D; the key of an item is the RLP of its index.
"""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Hash32
from pyoprollup.program.errors import TrieError

__all__ = ["read_list"]

_MAX_DEPTH = 2 * 9
"""Digits of the RLP of the largest index there could be."""


def read_list(root: Hash32, get_node: Callable[[Hash32], bytes]) -> list[bytes]:
    """The items of the list with this ``root``; every node of its trie is read once, parents first.

    Raises :class:`TrieError` if the nodes make no list, and what ``get_node`` does.
    """
    if root == EMPTY_TRIE_ROOT:
        return []
    found: dict[int, bytes] = {}
    # Nodes that are to be visited, with the path to them; the last one is next.
    pending: list[tuple[str, bytes]] = [("", b"\xa0" + root)]
    try:
        while pending:
            path, reference = pending.pop()
            node = get_node(Hash32(reference[1:])) if len(reference) == 33 else reference
            pending.extend(reversed(_children(path, node, found)))
    except DecodeError as exc:
        raise exc if isinstance(exc, TrieError) else TrieError(f"list 0x{root.hex()}: {exc}") from exc
    if any(index not in found for index in range(len(found))):
        raise TrieError(f"list 0x{root.hex()}: {len(found)} items with gaps between them")
    return [found[index] for index in range(len(found))]


def _children(path: str, node: bytes, found: dict[int, bytes]) -> list[tuple[str, bytes]]:
    """What is below a node, in the order of the keys; an item at it is put into ``found``."""
    items = rlp.split_raw(node)
    if len(items) == 17:
        if items[16] != rlp.EMPTY_STRING:
            raise TrieError("a key of a list is the beginning of another")
        below = [(f"{path}{digit:x}", item) for digit, item in enumerate(items[:16])]
        return [_checked(*child) for child in below if child[1] != rlp.EMPTY_STRING]
    if len(items) != 2:
        raise TrieError(f"a node of {len(items)} items")
    digits = rlp.decode_bytes(items[0]).hex()
    if not digits or digits[0] not in "0123" or (digits[0] in "02" and digits[1] != "0"):
        raise TrieError(f"a node with the path {digits[:40]!r}")
    whole = path + digits[1 if digits[0] in "13" else 2 :]
    if digits[0] in "01":
        return [_checked(whole, items[1])]
    if len(whole) % 2:
        raise TrieError("a key of half a byte")
    index = rlp.decode_uint(rlp.decode_bytes(bytes.fromhex(whole)), 64)
    if index in found:
        raise TrieError(f"two items with the index {index}")
    found[index] = rlp.decode_bytes(items[1])
    return []


def _checked(path: str, reference: bytes) -> tuple[str, bytes]:
    is_hash = len(reference) == 33 and reference[0] == 0xA0
    if not is_hash and not (reference[0] >= 0xC0 and len(reference) < 32):
        raise TrieError(f"0x{reference[:40].hex()} is no reference to a node")
    if len(path) > _MAX_DEPTH:
        raise TrieError("a trie is deeper than the keys of a list")
    return path, reference
