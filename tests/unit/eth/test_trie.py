"""Roots of lists, equal to those of the ``trie`` package."""

from __future__ import annotations

import random

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT, ordered_trie_nodes, ordered_trie_root

trie = pytest.importorskip("trie")


def reference_root(items: list[bytes]) -> bytes:
    tree = trie.HexaryTrie({})
    for i, item in enumerate(items):
        tree[rlp.encode(i)] = item
    root: bytes = tree.root_hash
    return root


def test_empty() -> None:
    assert EMPTY_TRIE_ROOT.hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    assert ordered_trie_root([]) == ordered_trie_root([b""]) == EMPTY_TRIE_ROOT


@given(st.lists(st.binary(max_size=3) | st.binary(min_size=25, max_size=70), max_size=20))
@settings(max_examples=100)
def test_equals_the_trie_package(items: list[bytes]) -> None:
    assert ordered_trie_root(items) == reference_root(items)


@pytest.mark.parametrize("count", [15, 16, 17, 126, 127, 128, 129, 130, 255, 256, 257, 300, 700])
@pytest.mark.parametrize("size", [1, 32, 150])
def test_counts_where_keys_grow(count: int, size: int) -> None:
    source = random.Random(count)
    items = [source.randbytes(source.randint(1, size)) for _ in range(count)]
    assert ordered_trie_root(items) == reference_root(items)


def test_large_values() -> None:
    items = [keccak256(bytes([i])) * 2500 for i in range(3)]
    assert ordered_trie_root(items) == reference_root(items)


@given(st.lists(st.binary(max_size=3) | st.binary(min_size=25, max_size=70), max_size=20))
@settings(max_examples=60)
def test_nodes_are_those_of_the_trie_package(items: list[bytes]) -> None:
    """With these nodes, and no others, the whole list can be read."""
    nodes = {keccak256(node): node for node in ordered_trie_nodes(items)}
    root = ordered_trie_root(items)
    assert root in nodes and ordered_trie_nodes(items)[-1] == nodes[root]
    read: set[bytes] = set()

    class Store(dict[bytes, bytes]):
        def __getitem__(self, key: bytes) -> bytes:
            read.add(key)
            return nodes[key]

    tree = trie.HexaryTrie(Store(nodes), root)
    assert [tree[rlp.encode(index)] for index in range(len(items))] == items
    assert not items or not any(items) or read == set(nodes)
