"""A tour of ``pyoprollup devnet --serve`` with the clients that people use: web3.py and cast.

Blocks, logs and balances; a transfer on each layer; a deposit; a withdrawal, proved under the output root
of a game on L1. Nothing but the proof's check is done with our library.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.derive.deposits import decode_deposit_log
from pyoprollup.devcontracts import contract
from pyoprollup.engine import prove_withdrawal
from pyoprollup.engine.client import HttpEngine
from pyoprollup.eth import OutputV0, ProofError, WithdrawalProof, WithdrawalTransaction
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.receipts import Log
from pyoprollup.eth.types import Address, Hash32, bytes_from_hex, to_hex
from pyoprollup.rollup import RollupConfig
from tests.interop.network import Devnet, Network, network

pytestmark = pytest.mark.slow

NOBODY = "0x7777777777777777777777777777777777777777"
TRANSFER, DEPOSIT, WITHDRAWN = 5, 1_000, 77
"""Wei."""
GAS = 100_000
PAYLOAD = b"\x12\x34"
OPTIONS = (
    *("--l1-block-time=2", "--block-time=1", "--l1-finality=2", "--transactions=1"),
    *("--proposer", "--proposal-interval=4", "--accounts=4"),
)


class World:
    """The devnet, and what its files say."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self.devnet = Devnet(net, *OPTIONS)
        self.info = self.devnet.info
        self.config = RollupConfig.from_json(json.loads((self.devnet.files / "rollup.json").read_text()))
        net.wait("blocks", lambda: all(net.head(self.devnet.url(name)) >= 4 for name in ("l1", "silent")))

    def address(self, name: str) -> str:
        address: str = self.info["contracts"][name]
        return address

    def account(self, index: int) -> tuple[str, str]:
        """Address and key."""
        account = self.info["accounts"][index]
        return account["address"], account["key"]

    def output_root(self, number: int) -> Hash32:
        """Of a block, by the node that follows L1 alone."""
        url = self.devnet.url("silent rollup")
        return Hash32(
            bytes_from_hex(self.net.ask(url, "optimism_outputAtBlock", hex(number))["outputRoot"], "root")
        )

    def check_proof(self, withdrawal: WithdrawalTransaction, proof: WithdrawalProof, root: Hash32) -> None:
        """The proof holds under the root that L1 has, is the library's own, and is for nothing else."""
        proof.verify(root, withdrawal)
        with HttpEngine(self.config, self.devnet.url("silent")) as engine:
            assert prove_withdrawal(self.config, engine, proof.output.block_hash, withdrawal) == proof
        other = WithdrawalTransaction(
            withdrawal.nonce, withdrawal.sender, withdrawal.target, WITHDRAWN + 1, GAS, PAYLOAD
        )
        with pytest.raises(ProofError):
            proof.verify(root, other)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with network(tmp_path_factory.mktemp("clients")) as net:
        yield World(net)


def deposit_hash(log: Log, block_hash: Hash32) -> Hash32:
    """The transaction on L2 that a deposit's event becomes."""
    return keccak256(decode_deposit_log(block_hash, log).encode())


# --- web3.py


class Web3Tour:
    """Somebody with an account, on both chains."""

    def __init__(self, world: World, account: int) -> None:
        web3 = pytest.importorskip("web3")
        signer = pytest.importorskip("web3.middleware").SignAndSendRawMiddlewareBuilder
        self.world, (address, self.key) = world, world.account(account)
        self.me = web3.Web3.to_checksum_address(address)
        self.checksum = web3.Web3.to_checksum_address

        def connect(name: str) -> Any:
            chain = web3.Web3(web3.Web3.HTTPProvider(world.devnet.url(name)))
            chain.middleware_onion.inject(signer.build(self.key), layer=0)
            chain.eth.default_account = self.me
            return chain

        self.l1, self.l2, self.gossiped = (connect(name) for name in ("l1", "sequencer", "verifier"))
        self.verifier = connect("silent")

    def contract(self, chain: Any, name: str, address: str | None = None) -> Any:
        where = self.checksum(address or self.world.address(name))
        return chain.eth.contract(address=where, abi=contract(name).abi)

    def done(self, chain: Any, sent: bytes) -> Any:
        receipt = chain.eth.wait_for_transaction_receipt(sent, timeout=60, poll_latency=0.2)
        assert receipt.status == 1
        return receipt


