"""A chain from its sequencer to proposals on L1: the middle of it by us or by the reference (v1.16.11).

Our sequencer is in all of them. Batcher and proposer are ours, with op-node and op-geth to judge; or they are
the reference's, on the JSON-RPC of our node and our engine, and a second node of ours judges.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pyoprollup.bindings import load_contract
from pyoprollup.devcontracts import contract
from pyoprollup.devnet import DataAvailability, DevnetOptions
from pyoprollup.devnet.devnet import devnet_genesis
from pyoprollup.devnet.genesis import PORTAL, DevnetGenesis
from pyoprollup.engine import prove_withdrawal
from pyoprollup.engine.client import HttpEngine
from pyoprollup.eth import WithdrawalTransaction
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.types import Address, bytes_from_hex, to_hex
from pyoprollup.evm.predeploys import MESSAGE_PASSER
from tests.interop.anvil import (
    Anvil,
    GameContracts,
    Sender,
    deploy_games,
    genesis_output,
    proposals,
    read_contract,
)
from tests.interop.network import (
    PATIENCE,
    Devnet,
    Network,
    OpBatcher,
    OpGeth,
    OpNode,
    OpProposer,
    OurBatcher,
    OurEngine,
    OurNode,
    OurProposer,
    network,
)

pytestmark = [pytest.mark.go, pytest.mark.slow]

NOBODY = Address(b"\x77" * 20)
DEPOSITS, TRANSFERS = 10, 40
SAFE_BLOCKS = int(os.environ.get("PROPOSALS_BLOCKS", "30"))
GAMES = int(os.environ.get("PROPOSALS", "3"))
"""How far the networks have to come; more of both is a campaign."""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path) as made:
        yield made


@dataclass
class Sequenced:
    """Our sequencer and our engine on anvil, with the real contracts, and users."""

    net: Network
    genesis: DevnetGenesis
    l1: Anvil
    contracts: GameContracts
    withdrawal: WithdrawalTransaction
    withdrawn: int
    """The L2 block that records it."""
    engine: OurEngine
    node: OurNode

    @property
    def files(self) -> Path:
        return self.l1.files


def sequenced(net: Network, anvil: Path, artifacts: Path, *api: str) -> Sequenced:
    options = DevnetOptions(
        genesis_time=int(time.time()),
        block_time=1,
        l1_block_time=3,
        accounts=2,
        dispute_games=True,
        data_availability=DataAvailability.CALLDATA,
    )
    genesis = devnet_genesis(options)
    l1 = Anvil(net, anvil, genesis)
    engine = OurEngine(net, l1.files / "genesis.json", *api)
    node = OurNode(
        *(net, l1.files, l1.url, engine.engine, "--sequencer-enabled", "--sequencer-l1-confs=1"),
        name="sequencer",
    )
    owner = Sender(net, l1.url, genesis.owner)
    anchor = genesis_output(genesis).root()
    assert to_hex(anchor) == net.rpc(node.rollup).call("optimism_outputAtBlock", "0x0")["outputRoot"]
    contracts = deploy_games(owner, artifacts, anchor, genesis.config.l2_chain_id)
    withdrawal, number = live(net, l1, engine, genesis)
    return Sequenced(net, genesis, l1, contracts, withdrawal, number, engine, node)


def live(
    net: Network, l1: Anvil, engine: OurEngine, genesis: DevnetGenesis
) -> tuple[WithdrawalTransaction, int]:
    """Users make deposits on L1, send transactions on L2, and withdraw: what, and in which block."""
    on_l1, on_l2 = (
        Sender(net, *where) for where in zip((l1.url, engine.http), genesis.accounts, strict=True)
    )
    portal = contract("OptimismPortal")
    for index in range(DEPOSITS):
        deposit = portal.call("depositTransaction", NOBODY, index, 100_000, False, b"")
        on_l1.send(PORTAL, deposit, value=index, gas=150_000)
    for index in range(TRANSFERS):
        on_l2.send(NOBODY, b"hello" * index, value=1, gas=100_000)
    call = contract("L2ToL1MessagePasser").call("initiateWithdrawal", NOBODY, 100_000, b"to L1")
    on_l2.send(MESSAGE_PASSER, call, value=77, gas=200_000)
    receipt = on_l2.wait()[-1]
    withdrawal = WithdrawalTransaction.from_log(Log.from_json(receipt["logs"][0]))
    return withdrawal, int(receipt["blockNumber"], 16)


def wait_for_proposals(
    net: Network, l1: str, factory: Address, verifier: str, *, safe: int = SAFE_BLOCKS, games: int = GAMES
) -> int:
    """Until the verifier has derived enough, and enough has been proposed; returns the safe head."""

    def enough() -> int | None:
        found = net.safe(verifier)
        return found if found >= safe and len(proposals(net, l1, factory)) >= games else None

    return net.wait("safe blocks and proposals", enough, PATIENCE + 10 * games + 2 * safe)


def check_proposals(net: Network, l1: str, factory: Address, *nodes: str) -> None:
    """Each is what both nodes say, and is about a later block than the one before."""
    found = proposals(net, l1, factory)
    for number, root in found:
        for node in nodes:
            output = net.rpc(node).call("optimism_outputAtBlock", hex(number))
            assert output["outputRoot"] == to_hex(root), f"block {number} by {node}"
    numbers = [number for number, _ in found]
    assert numbers == sorted(set(numbers)) and numbers[0] > 0


def check_users(net: Network, genesis: DevnetGenesis, execution: str) -> None:
    """What users wanted is there, by an execution client."""
    wanted = hex(TRANSFERS + sum(range(DEPOSITS)))
    net.wait("users' money", lambda: net.ask(execution, "eth_getBalance", to_hex(NOBODY), "latest") == wanted)


def prove_on_l1(ours: Sequenced) -> None:
    """The real portal takes our proof of the withdrawal, under a game that the proposer has created."""
    net, l1 = ours.net, ours.l1.url
    factory, portal = ours.contracts.factory, ours.contracts.portal

    def game() -> tuple[int, int] | None:
        """A game after the withdrawal: its place in the list, and its block."""
        numbers = [number for number, _ in proposals(net, l1, factory)]
        return next(((place, at) for place, at in enumerate(numbers) if at >= ours.withdrawn), None)

    index, number = net.wait("a game after the withdrawal", game)
    config = ours.genesis.config
    with HttpEngine(config, ours.engine.http) as engine:
        block = engine.payload_by_number(number).payload.block_hash
        proof = prove_withdrawal(config, engine, block, ours.withdrawal)
    prove = load_contract("OptimismPortal2").function("proveWithdrawalTransaction")
    owner = Sender(net, l1, ours.genesis.owner)
    owner.send(portal, prove.encode(*proof.arguments(ours.withdrawal, index)), gas=1_000_000)
    owner.wait()
    arguments = ours.withdrawal.hash(), owner.address
    game_address, _ = read_contract(net, l1, "OptimismPortal2", portal, "provenWithdrawals", *arguments)
    _, _, proxy = read_contract(net, l1, "DisputeGameFactory", factory, "gameAtIndex", index)
    assert game_address == proxy


@pytest.mark.npm
def test_our_batcher_and_proposer(
    net: Network, anvil: Path, l1_contracts: Path, op_node: Path, op_geth: Path
) -> None:
    """Batcher and proposer are killed on the way: nothing is lost, nothing proposed twice."""
    ours = sequenced(net, anvil, l1_contracts, "--http-api=eth,net,web3,miner")
    genesis, l1, factory = ours.genesis, ours.l1.url, ours.contracts.factory
    batcher = OurBatcher(
        net, ours.files, l1, ours.engine.http, ours.node.rollup, to_hex(genesis.batcher), "--batch-type=1"
    )
    proposer = OurProposer(net, ours.files, l1, ours.node.rollup, to_hex(factory), to_hex(genesis.proposer))
    geth = OpGeth(net, op_geth, ours.files / "genesis.json")
    verifier = OpNode(net, op_node, ours.files, l1, geth.engine)
    wait_for_proposals(net, l1, factory, verifier.rollup, safe=5, games=1)
    for service in (batcher, proposer):
        service.part.kill()
        service.part.start_again()
    safe = wait_for_proposals(net, l1, factory, verifier.rollup)
    assert net.hashes(geth.http, safe) == net.hashes(ours.engine.http, safe)
    check_users(net, genesis, geth.http)
    check_proposals(net, l1, factory, ours.node.rollup, verifier.rollup)
    prove_on_l1(ours)


@pytest.mark.npm
def test_op_batcher_and_op_proposer(
    net: Network, anvil: Path, l1_contracts: Path, op_batcher: Path, op_proposer: Path
) -> None:
    ours = sequenced(net, anvil, l1_contracts, "--http-api=eth,net,web3,miner,debug,txpool")
    genesis, l1, factory = ours.genesis, ours.l1.url, ours.contracts.factory
    OpBatcher(
        net, op_batcher, l1, ours.engine.http, ours.node.rollup, to_hex(genesis.batcher), "--batch-type=1"
    )
    OpProposer(net, op_proposer, l1, ours.node.rollup, to_hex(factory), to_hex(genesis.proposer))
    engine = OurEngine(net, ours.files / "genesis.json", name="verifier-engine")
    verifier = OurNode(net, ours.files, l1, engine.engine, name="verifier")
    safe = wait_for_proposals(net, l1, factory, verifier.rollup)
    assert net.hashes(engine.http, safe) == net.hashes(ours.engine.http, safe)
    check_users(net, genesis, engine.http)
    check_proposals(net, l1, factory, ours.node.rollup, verifier.rollup)


def test_op_batcher_and_op_proposer_on_a_devnet(net: Network, op_batcher: Path, op_proposer: Path) -> None:
    """Blobs, and our own contracts, on the L1 that a devnet serves."""
    options = ("--no-batcher", "--dispute-games", "--l1-block-time=3", "--block-time=1", "--l1-finality=3")
    devnet = Devnet(net, *options)
    keys = {name: each["key"] for name, each in devnet.info["services"].items()}
    factory = devnet.info["contracts"]["DisputeGameFactory"]
    l1, sequencer, verifier = (devnet.url(name) for name in ("l1", "sequencer rollup", "silent rollup"))
    kind = ("--data-availability-type=blobs", "--batch-type=1")
    OpBatcher(net, op_batcher, l1, devnet.url("sequencer"), sequencer, keys["batcher"], *kind)
    OpProposer(net, op_proposer, l1, verifier, factory, keys["proposer"])
    games = Address(bytes_from_hex(factory, "factory"))
    safe = wait_for_proposals(net, l1, games, verifier)
    assert net.hashes(devnet.url("silent"), safe) == net.hashes(devnet.url("sequencer"), safe)
    check_proposals(net, l1, games, sequencer, verifier)
