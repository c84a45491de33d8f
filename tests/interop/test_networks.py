"""Networks with roles played by us and by the reference (v1.16.11): op-node, op-batcher, op-proposer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.network import Devnet, Network, OpGeth, OpNode, network

pytestmark = [pytest.mark.go, pytest.mark.slow]


LADDER = ("--fork=granite=6", "--fork=holocene=12", "--fork=isthmus=24")
"""Forks on the way. Jovian is not among them: its upgrade transactions on a devnet are our own."""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    "options",
    [
        ["--data=blobs", "--batch-type=span"],
        ["--data=calldata", "--batch-type=singular", "--forks-until=fjord", *LADDER],
    ],
    ids=["blobs-span", "calldata-singular-forks"],
)
def test_op_node_derives_our_chain(options: list[str], net: Network, op_node: Path, op_geth: Path) -> None:
    """Our sequencer, batcher and L1; op-node and op-geth follow from genesis, by L1 alone."""
    devnet = Devnet(net, "--l1-block-time=3", "--block-time=1", *options)
    geth = OpGeth(net, op_geth, devnet.files / "genesis.json")
    node = OpNode(net, op_node, devnet.files, devnet.url("l1"), geth.engine, beacon=devnet.url("beacon"))
    safe = net.wait("40 safe blocks", lambda: net.safe(node.rollup) if net.safe(node.rollup) >= 40 else None)
    assert net.hashes(geth.http, safe) == net.hashes(devnet.url("sequencer"), safe)
