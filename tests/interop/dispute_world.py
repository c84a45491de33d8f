"""A chain with the reference's contracts of disputes, players, and a rollup node that is made up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyoprollup.bindings import ContractReverted, ContractTransaction
from pyoprollup.challenger.contracts import (
    FaultDisputeGameContract,
    GameFactoryContract,
    fault_dispute_game_contract,
)
from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.refs import BlockID, BlockLabel, L1BlockRef, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import ZERO_HASH, Hash32, quantity_from_hex, to_hex
from pyoprollup.l1.rpc import L1Client
from pyoprollup.rollupapi import OutputResponse, SafeHeadResponse
from pyoprollup.rpc.http_server import RpcApp, serve
from pyoprollup.rpc.jsonrpc import Dispatcher, JsonRpcError
from tests.interop.anvil import ETHEREUM, GameSettings, Sender, deploy_games
from tests.interop.network import Network, free_port

_L2_HASH = Hash32(b"\x02" * 32)
OUTPUT = OutputV0(Hash32(b"\x01" * 32), ZERO_HASH, _L2_HASH)
"""What is right at every block."""
CLOCK, DELAY = 302_400, 302_400
KEYS = [bytes([index]) * 32 for index in (1, 2)]
_FAR = 10**9
_ANCHOR = Hash32(b"\x0a" * 32)


class DisputeWorld:
    """The contracts, two players, and how games are made, played and resolved with transactions of ours."""

    def __init__(
        self,
        net: Network,
        anvil: Path,
        artifacts: Path,
        *options: str,
        settings: GameSettings = ETHEREUM,
        anchor: Hash32 = _ANCHOR,
    ) -> None:
        port = free_port()
        self.url, self.net = f"http://127.0.0.1:{port}", net
        net.run("anvil", anvil, "--port", str(port), "--accounts", "1", "--hardfork", "prague", *options)
        net.wait("anvil", lambda: net.ask(self.url, "eth_chainId"))
        self.players = [Sender(net, self.url, key) for key in KEYS]
        for player in self.players:
            self.ask("anvil_setBalance", to_hex(player.address), hex(10**24))
        self.settings = settings
        contracts = deploy_games(self.players[0], artifacts, anchor, 901, settings)
        self.l1 = L1Client((self.url,))
        self.factory = GameFactoryContract.detect(contracts.factory, self.l1, self.block)

    def ask(self, method: str, *params: object) -> Any:
        return self.net.rpc(self.url).call(method, *params)

    @property
    def block(self) -> Hash32:
        """The head, at which a series of reads is made."""
        return self.l1.l1_block_ref_by_label(BlockLabel.UNSAFE).hash

    @property
    def now(self) -> int:
        return self.l1.l1_block_ref_by_label(BlockLabel.UNSAFE).time

    def send(self, who: int, transaction: ContractTransaction) -> None:
        self.players[who].send(transaction.to, transaction.data, value=transaction.value, gas=2_000_000)
        self.players[who].wait()

    def pass_time(self, seconds: int) -> None:
        self.ask("evm_increaseTime", hex(seconds))
        self.ask("evm_mine")

    def game(self, index: int) -> FaultDisputeGameContract:
        found = self.factory.game_at_index(index, self.block)
        return fault_dispute_game_contract(found.game_type, found.proxy, self.l1, self.block)

    def create(self, root: Hash32, number: int) -> FaultDisputeGameContract:
        before = self.factory.game_count(self.block)
        self.send(1, self.factory.create_tx(self.settings.game_type, root, number, 901, self.block))
        assert (
            self.factory.game_from_parameters(self.settings.game_type, root, number, self.block) is not None
        )
        return self.game(before)

    def play(self, game: FaultDisputeGameContract, chance: random.Random) -> None:
        """Some moves of both, each against the other side's claims, at most four deep."""
        for _ in range(chance.randint(0, 6)):
            block = self.block
            parent = chance.choice([claim for claim in game.all_claims(block) if claim.depth < 4])
            value = Hash32(b"\x01" + chance.randbytes(31))
            defends = not parent.is_root and chance.random() < 0.5
            make = game.defend_tx if defends else game.attack_tx
            self.send(parent.depth % 2, make(parent, value, block))
            newest = self.claims(game)[-1]
            assert newest.parent_index == parent.index and newest.value == value
            assert newest.position == (parent.position.defend() if defends else parent.position.attack())

    def claims(self, game: FaultDisputeGameContract) -> list[Claim]:
        """All claims at the head.

        While anvil mines, it answers what is asked at the head with the state after it: a number of claims of
        which the last cannot be read when the block is there. Then they are read again.
        """

        def look() -> list[Claim] | None:
            try:
                return list(game.all_claims(self.block))
            except ContractReverted:
                return None

        return self.net.wait("claims that can be read", look)

    def resolve(self, game: FaultDisputeGameContract) -> GameStatus:
        for claim in reversed(self.claims(game)):
            game.call_resolve_claim(claim.index, self.block)
            self.send(0, game.resolve_claim_tx(claim.index))
            assert game.is_resolved([claim.index], self.block) == [True]
        expected = game.call_resolve(self.block)
        self.send(0, game.resolve_tx())
        assert game.status(self.block) is expected
        return expected


def random_root(number: int) -> Hash32:
    """That of :data:`OUTPUT` for odd numbers, else a wrong one."""
    return OUTPUT.root() if number % 2 else Hash32(b"\x01" + bytes([number % 256]) * 31)


@contextmanager
def served_node(at: int = _FAR, first_missing: int = _FAR, safe: int = _FAR) -> Iterator[str]:
    """The URL of a node that is at an L1 block and has :data:`OUTPUT` for all blocks before one.

    They were safe up to ``safe``, whatever the L1 block.
    """

    def sync_status() -> Any:
        return SyncStatus(current_l1=L1BlockRef(Hash32(b"\x01" * 32), at, ZERO_HASH, 0)).to_json()

    def output(number: str) -> Any:
        found = quantity_from_hex(number, "number")
        if found >= first_missing:
            raise JsonRpcError(-32000, "failed to get L2 block ref: not found")
        ref = L2BlockRef(_L2_HASH, found, ZERO_HASH, 0, BlockID(ZERO_HASH, 0), 0)
        return OutputResponse.of(ref, OUTPUT, SyncStatus()).to_json()

    def safe_head(number: str) -> Any:
        block = BlockID(Hash32(b"\x03" * 32), quantity_from_hex(number, "number"))
        return SafeHeadResponse(block, BlockID(Hash32(b"\x04" * 32), safe)).to_json()

    methods = {
        "optimism_syncStatus": sync_status,
        "optimism_outputAtBlock": output,
        "optimism_safeHeadAtL1Block": safe_head,
    }
    with (
        ThreadPoolExecutor(2) as executor,
        serve(RpcApp(Dispatcher(methods), executor), "127.0.0.1", 0) as server,
    ):
        yield server.url
