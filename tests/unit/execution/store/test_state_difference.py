"""Differences of states."""

from __future__ import annotations

from collections import Counter

import pytest
import rlp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.genesis import Account, genesis_state
from pyoprollup.execution.store import CorruptStore
from pyoprollup.execution.store.state_difference import new_nodes, state_difference
from tests.unit.execution.store.support import address

ACCOUNTS = st.builds(
    Account,
    balance=st.integers(1, 2),
    code=st.sampled_from([b"", b"c", b"code" * 9]),
    storage=st.dictionaries(st.integers(0, 40), st.sampled_from([1, 1 << 255]), max_size=6),
)
STATES = st.dictionaries(st.integers(0, 30).map(address), ACCOUNTS, max_size=8)


def count_nodes(root: Hash32, nodes: dict[bytes, bytes]) -> Counter[bytes]:
    """How often each hash stands in a state, by walking all of it."""
    counts: Counter[bytes] = Counter()

    def walk(node_hash: bytes, accounts: bool) -> None:
        if node_hash == EMPTY_TRIE_ROOT:
            return
        counts[node_hash] += 1
        inside(rlp.decode(nodes[node_hash]), accounts)

    def inside(node: list, accounts: bool) -> None:  # type: ignore[type-arg]
        if len(node) == 17:
            children = node[:16]
        elif node[0][0] & 0x20:
            if accounts:
                _, _, storage_root, code_hash = rlp.decode(node[1])
                walk(storage_root, False)
                counts[code_hash] += code_hash != keccak256(b"")
            return
        else:
            children = node[1:]
        for child in children:
            if isinstance(child, list):
                inside(child, accounts)
            elif child:
                walk(child, accounts)

    walk(root, True)
    return counts


@settings(max_examples=150)
@given(STATES, STATES, st.booleans())
def test_the_difference_is_that_of_the_counts(
    old: dict,
    changes: dict,
    related: bool,  # type: ignore[type-arg]
) -> None:
    old_root, _, nodes = genesis_state(old)
    new_root, _, new = genesis_state({**old, **changes} if related else changes)
    nodes |= new
    expected = count_nodes(new_root, nodes)
    expected.subtract(count_nodes(old_root, nodes))
    found = state_difference(old_root, new_root, nodes.__getitem__)
    assert {key: count for key, count in found.items() if count} == {
        key: count for key, count in expected.items() if count
    }
    whole = state_difference(None, new_root, nodes.__getitem__)
    assert set(whole) == set(new_nodes(new_root, new)) == set(+count_nodes(new_root, nodes))


def test_what_is_shared_is_not_read() -> None:
    state = {address(number): Account(balance=1) for number in range(300)}
    root, _, nodes = genesis_state(state)
    new_root, _, new = genesis_state({**state, address(7): Account(balance=2)})
    read: list[bytes] = []

    def get(key: bytes) -> bytes:
        read.append(key)
        return {**nodes, **new}[key]

    found = state_difference(root, new_root, get)
    assert 4 <= len(found) == len(read) <= 8


@pytest.mark.parametrize(
    "node",
    [
        b"",
        b"\xc0",
        rlp.encode([b"x"] * 3),
        rlp.encode([b"", bytes(32)]),
        rlp.encode([b"\x00", bytes(32)]),
        rlp.encode([b"\x10" + bytes(32), bytes(32)]),
        rlp.encode([b"\x20" + bytes(32), b"account"]),
        rlp.encode([b"\x20" + bytes(32), bytes(70)]),
        rlp.encode([[b"x"], bytes(32)]),
        rlp.encode([b"x"] * 17)[:-1],
    ],
)
def test_malformed_nodes(node: bytes) -> None:
    root = keccak256(node)
    with pytest.raises(CorruptStore):
        state_difference(None, root, {root: node}.__getitem__)
    with pytest.raises(CorruptStore):
        new_nodes(root, {root: node})


@settings(max_examples=300)
@given(st.binary(max_size=80) | st.lists(st.binary(max_size=33), max_size=17).map(rlp.encode))
def test_any_bytes_are_read_or_refused(node: bytes) -> None:
    """Whatever the node, its references are followed no further than the levels go."""
    assume(node != b"\x80")  # the empty trie
    root = keccak256(node)
    try:
        found = state_difference(None, root, lambda _: node)
    except CorruptStore:
        return
    assert root in found
