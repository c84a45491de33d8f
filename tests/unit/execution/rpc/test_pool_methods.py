"""Transactions on their way into the pool, and what everybody may ask about it."""

from __future__ import annotations

import pytest

from pyoprollup.errors import ConfigError
from pyoprollup.eth import rlp
from pyoprollup.eth.types import to_hex
from pyoprollup.execution.rpc import DEFAULT_NAMESPACES, NAMESPACES, engine_methods
from tests.unit.execution.rpc.support import Node


@pytest.fixture(scope="module")
def node() -> Node:
    return Node.start()


@pytest.mark.parametrize("count", [1, 6])
def test_a_blob_transaction_with_its_sidecar(node: Node, count: int) -> None:
    """As wallets send it: the refusal says that the type is not taken, whatever the size."""
    fields = [b"\x03\x85", b"", b"\x01", b"\x05", b"\x52\x08", bytes(20), b"", b"", [], b"\x01"]
    tx = rlp.encode([*fields, [b"\x01" + bytes(31)] * count, b"", b"\x01", b"\x01"])
    points = rlp.encode([b"\xc0" + bytes(47)] * count)
    raw = b"\x03" + rlp.encode_list([tx, rlp.encode([bytes(131_072)] * count), points, points])
    code, text, _ = node.fail("eth_sendRawTransaction", to_hex(raw))
    assert (code, "transaction type not supported" in text) == (-32000, True)


def test_the_namespaces_of_the_open_port(node: Node) -> None:
    def names(*namespaces: str) -> set[str]:
        tables = engine_methods(
            node.config, node.engine, node.store, pool=node.pool, chain_config={}, namespaces=namespaces
        )
        assert {"engine_newPayloadV4", "miner_setMaxDASize", "debug_chainConfig"} <= set(tables.authenticated)
        return {name.partition("_")[0] for name in tables.public}

    assert names(*DEFAULT_NAMESPACES) == {"eth", "net", "web3", "rpc"}
    assert names("miner") == {"miner", "rpc"}
    assert names(*NAMESPACES) == {*NAMESPACES, "rpc"}
    with pytest.raises(ConfigError, match="'engine' is none of admin"):
        names("engine")


def test_about_the_process(node: Node) -> None:
    info = node.call("admin_nodeInfo")
    assert info["protocols"]["eth"]["network"] == node.config.l2_chain_id
    assert info["protocols"]["eth"]["head"] == node.hash_at(0)
    assert node.call("admin_peers") == []
    for name in ("admin_peers", "eth_accounts"):
        assert "too many arguments" in node.fail(name, None)[1]
    assert set(node.call("rpc_modules")) == {"engine", "rpc", *NAMESPACES}
