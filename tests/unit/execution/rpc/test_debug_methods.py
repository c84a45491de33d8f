"""``debug_*``, ``net_*`` and ``web3_*``."""

from __future__ import annotations

from typing import Any

import pytest
import rlp

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import bytes_from_hex, to_hex, to_quantity
from pyoprollup.evm.block import execute_payload
from pyoprollup.execution.rpc import engine_methods
from pyoprollup.rollup.fork import Fork
from tests.unit.execution.rpc.support import CODES, LOGGER, Node


@pytest.fixture(scope="module")
def node() -> Node:
    return Node.grown()


@pytest.mark.parametrize("fork", [Fork.BEDROCK, Fork.JOVIAN])
def test_raw_blocks(fork: Fork) -> None:
    node = Node.grown(fork)
    for number in range(node.head().block_number + 1):
        which = to_quantity(number)
        header = bytes_from_hex(node.call("debug_getRawHeader", which))
        assert to_hex(keccak256(header)) == node.hash_at(number)
        raw = bytes_from_hex(node.call("debug_getRawBlock", {"blockHash": node.hash_at(number)}))
        parts = rlp.decode(raw)
        assert rlp.encode(parts[0]) == header
        assert len(parts) == (3 if fork < Fork.CANYON else 4)
        shown = node.call("eth_getBlockByNumber", which, False)
        assert int(shown["size"], 16) == len(raw)
        hashes = [to_hex(keccak256(tx if isinstance(tx, bytes) else rlp.encode(tx))) for tx in parts[1]]
        assert hashes == shown["transactions"]


@pytest.mark.parametrize("fork", [Fork.REGOLITH, Fork.ECOTONE, Fork.JOVIAN])
def test_a_witness_is_enough(fork: Fork) -> None:
    node = Node.grown(fork)
    for number in range(1, node.head().block_number + 1):
        witness = node.call("debug_executionWitness", to_quantity(number))
        store = {
            keccak256(raw): raw
            for raw in (
                bytes_from_hex(item) for kind in ("headers", "codes", "state") for item in witness[kind]
            )
        }
        headers = [Header.decode(bytes_from_hex(item)) for item in witness["headers"]]
        parent = max(headers, key=lambda header: header.number)
        block_hash = node.store.canonical_hash(number)
        assert block_hash is not None
        envelope = node.store.envelope(block_hash)
        assert envelope is not None
        assert execute_payload(node.config, parent, envelope, store).hash == block_hash


def test_no_witness_of_genesis(node: Node) -> None:
    assert node.fail("debug_executionWitness", "0x0")[:2] == (
        -32000,
        "the state before block 0 is not available",
    )


def test_pre_images(node: Node) -> None:
    root = node.call("eth_getBlockByNumber", "latest", False)["stateRoot"]
    assert to_hex(keccak256(bytes_from_hex(node.call("debug_dbGet", root)))) == root
    code = bytes.fromhex(CODES[LOGGER])
    assert node.call("debug_dbGet", to_hex(b"c" + keccak256(code))) == to_hex(code)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("0x", -32000),
        ("0x" + "00" * 32, -32000),
        ("LastBlock", -32000),
        ("0xzz", -32602),
        (5, -32602),
        (None, -32602),
    ],
)
def test_keys_that_there_are_not(node: Node, key: Any, code: int) -> None:
    assert node.fail("debug_dbGet", key)[0] == code


@pytest.mark.parametrize("method", ["Block", "Header", "Receipts"])
def test_unknown_blocks(node: Node, method: str) -> None:
    assert node.fail(f"debug_getRaw{method}", "0x99")[:2] == (-32000, "block 0x99 not found")


def test_about_the_node(node: Node) -> None:
    assert node.call("net_version") == "901"
    assert node.call("net_listening") is True
    assert node.call("net_peerCount") == "0x0"
    assert node.call("eth_chainId") == "0x385"
    assert node.call("eth_syncing") is False
    assert node.call("eth_accounts") == []
    assert node.call("web3_clientVersion").startswith("pyoprollup/v")
    assert node.call("web3_sha3", "0x68656c6c6f") == to_hex(keccak256(b"hello"))
    assert node.fail("web3_sha3", "hello")[0] == -32602
    assert node.call("debug_chainConfig") == {"chainId": 901}


def test_without_a_pool(node: Node) -> None:
    tables = engine_methods(node.config, node.engine, node.store)
    assert not {"eth_sendRawTransaction", "txpool_status", "debug_chainConfig"} & set(tables.public)
    sender = to_hex(LOGGER)
    answer = node.ask("eth_getTransactionCount", sender, "pending", methods=tables.public)
    assert answer["result"] == "0x0"
