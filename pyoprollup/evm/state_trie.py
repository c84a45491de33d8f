"""The Merkle Patricia trie of accounts, and that of an account's storage: read lazily, changed in memory.

Specification: Ethereum Yellow Paper, appendix D. Keys are 32-byte hashes, so branches never have values.

A node is loaded when a path leads through it and kept, decoded, in its parent's place. Changes are made to
these nodes, and :meth:`StateTrie.commit` hashes each changed node once. That leaves no intermediate
nodes behind and is what makes it worth having: ``trie.HexaryTrie`` encodes, hashes and decodes the whole
path anew for every single change.

Twin: trie:HexaryTrie; held equal by tests/unit/evm/test_state_trie.py.
"""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Hash32

__all__ = ["StateTrie"]

_DIGITS = {digit: value for value, digit in enumerate("0123456789abcdef")}


class _Leaf:
    """``reference`` is what a parent stores of the node: its hash or, if it is short, its encoding; empty
    while the node is changed."""

    __slots__ = ("path", "reference", "value")

    def __init__(self, path: str, value: bytes, reference: bytes = b"") -> None:
        self.path, self.value, self.reference = path, value, reference


class _Extension:
    __slots__ = ("child", "path", "reference")

    def __init__(self, path: str, child: _Child, reference: bytes = b"") -> None:
        self.path, self.child, self.reference = path, child, reference


class _Branch:
    __slots__ = ("children", "reference")

    def __init__(self, children: list[_Child | None], reference: bytes = b"") -> None:
        self.children, self.reference = children, reference


_Node = _Leaf | _Extension | _Branch
_Child = _Node | bytes
"""A node, or a reference that has not been followed."""


class StateTrie:
    """The trie with ``root``, whose nodes ``load`` returns by their hash.

    Whatever ``load`` raises for a node that is missing comes out of every method that needs the node. One
    that is malformed, or leads beyond the end of a key, raises :class:`DecodeError`.
    """

    __slots__ = ("_load_node", "_top", "root")

    def __init__(self, load: Callable[[bytes], bytes], root: bytes) -> None:
        self.root = Hash32(root)
        """As of the last :meth:`commit`."""
        self._load_node = load
        self._top: _Child | None = None if root == EMPTY_TRIE_ROOT else b"\xa0" + root

    def get(self, key: bytes) -> bytes:
        """The value at ``key``, empty if there is none."""
        if self._top is None:
            return b""
        path, depth = key.hex(), 0
        if type(self._top) is bytes:
            self._top = self._follow(self._top)
        node = self._top
        while True:
            if type(node) is _Branch:
                if depth == len(path):
                    raise _too_deep()
                digit = _DIGITS[path[depth]]
                child = node.children[digit]
                if child is None:
                    return b""
                if type(child) is bytes:
                    child = node.children[digit] = self._follow(child)
                depth += 1
            elif type(node) is _Leaf:
                return node.value if path[depth:] == node.path else b""
            else:
                assert type(node) is _Extension
                if not path.startswith(node.path, depth):
                    return b""
                depth += len(node.path)
                child = node.child
                if type(child) is bytes:
                    child = node.child = self._follow(child)
            node = child

    def put(self, key: bytes, value: bytes) -> None:
        """Set the value at ``key``, which is not empty."""
        try:
            self._top = self._put(self._top, key.hex(), value)
        except IndexError:
            raise _too_deep() from None

    def delete(self, key: bytes) -> None:
        """Remove what is at ``key``, if anything is."""
        try:
            self._top = self._delete(self._top, key.hex())
        except IndexError:
            raise _too_deep() from None

    def commit(self, writes: dict[bytes, bytes]) -> Hash32:
        """Hash all changed nodes and put them into ``writes``; returns the root, now :attr:`root`."""
        if self._top is None:
            self.root = EMPTY_TRIE_ROOT
        elif not isinstance(self._top, bytes) and not self._top.reference:
            encoded = _encode(self._top, writes)
            self.root = keccak256(encoded)
            writes[self.root] = encoded
            self._top.reference = b"\xa0" + self.root
        return self.root

    def _follow(self, reference: bytes) -> _Node:
        # A reference is the RLP of a hash, or a whole node of less than 32 bytes.
        hashed = len(reference) == 33
        return _decode(self._load_node(reference[1:]) if hashed else reference, reference)

    def _put(self, child: _Child | None, path: str, value: bytes) -> _Node:
        """The node that takes the place of ``child``. Recursion is as deep as a key has digits."""
        if child is None:
            return _Leaf(path, value)
        node = self._follow(child) if isinstance(child, bytes) else child
        if isinstance(node, _Branch):
            digit = _DIGITS[path[0]]
            node.children[digit] = self._put(node.children[digit], path[1:], value)
            node.reference = b""
            return node
        assert isinstance(node, _Leaf | _Extension)
        shared = _shared(node.path, path)
        if shared == len(node.path):
            if isinstance(node, _Leaf):
                node.value = value
            else:
                node.child = self._put(node.child, path[shared:], value)
            node.reference = b""
            return node
        branch = _Branch([None] * 16)
        branch.children[_DIGITS[path[shared]]] = _Leaf(path[shared + 1 :], value)
        branch.children[_DIGITS[node.path[shared]]] = _without(node, shared + 1)
        return _Extension(path[:shared], branch) if shared else branch

    def _delete(self, child: _Child | None, path: str) -> _Child | None:
        if child is None:
            return None
        node = self._follow(child) if isinstance(child, bytes) else child
        if isinstance(node, _Leaf):
            return None if node.path == path else node
        if isinstance(node, _Extension):
            if not path.startswith(node.path):
                return node
            below = self._delete(node.child, path[len(node.path) :])
            if below is None:
                raise DecodeError("an extension of a trie leads to a leaf")
            return node if _unchanged(below) else self._joined(node.path, below)
        assert isinstance(node, _Branch)
        digit = _DIGITS[path[0]]
        before = node.children[digit]
        after = node.children[digit] = self._delete(before, path[1:])
        if before is None or (after is not None and _unchanged(after)):
            return node
        node.reference = b""
        left = [index for index, other in enumerate(node.children) if other is not None]
        if not left:
            raise DecodeError("a branch of a trie has a single child")
        if len(left) > 1:
            return node
        last = node.children[left[0]]
        assert last is not None
        return self._joined("0123456789abcdef"[left[0]], last)

    def _joined(self, path: str, child: _Child) -> _Node:
        """The node for ``path`` and then ``child``, whose kind decides how the two become one."""
        node = self._follow(child) if isinstance(child, bytes) else child
        if isinstance(node, _Leaf):
            return _Leaf(path + node.path, node.value)
        if isinstance(node, _Extension):
            return _Extension(path + node.path, node.child)
        return _Extension(path, node)


