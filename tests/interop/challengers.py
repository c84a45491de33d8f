"""Challengers as processes, ours and the reference's, on anvil with the reference's contracts.

Games are over the alphabet, eight levels deep and split at four: what a challenger needs for them is a rollup
node that knows outputs, and headers of L2. Both are made up, and served by :class:`Rollup`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyoprollup.challenger.actions_tx import action_candidates
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.contracts import FaultDisputeGameContract
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.pinned_game import PinnedGame
from pyoprollup.challenger.register import OpenGame, Surroundings, open_game
from pyoprollup.challenger.trace.alphabet import alphabet_prestate_commitment
from pyoprollup.challenger.trace.alphabet_games import AlphabetTraces
from pyoprollup.devnet.dishonest import STRATEGIES, Seat
from pyoprollup.eth.abi import selector
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32, hash_from_hex, quantity_from_hex, to_hex
from pyoprollup.events import no_news
from pyoprollup.rollup.config import Genesis, RollupConfig
from pyoprollup.rollupapi import OutputResponse, RollupClient, SafeHeadResponse
from pyoprollup.rpc.http_client import JsonRpcClient
from pyoprollup.rpc.http_server import RpcApp, serve
from pyoprollup.rpc.jsonrpc import Dispatcher
from pyoprollup.services.challenger import HttpL2Headers
from pyoprollup.sources.l1 import CallFailed, CallMsg
from tests.disputes import chain as l2
from tests.disputes.alphabet_machine import misfits
from tests.interop.anvil import GameSettings, Sender
from tests.interop.dispute_world import DisputeWorld
from tests.interop.network import Network, Running, free_port

ANCHOR = 100
ALPHABET = GameSettings(
    game_type=255,
    prestate=alphabet_prestate_commitment(),
    max_depth=8,
    split_depth=4,
    clock_extension=60,
    max_clock_duration=100_000,
    challenge_period=120,
    weth_delay=50_000,
    vm="AlphabetVM",
    anchor_number=ANCHOR,
)
OURS, THEIRS = bytes([0x33]) * 32, bytes([0x44]) * 32
"""Keys of our challenger and of the reference's."""
L2_CHAIN_ID = 901
WEALTH = 10**24


