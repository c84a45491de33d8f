"""Accounts and their proofs, which py-evm's trie library checks."""

from __future__ import annotations

from typing import Any

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import Hash32, bytes_from_hex, to_hex, to_quantity
from pyoprollup.evm.accounts import AccountState
from pyoprollup.evm.errors import MissingStateError
from pyoprollup.execution.rpc.accounts import StateView
from pyoprollup.execution.trie_proof import prove
from tests.unit.evm.support import SENDER, transfer
from tests.unit.execution.rpc.support import CODES, LOGGER, REVERTER, Node, word

NOBODY = b"\xee" * 20
ZERO = "0x" + "00" * 32


@pytest.fixture(scope="module")
def node() -> Node:
    return Node.grown()


def proven(root: str, key: bytes, proof: list[str]) -> bytes:
    """The value that a proof proves; empty if it proves that there is none."""
    nodes = [rlp.decode(bytes_from_hex(item)) for item in proof]
    value: bytes = HexaryTrie.get_from_proof(bytes_from_hex(root), keccak256(key), nodes)
    return value


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("address", [SENDER, LOGGER, NOBODY], ids=["sender", "logger", "nobody"])
def test_proofs(node: Node, number: int, address: bytes) -> None:
    which = to_quantity(number)
    root = node.call("eth_getBlockByNumber", which, False)["stateRoot"]
    slots = ["0x0", "0x5", to_hex(word(7)), "0x4444"]
    shown = node.call("eth_getProof", to_hex(address), slots, which)
    account = proven(root, address, shown["accountProof"])
    assert shown["balance"] == node.call("eth_getBalance", to_hex(address), which)
    assert shown["nonce"] == node.call("eth_getTransactionCount", to_hex(address), which)
    if address == NOBODY:
        assert account == b""
        assert (shown["codeHash"], shown["storageHash"]) == (ZERO, ZERO)
    else:
        fields = [int(shown["nonce"], 16), int(shown["balance"], 16)]
        hashes = [bytes_from_hex(shown["storageHash"]), bytes_from_hex(shown["codeHash"])]
        assert account == rlp.encode([*fields, *hashes])
        code = bytes_from_hex(node.call("eth_getCode", to_hex(address), which))
        assert to_hex(keccak256(code)) == shown["codeHash"]
    assert [item["key"] for item in shown["storageProof"]] == ["0x0", "0x5", to_hex(word(7)), "0x4444"]
    for slot, item in zip(slots, shown["storageProof"], strict=True):
        stored = node.call("eth_getStorageAt", to_hex(address), slot, which)
        assert int(stored, 16) == int(item["value"], 16)
        if address != LOGGER:
            assert item == {"key": item["key"], "value": "0x0", "proof": []}
            continue
        key = int(slot, 16).to_bytes(32, "big")
        value = proven(shown["storageHash"], key, item["proof"])
        assert value == (b"" if item["value"] == "0x0" else rlp.encode(int(item["value"], 16)))


def test_states_of_old_blocks(node: Node) -> None:
    values = [int(node.call("eth_getStorageAt", to_hex(LOGGER), "0x0", to_quantity(n)), 16) for n in range(5)]
    assert values == [0, 5, 5, 5, 7]
    nonces = [node.call("eth_getTransactionCount", to_hex(SENDER), to_quantity(n)) for n in range(5)]
    assert nonces == ["0x0", "0x2", "0x2", "0x7", "0x8"]
    by_hash = node.call("eth_getTransactionCount", to_hex(SENDER), node.hash_at(1))
    by_object = node.call("eth_getTransactionCount", to_hex(SENDER), {"blockHash": node.hash_at(1)})
    assert by_hash == by_object == "0x2"
    assert node.call("eth_getCode", to_hex(REVERTER), "earliest") == "0x" + CODES[REVERTER]
    assert node.call("eth_getCode", to_hex(NOBODY), "latest") == "0x"


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBalance", ["0x01", "latest"]),
        ("eth_getBalance", [to_hex(SENDER)]),
        ("eth_getBalance", [to_hex(SENDER), {}]),
        ("eth_getStorageAt", [to_hex(SENDER), "0x" + "1" * 65, "latest"]),
        ("eth_getStorageAt", [to_hex(SENDER), "0xzz", "latest"]),
        ("eth_getStorageAt", [to_hex(SENDER), 5, "latest"]),
        ("eth_getProof", [to_hex(SENDER), "0x0", "latest"]),
        ("eth_getProof", [to_hex(SENDER), ["0x0"] * 1025, "latest"]),
        ("eth_getProof", [to_hex(SENDER), ["0x 1"], "latest"]),
    ],
)
def test_malformed_parameters(node: Node, method: str, params: list[Any]) -> None:
    assert node.fail(method, *params)[0] == -32602


@pytest.mark.parametrize("which", ["0x99", ZERO, {"blockHash": ZERO}, {"blockNumber": "0x99"}])
def test_states_of_unknown_blocks(node: Node, which: Any) -> None:
    assert node.fail("eth_getBalance", to_hex(SENDER), which)[:2] == (-32000, "header not found")


def test_pruned_state_is_an_error() -> None:
    node = Node.grown()
    node.store.has_state = lambda block_hash: block_hash == node.store.heads.unsafe  # type: ignore[method-assign]
    text = "the state of block 1 is not available: it was pruned"
    for method, params in (
        ("eth_getBalance", [to_hex(NOBODY)]),
        ("eth_getProof", [to_hex(NOBODY), []]),
        ("eth_call", [{"to": to_hex(LOGGER)}]),
        ("eth_estimateGas", [{"to": to_hex(LOGGER)}]),
    ):
        assert node.fail(method, *params, "0x1")[:2] == (-32000, text)
        node.call(method, *params, "latest")


def test_missing_nodes_are_an_error() -> None:
    node = Node.start()
    node.advance([transfer(0)])
    root = node.head().state_root
    with pytest.raises(MissingStateError):
        StateView({}, root).account(SENDER)
    assert StateView({}, EMPTY_TRIE_ROOT).account(SENDER) == AccountState()


tries = st.dictionaries(st.binary(min_size=1, max_size=3), st.binary(min_size=1, max_size=40), max_size=30)


@given(tries, st.binary(min_size=1, max_size=3))
@settings(max_examples=60)
def test_proofs_in_any_trie(items: dict[bytes, bytes], other: bytes) -> None:
    store: dict[bytes, bytes] = {}
    trie = HexaryTrie(store)
    for key, value in items.items():
        trie[keccak256(key)] = value
    root = Hash32(trie.root_hash)
    for key in [*items, other]:
        value, proof = prove(store, root, key)
        assert value == items.get(key, b"")
        assert HexaryTrie.get_from_proof(root, keccak256(key), [rlp.decode(node) for node in proof]) == value


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_nodes_that_are_none(first: bytes, second: bytes) -> None:
    class Store:
        """The same two nodes under every hash: the way must end all the same."""

        def __init__(self) -> None:
            self.reads = 0

        def __getitem__(self, key: bytes) -> bytes:
            self.reads += 1
            return first if self.reads % 2 else second

    try:
        prove(Store(), Hash32(b"\x01" * 32), b"key")
    except DecodeError:
        return


def test_an_extension_without_a_path() -> None:
    node = rlp.encode([b"\x00", b"\x01" * 32])

    class Store:
        def __getitem__(self, key: bytes) -> bytes:
            return node

    with pytest.raises(DecodeError, match="without a path"):
        prove(Store(), Hash32(b"\x01" * 32), b"key")
