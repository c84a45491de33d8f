"""Proofs that py-evm's trie library makes, and what becomes of them when they are tampered with."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st
from trie import HexaryTrie

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.merkle_proof import ProofError, step_in_trie, verify_proof
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Hash32

KEYS = st.binary(min_size=2, max_size=2)
VALUES = st.binary(min_size=1, max_size=60)
"""Short ones as well, whose nodes lie within others."""
TRIES = st.dictionaries(KEYS, VALUES, max_size=30)


def trie_of(content: dict[bytes, bytes]) -> Any:
    trie = HexaryTrie({})
    for key, value in content.items():
        trie[key] = value
    return trie


def proof_of(trie: Any, key: bytes) -> tuple[bytes, ...]:
    """Nodes that lie within others left out, as clients do."""
    nodes = [rlp.encode(node) for node in trie.get_proof(key)]
    return tuple(node for index, node in enumerate(nodes) if not index or len(node) >= 32)


@given(TRIES, KEYS)
def test_shows_what_is_there_and_what_is_not(content: dict[bytes, bytes], other: bytes) -> None:
    trie = trie_of(content)
    for key in {*content, other}:
        assert verify_proof(Hash32(trie.root_hash), key, proof_of(trie, key)) == content.get(key, b"")


@given(TRIES.filter(bool), KEYS, st.data())
def test_nothing_of_a_proof_can_be_changed(content: dict[bytes, bytes], key: bytes, data: Any) -> None:
    trie = trie_of(content)
    proof, root = list(proof_of(trie, key)), Hash32(trie.root_hash)
    index = data.draw(st.integers(0, len(proof) - 1))
    at = data.draw(st.integers(0, len(proof[index]) - 1))
    flipped = bytearray(proof[index])
    flipped[at] ^= data.draw(st.integers(1, 255))
    changes = [
        [*proof[:index], bytes(flipped), *proof[index + 1 :]],
        [*proof[:index], *proof[index + 1 :]],
        [*proof, proof[index]],
        [*proof[:index], proof[index][:at], *proof[index + 1 :]],
        [*proof[:index], b"", *proof[index:]],
    ]
    for changed in changes:
        with pytest.raises(ProofError):
            verify_proof(root, key, changed)
    with pytest.raises(ProofError):
        verify_proof(keccak256(root), key, proof)


def test_an_empty_trie_has_nothing() -> None:
    assert verify_proof(EMPTY_TRIE_ROOT, b"key", ()) == b""
    assert verify_proof(EMPTY_TRIE_ROOT, b"key", (b"\x80",)) == b""
    for proof in ((b"\xc0",), (b"\x80", b"\x80")):
        with pytest.raises(ProofError):
            verify_proof(EMPTY_TRIE_ROOT, b"key", proof)
    with pytest.raises(ProofError):
        verify_proof(keccak256(b"some root"), b"key", ())


@given(st.binary(max_size=200), KEYS)
def test_a_node_of_any_bytes_under_its_own_hash(node: bytes, key: bytes) -> None:
    """Roots come from elsewhere, and may be nonsense themselves."""
    with suppress(ProofError):
        verify_proof(keccak256(node), key, (node,))


HASH = b"\xaa" * 32


@pytest.mark.parametrize(
    "items",
    [
        [],
        [b"\x20"],
        [b"", b"x"],
        [b"\x40", b"x"],
        [b"\x01", HASH],
        [b"\x00", HASH],
        [b"\x11", b""],
        [b"\x11", b"short"],
        [b"\x11", [b"x" * 40, b"y"]],
        [[b"\x20"], b"x"],
        [b"\x31\x23\x45", [b"x"]],
        [b"", *[[b"y" * 33]] * 16],
        [b"z" * 5] * 17,
        [b""] * 18,
    ],
)
def test_what_is_no_node(items: list[Any]) -> None:
    with pytest.raises(DecodeError):
        step_in_trie(rlp.encode(items), "12345")


def test_a_value_within_a_branch_is_no_list() -> None:
    with pytest.raises(DecodeError):
        step_in_trie(rlp.encode([*[b""] * 16, [b"x"]]), "")
    assert step_in_trie(rlp.encode([*[b""] * 16, b"x"]), "") == (b"x", None, 0)


def test_a_chain_of_nodes_within_nodes_ends() -> None:
    """Each step uses up a digit of the key."""
    node: Any = [b"\x20", b"v"]
    for _ in range(8):
        node = [b"\x11", node]
        if len(rlp.encode(node)) > 31:
            break
    encoded = rlp.encode(node)
    assert verify_proof(keccak256(encoded), b"\x22\x22", (encoded,)) == b""
