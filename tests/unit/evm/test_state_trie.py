"""The trie of accounts and storage, compared with ``trie.HexaryTrie``."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.evm.state_trie import StateTrie

# Keys that share much of their beginning or end, so that extensions and nodes within nodes come up.
KEYS = st.builds(
    lambda start, fill, last: (start + fill * 32)[:31] + last,
    st.sampled_from([b"", b"\x00", b"\x01", b"\x10", bytes(30), b"\x00" * 29 + b"\x10"]),
    st.sampled_from([b"\x00", b"\xff"]),
    st.sampled_from([b"\x00", b"\x01", b"\x10", b"\xff"]),
)
VALUES = st.sampled_from([b"\x01", b"\x7f", b"\x80", b"ab", b"\xff" * 40])
CHANGES = st.lists(st.tuples(KEYS, st.one_of(st.none(), VALUES)), max_size=30)


@settings(max_examples=150)
@given(st.lists(CHANGES, max_size=4), st.booleans())
def test_as_hexary_trie(commits: list[list[tuple[bytes, bytes | None]]], reopen: bool) -> None:
    reference, expected, store = HexaryTrie({}), {}, {}
    trie = StateTrie(store.__getitem__, EMPTY_TRIE_ROOT)
    for changes in commits:
        for key, value in changes:
            if value is None:
                trie.delete(key)
                del reference[key]
                expected.pop(key, None)
            else:
                trie.put(key, value)
                reference[key] = value
                expected[key] = value
        writes: dict[bytes, bytes] = {}
        assert trie.commit(writes) == trie.root == reference.root_hash
        assert all(keccak256(node) == digest for digest, node in writes.items())
        store |= writes
        if reopen:
            trie = StateTrie(store.__getitem__, trie.root)
        for key, _ in changes:
            assert trie.get(key) == expected.get(key, b"")


def random_trie(rng: random.Random, size: int) -> tuple[dict[bytes, bytes], bytes, list[bytes]]:
    store: dict[bytes, bytes] = {}
    keys = [rng.randbytes(32) for _ in range(size)]
    trie = StateTrie(store.__getitem__, EMPTY_TRIE_ROOT)
    for key in keys:
        trie.put(key, key)
    return store, trie.commit(store), keys


def test_only_what_is_new_and_reachable_is_written() -> None:
    rng = random.Random(1)
    store, root, keys = random_trie(rng, 300)
    trie = StateTrie(store.__getitem__, root)
    for key in keys[:20]:
        trie.put(key, b"changed")
    trie.put(keys[0], b"changed again")
    writes: dict[bytes, bytes] = {}
    new_root = trie.commit(writes)
    assert not writes.keys() & store.keys()
    read: set[bytes] = set()

    def load(key: bytes) -> bytes:
        read.add(key)
        return (store | writes)[key]

    again = StateTrie(load, new_root)
    assert [again.get(key) for key in keys[:20]] == [b"changed again", *[b"changed"] * 19]
    assert writes.keys() <= read


def test_nothing_changed_writes_nothing() -> None:
    store, root, keys = random_trie(random.Random(2), 50)
    trie = StateTrie(store.__getitem__, root)
    assert trie.get(keys[0]) == keys[0]
    trie.delete(b"\x00" * 32)
    writes: dict[bytes, bytes] = {}
    assert (trie.commit(writes), writes) == (root, {})


def test_a_missing_node_is_what_load_raises_for() -> None:
    """Also a sibling that a removal needs, to put it in its parent's place."""
    rng = random.Random(3)
    store, root, keys = random_trie(rng, 40)
    needed: dict[str, set[bytes]] = {"get": set(), "delete": set()}
    for missing in store:
        partial = {key: value for key, value in store.items() if key != missing}
        for name, found in needed.items():
            for key in keys:
                try:
                    getattr(StateTrie(partial.__getitem__, root), name)(key)
                except KeyError as exc:
                    assert exc.args == (missing,)
                    found.add(key)
    assert needed["get"] == needed["delete"] == set(keys)


def test_no_root() -> None:
    with pytest.raises(KeyError):
        StateTrie({}.__getitem__, keccak256(b"")).get(bytes(32))


def malformed(*items: bytes) -> bytes:
    return rlp.encode_list([rlp.encode_bytes(item) for item in items])


@pytest.mark.parametrize(
    "node",
    [
        b"\x01",
        malformed(),
        malformed(b"\x20"),
        malformed(b"", b"\x01"),
        malformed(b"\x00", b"\x01" * 32),
        malformed(*[b"\x01"] * 16),
        malformed(*[b"\x01"] * 18),
        malformed(b"\x00" + b"\x11" * 32, b"\xa0"),
        malformed(b"\x00" + b"\x11" * 33, b"\x01" * 32),
    ],
)
def test_malformed_nodes(node: bytes) -> None:
    """They only come from those who make up the root as well."""
    for use in (
        lambda trie: trie.get(b"\x11" * 32),
        lambda trie: trie.put(b"\x11" * 32, b"\x01"),
        lambda trie: trie.delete(b"\x11" * 32),
    ):
        store = {keccak256(node): node, b"\x01" * 32: malformed(*[b""] * 17)}
        try:
            use(StateTrie(store.__getitem__, keccak256(node)))
        except DecodeError:
            continue
        assert len(node) > 32  # a long path that leads elsewhere is no reason to fail


def test_a_trie_that_is_too_deep() -> None:
    branch = malformed(*[b""] * 17)
    node = malformed(b"\x00" + b"\x11" * 32, keccak256(branch))
    store = {keccak256(node): node, keccak256(branch): branch}
    with pytest.raises(DecodeError, match="deeper"):
        StateTrie(store.__getitem__, keccak256(node)).get(b"\x11" * 32)
    for change in (lambda trie: trie.put(b"\x11" * 32, b"\x01"), lambda trie: trie.delete(b"\x11" * 32)):
        with pytest.raises(DecodeError, match="deeper"):
            change(StateTrie(store.__getitem__, keccak256(node)))
