"""Sends the transactions of one account and tracks them until they are confirmed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pyoprollup.eth.types import Address
from pyoprollup.events import NEVER, News, Stepper, Tell, no_news
from pyoprollup.sources.l1 import L1Sender
from pyoprollup.txmgr.config import TxManagerConfig
from pyoprollup.txmgr.crafter import GasPriceCaps, SidecarMaker, TxCrafter
from pyoprollup.txmgr.errors import ClosedError
from pyoprollup.txmgr.metrics import TxMetrics
from pyoprollup.txmgr.pending import PendingSend
from pyoprollup.txmgr.ports import TxCandidate
from pyoprollup.txmgr.sidecar import make_sidecar
from pyoprollup.txmgr.signer import Signer

__all__ = ["SimpleTxManager", "TxManager"]


class TxManager(Stepper, Protocol):
    """What batcher, proposer and challenger need of a transaction manager, which they step."""

    @property
    def address(self) -> Address:
        """The account that sends."""
        ...

    @property
    def is_closed(self) -> bool: ...

    def send_async(self, candidate: TxCandidate) -> PendingSend:
        """Start sending a transaction. Nonces follow the order of the calls."""
        ...

    def block_number(self) -> int:
        """L1's latest block; raises :class:`~pyoprollup.errors.Unavailable`."""
        ...

    def suggest_gas_price_caps(self) -> GasPriceCaps:
        """L1's fees now; raises :class:`~pyoprollup.errors.Unavailable`."""
        ...


class SimpleTxManager:
    """Resubmits with higher fees until a transaction is included.

    ``now`` gives seconds. Whoever runs the manager calls :meth:`step` at :attr:`next_due` or more often.
    One account must not be used by two managers.
    """

    def __init__(
        self,
        config: TxManagerConfig,
        backend: L1Sender,
        signer: Signer,
        now: Callable[[], float],
        sidecar_maker: SidecarMaker = make_sidecar,
        tell: Tell = no_news,
    ) -> None:
        config.check()
        self.config = config
        self.metrics = TxMetrics()
        self._backend = backend
        self._signer = signer
        self._now = now
        self._crafter = TxCrafter(config, backend, signer, self.metrics, sidecar_maker)
        self._pending: list[PendingSend] = []
        self._closed = False
        self._news = News("txmgr", tell)

    @property
    def address(self) -> Address:
        return self._signer.address

    @property
    def is_closed(self) -> bool:
        return self._closed

    @property
    def pending(self) -> tuple[PendingSend, ...]:
        """The transactions on their way, in the order of :meth:`send_async`."""
        return tuple(self._pending)

    def block_number(self) -> int:
        return self._backend.block_number()

    def suggest_gas_price_caps(self) -> GasPriceCaps:
        return self._crafter.suggest_gas_price_caps()

    def send_async(self, candidate: TxCandidate) -> PendingSend:
        """Start sending. The transaction is made and published at once if L1 answers.

        The result may be done when this returns: refused, because the manager is closed.
        """
        send = PendingSend(
            candidate, self.config, self._backend, self._crafter, self.metrics, self._now(), self._news
        )
        if self._closed:
            send.cancel(ClosedError("the transaction manager is closed"))
            return send
        waits = any(other.is_crafting for other in self._pending)
        self._pending.append(send)
        if not waits:
            send.step(self._now())
        return send

    def step(self, now: float) -> None:
        """Do what is due: make, publish, bump, ask for receipts."""
        crafting = False
        for send in list(self._pending):
            # Nonces are given out in order, so nobody overtakes one that is still being made.
            if crafting and send.is_crafting:
                continue
            send.step(now, self._closed)
            crafting = crafting or send.is_crafting
        self._pending = [send for send in self._pending if not send.done]

    @property
    def next_due(self) -> float:
        """When there is something to do; never while nothing is on its way."""
        times = []
        crafting = False
        for send in self._pending:
            if not (crafting and send.is_crafting):
                times.append(send.next_due)
            crafting = crafting or send.is_crafting
        return min(times, default=NEVER)

    def wake(self) -> None:
        """Nothing: attempts are counted before one is given up, so they keep their distance."""

    def close(self) -> None:
        """Refuse new transactions, and give up those that were not mined at their next publication."""
        self._closed = True
