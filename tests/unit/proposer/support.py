"""A proposer on an embedded L1 with our contracts, and a rollup node that says what the test tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyoprollup.bindings import DisputeGameFactory, FoundGame
from pyoprollup.devnet.dispute_contracts import DISPUTE_GAME_FACTORY, GAME_TYPE, dispute_contracts
from pyoprollup.errors import Unavailable
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.events import Happening
from pyoprollup.evm.genesis import Account
from pyoprollup.l1.embedded import EmbeddedL1, EmbeddedL1Config
from pyoprollup.proposer import (
    L2OutputSubmitter,
    ProposalHead,
    ProposerConfig,
    RollupProposalSource,
)
from pyoprollup.rollupapi import OutputResponse
from pyoprollup.txmgr import LocalSigner, SimpleTxManager, TxManagerConfig

KEY, STRANGER_KEY, OWNER_KEY = (keccak256(name) for name in (b"proposer", b"stranger", b"owner"))
ACCOUNT, STRANGER, OWNER = map(address_of, (KEY, STRANGER_KEY, OWNER_KEY))
ETHER = 10**18
GENESIS_OUTPUT = OutputV0(Hash32(b"\1" * 32), Hash32(b"\2" * 32), Hash32(b"\3" * 32))
SLOT = 12
INTERVAL = 60


def l2_block(number: int) -> L2BlockRef:
    return L2BlockRef(keccak256(b"L2 %d" % number), number, ZERO_HASH, 2 * number, BlockID(ZERO_HASH, 1), 0)


def output_of(number: int) -> OutputV0:
    return OutputV0(keccak256(b"state %d" % number), keccak256(b"passer %d" % number), l2_block(number).hash)


class FakeRollupNode:
    """Safe and finalized blocks by number; ``None`` stands for one that is not known."""

    def __init__(self) -> None:
        self.safe: int | None = 20
        self.finalized: int | None = 10
        self.current_l1 = 0
        self.failing = False
        self.offset = 0
        self.changes: dict[str, Any] = {}
        self.asked: list[int] = []

    def sync_status(self) -> SyncStatus:
        if self.failing:
            raise Unavailable("the node is down")
        return SyncStatus(
            current_l1=L1BlockRef(Hash32(b"\7" * 32), self.current_l1, ZERO_HASH, 0),
            safe_l2=None if self.safe is None else l2_block(self.safe),
            finalized_l2=None if self.finalized is None else l2_block(self.finalized),
        )

    def output_at_block(self, number: int) -> OutputResponse:
        self.asked.append(number)
        number += self.offset
        answer = OutputResponse.of(l2_block(number), output_of(number), self.sync_status())
        return replace(answer, **self.changes)


class Bench:
    """L1, the node, a proposer, and a clock; blocks are mined in their slots while time passes."""

    def __init__(
        self, balance: int = 100 * ETHER, alloc: dict[Address, Account] | None = None, **config: Any
    ) -> None:
        funded = {ACCOUNT: balance, STRANGER: 100 * ETHER, OWNER: 100 * ETHER}
        self.l1 = EmbeddedL1(
            EmbeddedL1Config(),
            {
                **{address: Account(balance=wei) for address, wei in funded.items()},
                **dispute_contracts(OWNER, GENESIS_OUTPUT, 0, 901),
                **(alloc or {}),
            },
        )
        self.now = float(self.l1.mine().ref.time)
        self.node = FakeRollupNode()
        self.backend: Any = self.l1
        self.told: list[Happening] = []
        self.config = ProposerConfig(
            **{
                "game_factory_address": DISPUTE_GAME_FACTORY,
                "proposal_interval": INTERVAL,
                "proposal_source": ProposalHead.SAFE,
                **config,
            }
        )
        self.factory = DisputeGameFactory.detect(DISPUTE_GAME_FACTORY, self.l1)
        self.proposer = self.new_proposer()

    def new_proposer(self) -> L2OutputSubmitter:
        """A proposer that knows nothing of those before it, and is started."""
        manager = SimpleTxManager(
            TxManagerConfig(self.l1.config.chain_id, num_confirmations=1, receipt_query_interval=2.0),
            self.backend,
            LocalSigner(KEY, self.l1.config.chain_id),
            lambda: self.now,
            tell=self.told.append,
        )
        proposer = L2OutputSubmitter(
            self.config,
            self.backend,
            RollupProposalSource(self.node),
            manager,
            lambda: self.now,
            self.told.append,
        )
        proposer.start_l2_output_submitting()
        return proposer

    def run(self, seconds: float, mine: bool = True) -> None:
        """Time passes: the proposer does what is due when it is due, and L1 has a block in each slot."""
        end = self.now + seconds
        steps = 0
        while True:
            slot = self.l1.head_block.ref.time + SLOT if mine else end + 1
            due = min(slot, max(self.proposer.next_due, self.now))
            if due > end:
                break
            self.now = max(self.now, due)
            if due == slot:
                self.l1.mine(int(slot))
            self.proposer.step(self.now)
            steps += 1
            assert steps < 100 + 20 * seconds, "a hot loop"
        self.now = end

    def games(self) -> list[FoundGame]:
        """All games of the type, oldest first."""
        count = self.factory.game_count()
        if not count:
            return []
        return list(reversed(self.factory.find_latest_games(GAME_TYPE, count - 1, count)))

    def numbers(self) -> list[int]:
        """The L2 blocks that games are about, oldest first."""
        return [int.from_bytes(game.extra_data, "big") for game in self.games()]

    def send(self, key: bytes, to: Address, data: bytes, value: int = 0) -> None:
        """A transaction of somebody else."""
        manager = SimpleTxManager(
            TxManagerConfig(self.l1.config.chain_id, num_confirmations=1),
            self.l1,
            LocalSigner(key, self.l1.config.chain_id),
            lambda: self.now,
        )
        from pyoprollup.txmgr import TxCandidate

        sent = manager.send_async(TxCandidate(to, data, gas_limit=3_000_000, value=value))
        assert sent.tx is not None

    def events(self, name: str) -> list[Happening]:
        return [happening for happening in self.told if happening.event == name]