@pytest.fixture
def web3_tour(world: World) -> Web3Tour:
    return Web3Tour(world, 0)


def test_web3_reads(web3_tour: Web3Tour) -> None:
    tour, info = web3_tour, web3_tour.world.info
    for chain, number in ((tour.l1, info["l1_chain_id"]), (tour.l2, info["l2_chain_id"])):
        eth = chain.eth
        assert (eth.chain_id, chain.net.version) == (number, str(number))
        assert chain.is_connected() and not eth.syncing and eth.accounts == []
        assert eth.get_balance(tour.me) == 10_000 * 10**18 and not eth.get_code(tour.me)
        head = eth.get_block("latest", full_transactions=True)
        assert eth.get_block(head.hash).number == head.number
        assert eth.get_block(head.number - 1).hash == head.parentHash
        assert eth.get_block("finalized").number <= eth.get_block("safe").number <= eth.block_number
        receipts = eth.get_block_receipts(head.number)
        assert [receipt.transactionHash for receipt in receipts] == [tx.hash for tx in head.transactions]
        assert [eth.get_transaction_receipt(tx.hash) for tx in head.transactions] == receipts
        for tx in head.transactions:
            assert eth.get_transaction(tx.hash) == tx
        history = eth.fee_history(3, "latest", [50])
        assert len(history.baseFeePerGas) == 4 and len(history.reward) == 3
        assert eth.gas_price > eth.max_priority_fee > 0
        blocks = eth.filter("latest")
        tour.world.net.wait("a block", lambda blocks=blocks: blocks.get_new_entries())
    portal = tour.contract(tour.l1, "OptimismPortal")
    standing = portal.events.TransactionDeposited().create_filter(from_block=0)
    deposits = portal.events.TransactionDeposited().get_logs(from_block=0)
    assert deposits, "users have made deposits"
    assert standing.get_all_entries()[: len(deposits)] == deposits
    tour.world.net.wait("a deposit", standing.get_new_entries)
    for event in deposits:
        assert event in portal.events.TransactionDeposited().process_receipt(
            tour.l1.eth.get_transaction_receipt(event.transactionHash)
        )


def test_web3_transfers(web3_tour: Web3Tour) -> None:
    for chain in (web3_tour.l1, web3_tour.l2):
        before, theirs = (chain.eth.get_balance(who) for who in (web3_tour.me, NOBODY))
        sent = chain.eth.send_transaction({"to": NOBODY, "value": TRANSFER})
        receipt = web3_tour.done(chain, sent)
        paid = receipt.gasUsed * receipt.effectiveGasPrice + int(receipt.get("l1Fee", "0x0"), 16)
        assert chain.eth.get_balance(NOBODY) == theirs + TRANSFER
        assert chain.eth.get_balance(web3_tour.me) == before - TRANSFER - paid


def test_web3_sends_through_a_verifier(web3_tour: Web3Tour) -> None:
    """One transaction right after the other: the second needs the nonce after the first."""
    verifier = web3_tour.gossiped
    sent = [verifier.eth.send_transaction({"to": NOBODY, "value": TRANSFER}) for _ in range(2)]
    for tx in sent:
        web3_tour.done(verifier, tx)
        assert verifier.eth.get_transaction(tx).value == TRANSFER


def test_web3_deposits(web3_tour: Web3Tour) -> None:
    tour = web3_tour
    before = tour.l2.eth.get_balance(tour.me)
    portal = tour.contract(tour.l1, "OptimismPortal")
    call = portal.functions.depositTransaction(NOBODY, DEPOSIT, GAS, False, b"")
    receipt = tour.done(tour.l1, call.transact({"value": 3 * DEPOSIT}))
    (event,) = receipt.logs
    log = Log(
        address=Address(bytes_from_hex(event.address, "address")),
        topics=tuple(Hash32(bytes(topic)) for topic in event.topics),
        data=bytes(event.data),
        log_index=event.logIndex,
    )
    on_l2 = tour.done(tour.verifier, deposit_hash(log, Hash32(bytes(event.blockHash))))
    assert on_l2["from"] == tour.me and on_l2.to == NOBODY
    # Three are minted, one is sent on; nobody pays for the gas.
    assert tour.verifier.eth.get_balance(tour.me) == before + 2 * DEPOSIT


