from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT, ordered_trie_nodes, ordered_trie_root
from pyoprollup.eth.types import Hash32
from pyoprollup.program.client.tries import read_list
from pyoprollup.program.errors import TrieError


def nodes_of(items: list[bytes]) -> dict[bytes, bytes]:
    return {keccak256(node): node for node in ordered_trie_nodes(items)}


@settings(max_examples=60)
@given(st.lists(st.binary(min_size=1, max_size=60), max_size=300))
def test_what_is_read_is_the_list(items: list[bytes]) -> None:
    nodes, seen = nodes_of(items), list[bytes]()

    def get(digest: Hash32) -> bytes:
        seen.append(digest)
        return nodes[digest]

    assert read_list(ordered_trie_root(items), get) == items
    # Nodes of equal content have one hash, and are read where they are.
    assert set(seen) == (set(nodes) if items else set())


@pytest.mark.parametrize("count", [1, 2, 16, 127, 128, 129, 1000])
def test_lists_of_all_lengths(count: int) -> None:
    items = [b"item %d" % index * (1 + index % 9) for index in range(count)]
    assert read_list(ordered_trie_root(items), nodes_of(items).__getitem__) == items


def test_the_empty_list_needs_no_node() -> None:
    assert read_list(EMPTY_TRIE_ROOT, {}.__getitem__) == []


def test_a_missing_node_is_what_the_source_says() -> None:
    items = [b"x" * 40 for _ in range(200)]
    nodes = nodes_of(items)
    for missing in nodes:
        left = {digest: node for digest, node in nodes.items() if digest != missing}
        with pytest.raises(KeyError):
            read_list(ordered_trie_root(items), left.__getitem__)


def leaf(path: str, value: bytes) -> bytes:
    return rlp.encode_list((rlp.encode_bytes(bytes.fromhex(path)), rlp.encode_bytes(value)))


def branch(children: dict[int, bytes], value: bytes = b"") -> bytes:
    items = [children.get(digit, rlp.EMPTY_STRING) for digit in range(16)]
    return rlp.encode_list((*items, rlp.encode_bytes(value)))


@pytest.mark.parametrize(
    "node",
    [
        b"",
        rlp.encode_list(()),
        rlp.encode_list((b"\1",) * 3),
        leaf("", b"v"),
        leaf("4080", b"v"),
        leaf("2180", b"v"),  # an even path whose second digit is not 0
        leaf("38", b"v"),  # half a byte
        leaf("200180", b"v"),  # two items of RLP
        leaf("20c0", b"v"),  # a list
        leaf("2001", b"v"),  # index 1 without 0
        leaf("0001", b"short"),  # an extension to nothing
        branch({8: leaf("30", b"v")}, b"value"),
        branch({8: leaf("30", b"v"), 0: b"\x01"}),
        branch({0: leaf("200080", b"v")}),
        rlp.encode_list((rlp.encode_bytes(bytes(1) + b"\1" * 12), leaf("20", b"v"))),
    ],
)
def test_nodes_of_no_list(node: bytes) -> None:
    with pytest.raises(TrieError):
        read_list(keccak256(node), lambda _digest: node)


@given(st.binary(max_size=100))
def test_arbitrary_nodes_give_typed_errors(node: bytes) -> None:
    root = keccak256(b"whatever else")
    with pytest.raises(TrieError):
        read_list(root, lambda _digest: node)


def test_a_trie_that_leads_to_itself_ends() -> None:
    root = keccak256(b"root")
    loop = branch(dict.fromkeys((0,), b"\xa0" + root))
    with pytest.raises(TrieError, match="deeper"):
        read_list(root, lambda _digest: loop)
