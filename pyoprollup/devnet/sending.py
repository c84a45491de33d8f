"""Accounts of a devnet that send to L1, and do not care much what becomes of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.events import AT_ONCE, News, Tell
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.txmgr import PendingSend, TxCandidate
from pyoprollup.txmgr.config import TxManagerConfig
from pyoprollup.txmgr.manager import SimpleTxManager
from pyoprollup.txmgr.signer import LocalSigner

__all__ = ["DevnetSender", "devnet_manager"]


def devnet_manager(l1: EmbeddedL1, key: bytes, now: Callable[[], float], tell: Tell) -> SimpleTxManager:
    """The manager of an account's transactions, which are mined once they are in a block."""
    config = TxManagerConfig(chain_id=l1.config.chain_id, num_confirmations=1, receipt_query_interval=2.0)
    return SimpleTxManager(config, l1, LocalSigner(key, l1.config.chain_id), now, tell=tell)


class DevnetSender:
    """An account of somebody who does not care much what becomes of its transactions."""

    def __init__(self, l1: EmbeddedL1, key: bytes, now: Callable[[], float], tell: Tell, name: str) -> None:
        self.l1 = l1
        self.manager = devnet_manager(l1, key, now, tell)
        self.news = News(name, tell)
        self._pending: list[PendingSend] = []
        self._look_at = now()

    @property
    def next_due(self) -> float:
        """When there is something to do."""
        return (
            AT_ONCE if any(send.done for send in self._pending) else min(self._look_at, self.manager.next_due)
        )

    def wake(self) -> None:
        """Nothing: it looks now and then."""

    def step(self, now: float) -> None:
        """Look at L1 once all that was sent is done."""
        self.manager.step(now)
        self._pending = [send for send in self._pending if not send.done]
        if now >= self._look_at:
            self._look_at = now + self.l1.config.slot_seconds
            if not self._pending:
                self._act(self.l1.l1_block_ref_by_label(BlockLabel.UNSAFE))

    @abstractmethod
    def _act(self, head: L1BlockRef) -> None:
        """Do what is to be done after an L1 block."""

    def send(self, candidates: Sequence[TxCandidate]) -> None:
        """Send without waiting for each other."""
        self._pending += [self.manager.send_async(candidate) for candidate in candidates]