def test_web3_withdraws_and_proves(web3_tour: Web3Tour) -> None:
    tour, world = web3_tour, web3_tour.world
    passer = tour.contract(tour.l2, "L2ToL1MessagePasser")
    call = passer.functions.initiateWithdrawal(NOBODY, GAS, PAYLOAD)
    receipt = tour.done(tour.l2, call.transact({"value": WITHDRAWN}))
    (event,) = passer.events.MessagePassed().process_receipt(receipt)
    said = event.args
    sender, target = (Address(bytes_from_hex(said[name], name)) for name in ("sender", "target"))
    withdrawal = WithdrawalTransaction(said.nonce, sender, target, said.value, said.gasLimit, said.data)
    assert withdrawal.hash() == said.withdrawalHash
    assert (said.sender, said.target, said.value, said.data) == (tour.me, NOBODY, WITHDRAWN, PAYLOAD)
    assert passer.functions.sentMessages(withdrawal.hash()).call()

    root, number = world.net.wait("a game", lambda: _web3_game(tour, receipt.blockNumber))
    assert root == world.output_root(number)
    block = tour.verifier.eth.get_block(number)
    found = tour.verifier.eth.get_proof(passer.address, [withdrawal.storage_slot()], number)
    roots = (Hash32(bytes(value)) for value in (block.stateRoot, found.storageHash, block.hash))
    nodes = tuple(bytes(node) for node in found.storageProof[0].proof)
    world.check_proof(withdrawal, WithdrawalProof(OutputV0(*roots), nodes), root)


def _web3_game(tour: Web3Tour, least: int) -> tuple[Hash32, int] | None:
    """Root and block of the newest game, if it is about this block or a later one."""
    factory = tour.contract(tour.l1, "DisputeGameFactory").functions
    count = factory.gameCount().call()
    if not count:
        return None
    _, _, address = factory.gameAtIndex(count - 1).call()
    game = tour.contract(tour.l1, "FaultDisputeGame", address).functions
    number, (_, root, _) = game.l2BlockNumber().call(), game.gameData().call()
    return (Hash32(root), number) if number >= least else None


# --- cast