def _too_deep() -> DecodeError:
    return DecodeError("a trie is deeper than its keys are long")


def _unchanged(child: _Child) -> bool:
    """Whether nothing in or below ``child`` has changed since the last commit."""
    return isinstance(child, bytes) or bool(child.reference)


def _without(node: _Leaf | _Extension, count: int) -> _Child:
    """What is left of ``node`` below the first ``count`` digits of its path."""
    if isinstance(node, _Leaf):
        return _Leaf(node.path[count:], node.value)
    assert isinstance(node, _Extension)
    return _Extension(node.path[count:], node.child) if len(node.path) > count else node.child


def _shared(left: str, right: str) -> int:
    """How many digits both begin with."""
    for index, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return index
    return min(len(left), len(right))


def _decode(encoded: bytes, reference: bytes) -> _Node:
    items, _ = rlp.split_list(encoded)
    if len(items) == 17:
        # An item of 32 bytes is a hash, a shorter one a node, none a child that is not there.
        return _Branch([b"\xa0" + i if len(i) == 32 else i or None for i in items[:16]], reference)
    if len(items) != 2 or not items[0]:
        raise DecodeError(f"a trie node of {len(items)} items, or without a path")
    prefixed, value = items
    digits = prefixed.hex()
    flag = _DIGITS[digits[0]]
    path = digits[1:] if flag & 1 else digits[2:]
    if flag & 2:
        return _Leaf(path, value, reference)
    if not path:
        raise DecodeError("an extension of a trie has no path")
    return _Extension(path, b"\xa0" + value if len(value) == 32 else value, reference)


def _encode(node: _Node, writes: dict[bytes, bytes]) -> bytes:
    if isinstance(node, _Branch):
        items = [b"\x80" if child is None else _reference(child, writes) for child in node.children]
        return rlp.encode_list((*items, b"\x80"))
    if isinstance(node, _Leaf):
        return rlp.encode_list((_encode_path(node.path, 2), rlp.encode_bytes(node.value)))
    assert isinstance(node, _Extension)
    return rlp.encode_list((_encode_path(node.path, 0), _reference(node.child, writes)))


def _reference(child: _Child, writes: dict[bytes, bytes]) -> bytes:
    if isinstance(child, bytes):
        return child
    if not child.reference:
        encoded = _encode(child, writes)
        if len(encoded) < 32:
            child.reference = encoded
        else:
            digest = keccak256(encoded)
            writes[digest] = encoded
            child.reference = b"\xa0" + digest
    return child.reference


def _encode_path(path: str, flag: int) -> bytes:
    prefix = f"{flag | 1:x}" if len(path) & 1 else f"{flag:x}0"
    return rlp.encode_bytes(bytes.fromhex(prefix + path))
