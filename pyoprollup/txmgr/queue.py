"""Sends transactions with a limit on how many are pending."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from pyoprollup.sources.l1 import L1Receipt
from pyoprollup.txmgr.errors import SendCancelled, SendError
from pyoprollup.txmgr.manager import TxManager
from pyoprollup.txmgr.pending import PendingSend
from pyoprollup.txmgr.ports import TxCandidate

__all__ = ["Queue", "TxReceipt"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TxReceipt(Generic[T]):
    """The outcome of the transaction that was sent under ``id``: a receipt or an error."""

    id: T
    receipt: L1Receipt | None
    error: SendError | None


class Queue(Generic[T]):
    """Sends through a manager, at most ``max_pending`` transactions at once (0: any number).

    When one fails, the others on their way are cancelled too, as what they carry may depend on it; only what
    L1 has mined already is waited for. The
    manager is stepped by whoever runs it; :meth:`poll` then collects the results.
    """

    def __init__(self, manager: TxManager, max_pending: int = 0) -> None:
        self._manager = manager
        self._max_pending = max_pending
        self._sends: list[tuple[T, PendingSend]] = []

    def __len__(self) -> int:
        """Transactions on their way, or done and not collected yet."""
        return len(self._sends)

    @property
    def ids(self) -> tuple[T, ...]:
        """What is on its way, in the order of sending."""
        return tuple([tx_id for tx_id, _ in self._sends])

    @property
    def has_room(self) -> bool:
        return not self._max_pending or len(self._sends) < self._max_pending

    def try_send(self, tx_id: T, candidate: TxCandidate) -> bool:
        """Send if there is room; whether there was."""
        if not self.has_room:
            return False
        self._sends.append((tx_id, self._manager.send_async(candidate)))
        return True

    def poll(self) -> list[TxReceipt[T]]:
        """The transactions that are done since the last call, in the order of sending."""
        if any(send.error is not None for _, send in self._sends):
            for _, send in self._sends:
                send.cancel_unless_mined(SendCancelled("another transaction of the queue failed"))
        done = [TxReceipt(tx_id, send.receipt, send.error) for tx_id, send in self._sends if send.done]
        self._sends = [(tx_id, send) for tx_id, send in self._sends if not send.done]
        return done

    def cancel(self) -> None:
        """Stop caring for everything on its way."""
        for _, send in self._sends:
            send.cancel()