class Cast:
    """The command line, with an account."""

    def __init__(self, program: Path, world: World, account: int) -> None:
        self._program, self.world = program, world
        self.me, self._key = world.account(account)

    def __call__(self, node: str, *arguments: str | int) -> str:
        """What a command prints, told to a node of the devnet."""
        command = [
            str(part) for part in (self._program, *arguments, "--rpc-url", self.world.devnet.url(node))
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout.strip()

    def json(self, node: str, *arguments: str | int) -> Any:
        return json.loads(self(node, *arguments, "--json"))

    def send(self, node: str, *arguments: str | int) -> Any:
        """The receipt of a transaction."""
        receipt = self.json(node, "send", "--private-key", self._key, "--poll-interval", 1, *arguments)
        assert receipt["status"] == "0x1"
        return receipt


@pytest.fixture
def run_cast(cast: Path, world: World) -> Cast:
    return Cast(cast, world, 1)


@pytest.mark.npm
def test_cast_reads(run_cast: Cast) -> None:
    cast, info = run_cast, run_cast.world.info
    for node, number in (("l1", info["l1_chain_id"]), ("silent", info["l2_chain_id"])):
        assert cast(node, "chain-id") == str(number)
        assert "pyoprollup" in cast(node, "client")
        assert cast(node, "balance", cast.me) == str(10_000 * 10**18)
        assert cast(node, "nonce", cast.me) == "0"
        head = cast.json(node, "block", "latest", "--full")
        assert cast.json(node, "block", head["hash"])["number"] == head["number"]
        for tx in head["transactions"]:
            assert cast.json(node, "receipt", tx["hash"])["blockHash"] == head["hash"]
            assert cast.json(node, "tx", tx["hash"])["hash"] == tx["hash"]
        assert int(cast(node, "gas-price")) > 0 and int(cast(node, "base-fee")) > 0
        assert cast(node, "estimate", NOBODY, "--value", 1, "--from", cast.me) == "21000"
        time = int(cast(node, "block", 1, "--field", "timestamp").split()[0])
        assert cast(node, "find-block", time) == "1"
    logs = cast.json("l1", "logs", "--from-block", 0, "--address", cast.world.address("OptimismPortal"))
    assert logs, "users have made deposits"
    assert cast("l1", "call", cast.world.address("OptimismPortal"), "version()(string)") == json.dumps(
        "2.8.1-pyoprollup"
    )


@pytest.mark.parametrize("kind", [[], ["--legacy"]], ids=["dynamic fee", "legacy"])
@pytest.mark.npm
def test_cast_transfers(run_cast: Cast, kind: list[str]) -> None:
    for node in ("l1", "sequencer"):
        before = int(run_cast(node, "balance", NOBODY))
        run_cast.send(node, NOBODY, "--value", TRANSFER, *kind)
        assert int(run_cast(node, "balance", NOBODY)) == before + TRANSFER


@pytest.mark.npm
def test_cast_deposits(run_cast: Cast) -> None:
    cast = run_cast
    call = ("depositTransaction(address,uint256,uint64,bool,bytes)", NOBODY, DEPOSIT, GAS, "false", "0x")
    receipt = cast.send("l1", cast.world.address("OptimismPortal"), *call, "--value", DEPOSIT)
    (event,) = receipt["logs"]
    log = Log.from_json(event)._replace(log_index=int(event["logIndex"], 16))
    tx = deposit_hash(log, Hash32(bytes_from_hex(event["blockHash"], "block")))

    def seen() -> Any:
        return cast.world.net.ask(cast.world.devnet.url("silent"), "eth_getTransactionReceipt", to_hex(tx))

    cast.world.net.wait("the deposit", seen)
    on_l2 = cast.json("silent", "receipt", to_hex(tx))
    assert (on_l2["status"], on_l2["to"], on_l2["type"]) == ("0x1", NOBODY, "0x7e")


@pytest.mark.npm
def test_cast_withdraws_and_proves(run_cast: Cast) -> None:
    cast, world, passer = run_cast, run_cast.world, run_cast.world.address("L2ToL1MessagePasser")
    call = ("initiateWithdrawal(address,uint256,bytes)", NOBODY, GAS, to_hex(PAYLOAD))
    receipt = cast.send("sequencer", passer, *call, "--value", WITHDRAWN)
    (event,) = receipt["logs"]
    withdrawal = WithdrawalTransaction.from_log(Log.from_json(event))
    assert to_hex(withdrawal.sender) == cast.me and withdrawal.value == WITHDRAWN
    assert (
        cast("sequencer", "call", passer, "sentMessages(bytes32)(bool)", to_hex(withdrawal.hash())) == "true"
    )

    root, number = world.net.wait("a game", lambda: _cast_game(cast, int(receipt["blockNumber"], 16)))
    assert root == world.output_root(number)
    block = cast.json("silent", "block", number)
    found = json.loads(cast("silent", "proof", passer, hex(withdrawal.storage_slot()), "--block", number))
    committed = (block["stateRoot"], found["storageHash"], block["hash"])
    roots = (Hash32(bytes_from_hex(value, "root")) for value in committed)
    nodes = tuple(bytes_from_hex(node, "node") for node in found["storageProof"][0]["proof"])
    world.check_proof(withdrawal, WithdrawalProof(OutputV0(*roots), nodes), root)


def _cast_game(cast: Cast, least: int) -> tuple[Hash32, int] | None:
    """Root and block of the newest game, if it is about this block or a later one."""
    ask = partial(cast, "l1", "call")
    factory = cast.world.address("DisputeGameFactory")
    count = int(ask(factory, "gameCount()(uint256)").split()[0])
    if not count:
        return None
    game = ask(factory, "gameAtIndex(uint256)(uint32,uint64,address)", count - 1).split()[-1]
    number = int(ask(game, "l2BlockNumber()(uint256)").split()[0])
    root = ask(game, "gameData()(uint32,bytes32,bytes)").split()[1]
    return (Hash32(bytes_from_hex(root, "root")), number) if number >= least else None
