"""Networks with roles played by us and by the reference (v1.16.11): op-node, op-batcher, op-proposer."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyoprollup.engine.client import envelope_from_block
from tests.interop.network import (
    Devnet,
    Network,
    OpBatcher,
    OpGeth,
    OpNode,
    OurEngine,
    OurNode,
    Users,
    network,
)

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


BLOCKS = int(os.environ.get("NETWORK_BLOCKS", "120"))
"""Safe blocks that the large network has to reach."""


class Mixed:
    """op-node sequences on our engine and op-batcher posts; four verifiers are mixed of both."""

    def __init__(self, net: Network, programs: dict[str, Path]) -> None:
        self.net = net
        self.devnet = Devnet(net, "--l1-only", "--l1-block-time=3", "--block-time=1")
        files, l1, beacon = self.devnet.files, self.devnet.url("l1"), self.devnet.url("beacon")
        genesis = files / "genesis.json"
        self.sequencer = OurEngine(net, genesis, "--http-api=eth,net,web3,miner", name="sequencer-engine")
        engines = {
            "op-node-ours": OurEngine(net, genesis, name="engine-1"),
            "op-node-geth": OpGeth(net, programs["op-geth"], genesis, name="geth-1"),
            "ours-geth": OpGeth(net, programs["op-geth"], genesis, name="geth-2"),
            "ours-ours": OurEngine(net, genesis, name="engine-2"),
        }
        sequencing = ("--sequencer.enabled", "--sequencer.l1-confs=1")
        op_node = programs["op-node"]
        self.leader = OpNode(
            net, op_node, files, l1, self.sequencer.engine, *sequencing, beacon=beacon, name="sequencer"
        )
        self.batcher = OpBatcher(
            *(net, programs["op-batcher"], l1, self.sequencer.http, self.leader.rollup),
            self.devnet.info["services"]["batcher"]["key"],
            *("--data-availability-type=blobs", "--batch-type=1", "--compression-algo=brotli"),
        )
        self.engines = engines
        self.nodes: dict[str, OpNode | OurNode] = {}
        for name, engine in engines.items():
            if name.startswith("ours"):
                self.nodes[name] = OurNode(net, files, l1, engine.engine, beacon=beacon, name=name)
            else:
                self.nodes[name] = OpNode(net, op_node, files, l1, engine.engine, beacon=beacon, name=name)
        self.users = Users(net, self.devnet, self.sequencer.http)

    def reach(self, safe: int) -> None:
        """Until every verifier has so many safe blocks, while users come."""

        def look() -> bool:
            self.users.come()
            return all(self.net.safe(node.rollup) >= safe for node in self.nodes.values())

        self.net.wait(f"{safe} safe blocks", look, 300)

    def compare(self) -> int:
        """All verifiers have the sequencer's blocks; returns how many were compared."""
        last = min(self.net.safe(node.rollup) for node in self.nodes.values())
        wanted = self.net.hashes(self.sequencer.http, last)
        for name, engine in self.engines.items():
            assert self.net.hashes(engine.http, last) == wanted, name
        roots = {
            name: self.net.rpc(node.rollup).call("optimism_outputAtBlock", hex(last))["outputRoot"]
            for name, node in self.nodes.items()
        }
        assert len(set(roots.values())) == 1, roots
        return last


def test_all_roles_mixed(net: Network, op_node: Path, op_batcher: Path, op_geth: Path) -> None:
    """Every role by both, on one chain, over an L1 reorg and with each process killed once."""
    mixed = Mixed(net, {"op-node": op_node, "op-batcher": op_batcher, "op-geth": op_geth})
    mixed.reach(BLOCKS // 4)
    net.rpc(mixed.devnet.url("l1")).call("devnet_reorgL1", 5)
    mixed.reach(BLOCKS // 2)
    killed = [part for name, part in net.parts.items() if name not in ("devnet", "geth-1", "geth-2")]
    for part in killed:
        part.kill()
        time.sleep(0.5)
        part.start_again()
        time.sleep(1)
    assert len(killed) == 9
    mixed.reach(BLOCKS)
    assert mixed.compare() >= BLOCKS


@pytest.mark.parametrize("kind", ["op-node", "ours"])
def test_an_empty_engine_is_synced_by_another(kind: str, net: Network, op_node: Path) -> None:
    """Sync by the execution layer: the node shows its engine the tip, and derives from there when it has it.

    The engine has no peers; it fetches its blocks from the engine of the sequencer.
    """
    devnet = Devnet(net, "--l1-block-time=2", "--block-time=1", "--l1-finality=3", "--no-silent-verifier")
    l1, source = devnet.url("l1"), devnet.url("sequencer")
    net.wait("blocks to sync", lambda: net.head(source) >= 20)
    engine = OurEngine(net, devnet.files / "genesis.json", f"--sync-from={source}")
    mode = ("--syncmode=execution-layer",)
    node: OpNode | OurNode
    if kind == "ours":
        node = OurNode(net, devnet.files, l1, engine.engine, *mode, beacon=devnet.url("beacon"))
    else:
        node = OpNode(
            net, op_node, devnet.files, l1, engine.engine, *mode, beacon=devnet.url("beacon"), name="op-node"
        )

    def gossip() -> None:
        """Show the node the tip. op-node ends its sync with a block that comes after the synced one."""
        block = net.rpc(source).call("eth_getBlockByNumber", "latest", True)
        net.ask(node.rollup, "admin_postUnsafePayload", envelope_from_block(block).to_json())

    def synced() -> bool:
        gossip()
        return net.head(engine.http) >= 20

    def derived() -> bool:
        gossip()
        return net.safe(node.rollup) > tip

    net.wait("the engine", synced)
    tip = net.head(engine.http)
    net.wait("safe blocks beyond it", derived)
    assert net.hashes(engine.http, tip) == net.hashes(source, tip)
