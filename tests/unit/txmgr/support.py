"""A manager on a simulated L1."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import Address
from pyoprollup.events import Happening
from pyoprollup.txmgr import GWEI, LocalSigner, PendingSend, SimpleTxManager, TxCandidate, TxManagerConfig
from pyoprollup.txmgr.errors import SignerError
from tests.simulated_l1 import SimulatedL1, fake_sidecar
from tests.unit.derive.support import BATCHER_KEY, INBOX, L1_CHAIN_ID

CALLDATA = TxCandidate(INBOX, b"data", gas_limit=30_000)
BLOB = TxCandidate(INBOX, blobs=(bytes(131_072),), gas_limit=21_000)


class FailingSigner(LocalSigner):
    """Fails as often as it is told."""

    failures = 0

    def sign(self, tx: Transaction) -> Transaction:
        if self.failures:
            self.failures -= 1
            raise SignerError("no signature")
        return super().sign(tx)


class Bench:
    """L1, a manager, and a clock."""

    def __init__(self, **config: Any) -> None:
        self.l1 = SimulatedL1()
        self.l1.base_fee = GWEI
        self.now = 0.0
        self.told: list[Happening] = []
        self.signer = FailingSigner(BATCHER_KEY, L1_CHAIN_ID)
        settings = {"num_confirmations": 1, "resubmission_timeout": 10.0, "receipt_query_interval": 2.0}
        self.config = TxManagerConfig(L1_CHAIN_ID, **{**settings, **config})
        self.manager = self.new_manager()

    def new_manager(self) -> SimpleTxManager:
        return SimpleTxManager(
            self.config, self.l1, self.signer, lambda: self.now, fake_sidecar, self.told.append
        )

    @property
    def address(self) -> Address:
        return self.signer.address

    def send(self, candidate: TxCandidate = CALLDATA, **changes: Any) -> PendingSend:
        return self.manager.send_async(replace(candidate, **changes))

    def wait(self, seconds: float) -> None:
        """Time passes; the manager does what is due, when it is due."""
        end = self.now + seconds
        while (due := self.manager.next_due) <= end:
            self.now = max(self.now, due)
            self.manager.step(self.now)
        self.now = end

    def mine(self, count: int = 1) -> None:
        for _ in range(count):
            self.l1.mine()

    @property
    def pooled(self) -> list[Transaction]:
        return [tx for _, tx in sorted(self.l1.pool.items())]