class AlphabetWorld(DisputeWorld):
    """The contracts, and accounts for a liar and for the challengers.

    There is a block each second. Right after one anvil may still answer with the state before it: without
    further blocks nobody would look again.
    """

    def __init__(
        self, net: Network, anvil: Path, artifacts: Path, *options: str, settings: GameSettings = ALPHABET
    ) -> None:
        super().__init__(
            *(net, anvil, artifacts, "--block-time", "1", *options),
            settings=settings,
            anchor=l2.root(ANCHOR),
        )
        for key in (OURS, THEIRS):
            self.ask("anvil_setBalance", to_hex(address_of(key)), hex(WEALTH))
        self.liar: Sender = self.players[1]

    def lie(self, game: FaultDisputeGameContract, parent: Claim, is_attack: bool, value: Hash32) -> Claim:
        """A move of the liar."""
        block = self.block
        make = game.attack_tx if is_attack else game.defend_tx
        self.send(1, make(parent, value, block))
        return next(
            claim for claim in self.claims(game) if (claim.value, claim.parent_index) == (value, parent.index)
        )

    def status(self, game: FaultDisputeGameContract) -> GameStatus:
        return game.status(self.block)

    def answer(self, game: FaultDisputeGameContract, parent: Claim) -> Claim:
        """The first answer to a claim; waits for it."""

        def look() -> Claim | None:
            claims = self.claims(game)
            return next((claim for claim in claims if claim.parent_index == parent.index), None)

        return self.net.wait(f"an answer to claim {parent.index}", look)

    def quiet(self, game: FaultDisputeGameContract, seconds: int = 8) -> list[Claim]:
        """The claims, once none has come for some seconds of L1."""
        seen, since = 0, 0

        def look() -> bool:
            nonlocal seen, since
            count = len(self.claims(game))
            if count != seen:
                seen, since = count, self.now
            return self.now - since >= seconds

        self.net.wait("no more claims", look)
        return self.claims(game)

    def next_block(self, count: int = 1) -> None:
        """Wait for so many blocks."""
        wanted = self.l1.block_number() + count
        self.net.wait("blocks", lambda: self.l1.block_number() >= wanted)

    def end(self, *games: FaultDisputeGameContract) -> None:
        """Let the clocks run out, and wait until somebody has resolved the games."""
        self.pass_time(self.settings.max_clock_duration + 1)

        def over() -> bool:
            return all(self.status(game) is not GameStatus.IN_PROGRESS for game in games)

        self.net.wait("the end of the games", over)

    def pay_out(self, games: Iterable[FaultDisputeGameContract], *accounts: Address) -> None:
        """Let the vault's delay pass, and wait until all of these have their bonds."""
        self.pass_time(self.settings.weth_delay + 1)
        owed = [(game, account) for game in games for account in accounts]

        def paid() -> bool:
            return not any(game.credit(account, self.block)[0] for game, account in owed)

        self.net.wait("bonds", paid)

    def transactions(self, account: Address) -> list[Transaction]:
        """All that an account has sent, in its order."""
        found = []
        for number in range(self.l1.block_number() + 1):
            for receipt in self.ask("eth_getBlockReceipts", hex(number)):
                if receipt["from"] == to_hex(account):
                    tx = self.ask("eth_getTransactionByHash", receipt["transactionHash"])
                    gas, used = int(tx["gas"], 16), int(receipt["gasUsed"], 16)
                    found.append(
                        Transaction(number, receipt["status"] == "0x1", tx["input"], tx["to"], gas, used)
                    )
        return found


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction that is mined, and its call data in hex."""

    block: int
    succeeded: bool
    data: str
    to: str
    gas: int
    used: int


# --- the rollup


@dataclass
class Rollup:
    """A rollup node and an execution client in one, over the chain of :mod:`tests.disputes.chain`.

    ``lies`` has, by block number, the number of the block whose output it tells instead.
    """

    world: DisputeWorld
    safe: int = ANCHOR + 1000
    lies: Mapping[int, int] = field(default_factory=dict)
    asked: int = 0

    def _l1(self, number: int | None = None) -> L1BlockRef:
        block = self.world.ask("eth_getBlockByNumber", "latest" if number is None else hex(number), False)
        return L1BlockRef(
            hash_from_hex(block["hash"], "hash"),
            int(block["number"], 16),
            hash_from_hex(block["parentHash"], "parentHash"),
            int(block["timestamp"], 16),
        )

    def _config(self) -> RollupConfig:
        first = self._l1(0)
        genesis = Genesis(
            l1=BlockID(first.hash, 0), l2=BlockID(l2.header(0).hash(), 0), l2_time=l2.header(0).time
        )
        return RollupConfig(
            genesis=genesis,
            block_time=2,
            max_sequencer_drift=600,
            seq_window_size=100_000,
            channel_timeout=300,
            l1_chain_id=31337,
            l2_chain_id=L2_CHAIN_ID,
            regolith_time=0,
            batch_inbox_address=Address(b"\x01" * 20),
            deposit_contract_address=Address(b"\x02" * 20),
            l1_system_config_address=Address(b"\x03" * 20),
        )

    def _block(self, number: int) -> L2BlockRef:
        first = self._l1(0)
        header = l2.header(number)
        return L2BlockRef(
            header.hash(), number, header.parent_hash, header.time, BlockID(first.hash, first.number), 0
        )

    def _status(self) -> SyncStatus:
        safe = self._block(self.safe)
        return SyncStatus(current_l1=self._l1(), unsafe_l2=safe, safe_l2=safe, finalized_l2=safe)

    def _output(self, number: str) -> Any:
        self.asked += 1
        found = quantity_from_hex(number, "number")
        told = l2.output(self.lies.get(found, found))
        return OutputResponse.of(self._block(found), told, self._status()).to_json()

    def _safe_head(self, _number: str) -> Any:
        first = self._l1(1)
        safe = self._block(self.safe)
        return SafeHeadResponse(BlockID(first.hash, first.number), BlockID(safe.hash, safe.number)).to_json()

    def _header(self, number: str, _full: bool = False) -> Any:
        found = self.safe if number == "latest" else quantity_from_hex(number, "number")
        return {**l2.header(found).to_json(), "transactions": [], "uncles": [], "size": "0x0"}

    @contextmanager
    def served(self) -> Iterator[str]:
        """Its URL, while it lives."""
        methods: dict[str, Callable[..., Any]] = {
            "optimism_syncStatus": lambda: self._status().to_json(),
            "optimism_outputAtBlock": self._output,
            "optimism_safeHeadAtL1Block": self._safe_head,
            "optimism_rollupConfig": lambda: self._config().to_json(),
            "eth_chainId": lambda: hex(L2_CHAIN_ID),
            "eth_getBlockByNumber": self._header,
        }
        with (
            ThreadPoolExecutor(4) as executor,
            serve(RpcApp(Dispatcher(methods), executor), "127.0.0.1", 0) as server,
        ):
            yield server.url


# --- challengers


def _common(world: DisputeWorld, rollup: str, key: bytes, folder: Path) -> tuple[str, ...]:
    return (
        *(f"--l1-eth-rpc={world.url}", f"--rollup-rpc={rollup}", f"--l2-eth-rpc={rollup}"),
        *(f"--game-factory-address={to_hex(world.factory.address)}", f"--datadir={folder}"),
        *(f"--private-key={to_hex(key)}", "--num-confirmations=1"),
    )


class OpChallenger:
    """op-challenger, which plays games over the alphabet. It is asked for a new block each second."""

    def __init__(
        self, world: DisputeWorld, program: Path, rollup: str, *options: str, key: bytes = THEIRS
    ) -> None:
        self.address = address_of(key)
        folder = world.net.folder / "op-challenger"
        self.part: Running = world.net.run(
            *("op-challenger", program, *_common(world, rollup, key, folder), "--game-types=alphabet"),
            *(f"--l1-beacon={world.url}", "--http-poll-interval=1s", "--txmgr.receipt-query-interval=1s"),
            *options,
        )


class OurChallenger:
    """``pyoprollup challenger``, the same."""

    def __init__(
        self,
        world: DisputeWorld,
        rollup: str,
        *options: str,
        key: bytes = OURS,
        games: str = "alphabet",
        name: str = "challenger",
    ) -> None:
        self.address, port = address_of(key), free_port()
        self.rpc = f"http://127.0.0.1:{port}"
        folder = world.net.folder / name
        self.part: Running = world.net.ours(
            *(name, "challenger", *_common(world, rollup, key, folder), f"--game-types={games}"),
            *("--http-poll-interval=1", "--txmgr-receipt-query-interval=1", f"--rpc-port={port}", *options),
        )


# --- players by a strategy


class Stranger:
    """Plays games by one of the strategies of :mod:`pyoprollup.devnet.dishonest`, and waits for nothing.

    It knows the truth from ``rollup``. What the contract would refuse is not sent.
    """

    def __init__(self, world: AlphabetWorld, rollup: str, honest: Address, seed: str, who: int = 1) -> None:
        self._world, self._honest, self._who = world, honest, who
        self._random = random.Random(seed)
        account = world.players[who].address
        config = ChallengerConfig(game_factory_address=world.factory.address)
        client, http = RollupClient.dial(rollup), JsonRpcClient(rollup)
        self._clients = (client, http)
        self._around = Surroundings(
            *(config, account, [client], HttpL2Headers(http), 100_000, L2_CHAIN_ID),
            *(time.time, no_news, ChallengerMetrics()),
        )

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def _open(self, game: FaultDisputeGameContract, block: Hash32) -> OpenGame:
        opened = open_game(game, AlphabetTraces(), self._around, self._world.l1, Path(), block)
        opened.nodes.refresh()
        return opened

    def misfits(self, game: FaultDisputeGameContract, *honest: Address) -> list[str]:
        """Where the machine wrongs the honest players of a game."""
        block = self._world.block
        opened = self._open(game, block)
        claims = Game(game.all_claims(block), opened.depths.max_depth)
        return list(misfits(claims, opened.trace, opened.depths.split_depth, *honest))

    def look(self, game: FaultDisputeGameContract, strategy: str) -> int:
        """One look at a game; how many moves it has made."""
        world, block = self._world, self._world.block
        opened = self._open(game, block)
        account = world.players[self._who].address
        limits = opened.depths.split_depth, game.max_clock_duration(block)
        kind = STRATEGIES[strategy](Seat(account, self._honest, opened.trace, *limits), self._random)
        view = PinnedGame(game, opened.depths, block)
        sent = 0
        for action in kind.actions(view.game(view.claims()), world.now):
            for each in action_candidates(view, game, action):
                assert each.to is not None
                call = CallMsg(account, each.to, each.data, each.value)
                try:
                    world.l1.call(call)
                except CallFailed:
                    break
                world.players[self._who].send(each.to, each.data, value=each.value, gas=2_000_000)
                sent += 1
        return sent


# --- what has come of a game


def countered(claims: list[Claim], account: Address) -> list[int]:
    """The claims of an account that were countered, after the game is resolved."""
    return [claim.index for claim in claims if claim.claimant == account and claim.is_countered]


_MOVES = tuple(
    to_hex(selector(name))
    for name in (
        *("attack(bytes32,uint256,bytes32)", "defend(bytes32,uint256,bytes32)"),
        *("step(uint256,bool,bytes,bytes)", "addLocalData(uint256,uint256,uint256)"),
    )
)


def wasted(world: AlphabetWorld, account: Address, *others: Address) -> list[Transaction]:
    """Moves of an account that were mined in vain.

    Two who are honest say the same. If they say it in one block, the later one is in vain, and no wiser.
    """
    same = {
        (tx.block, tx.to, tx.data) for other in others for tx in world.transactions(other) if tx.succeeded
    }
    return [
        tx
        for tx in world.transactions(account)
        if not tx.succeeded and tx.data.startswith(_MOVES) and (tx.block, tx.to, tx.data) not in same
    ]


def shown(claims: Sequence[Claim], **names: Address) -> str:
    """The claims of a game, a line each, for whoever has to find out what went wrong."""
    known = {address: name for name, address in names.items()} | {ZERO_ADDRESS: "nobody"}
    return "\n".join(
        f"{claim.index}: {known.get(claim.claimant, 'stranger')} answers {claim.parent_index} at"
        f" {claim.position}, {to_hex(claim.value)[:12]},"
        f" countered by {known.get(claim.countered_by, 'stranger')}"
        for claim in claims
    )


def said_twice(claims: list[Claim]) -> list[int]:
    """Claims that say what an earlier one says."""
    seen, found = set(), []
    for claim in claims:
        if claim.key in seen:
            found.append(claim.index)
        seen.add(claim.key)
    return found


def against_itself(claims: list[Claim], account: Address) -> list[int]:
    """Claims of an account that answer another claim of it."""
    return [
        claim.index
        for claim in claims
        if claim.claimant == account and not claim.is_root and claims[claim.parent_index].claimant == account
    ]


__all__ = [
    "ALPHABET",
    "ANCHOR",
    "OURS",
    "THEIRS",
    "AlphabetWorld",
    "OpChallenger",
    "OurChallenger",
    "Rollup",
    "Stranger",
    "Transaction",
    "against_itself",
    "countered",
    "said_twice",
    "shown",
    "wasted",
]
