"""How transactions leave a pass: they are handed over, and the pass ends there.

What plays a game is written as if a transaction were mined at once: it asks its sender and goes on when that
returns. In tests it does. In a challenger that runs, transactions take minutes, and nobody waits for them: an
:class:`Outbox` takes them and raises :class:`InFlight`. The game is left alone until they are done, and then
looked at anew. So nothing has to be remembered over a restart: what was done, L1 tells.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyoprollup.bindings import ContractTransaction
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.types import Address
from pyoprollup.txmgr import TxCandidate

__all__ = [
    "InFlight",
    "NotifyingSender",
    "Outbox",
    "Outgoing",
    "TransactionReverted",
    "TxSender",
    "candidate",
]


class InFlight(Unavailable):
    """The transactions are on their way: what comes after them is for another pass."""


class TransactionReverted(RollupError):
    """A transaction was mined, and the contract refused it."""


_EXTRA_GAS = 25_000
"""More than writing one word of storage costs.

A word may be what it is to become in the block that gas is estimated at, and another one in the next: so with
the time of a withdrawal, which resolving several claims for the same account sets again in each block.
"""


def nothing() -> None:
    """What is to be done when nothing is."""


class TxSender(Protocol):
    """The account that pays: it sends transactions and waits for them."""

    @property
    @abstractmethod
    def address(self) -> Address:
        """The account that transactions come from."""

    @abstractmethod
    def send_and_wait(self, purpose: str, candidates: Sequence[TxCandidate]) -> None:
        """Send all in this order, and return when all are mined.

        Raises :class:`TransactionReverted`, another :class:`~pyoprollup.errors.RollupError` if one was not
        sent, and :class:`InFlight` if nobody waits. The others may be mined all the same.
        """


class NotifyingSender(TxSender, Protocol):
    """A sender that tells when transactions are mined, to those who did not wait."""

    @abstractmethod
    def send_and_wait(
        self, purpose: str, candidates: Sequence[TxCandidate], on_mined: Callable[[], None] = nothing
    ) -> None:
        """The same; ``on_mined`` is called once all have succeeded."""


def candidate(transaction: ContractTransaction) -> TxCandidate:
    """A call of a contract, to be sent.

    If L1 would refuse it, what it was decided by has changed: it is given up, and nobody waits behind it.
    """
    return TxCandidate(
        transaction.to,
        transaction.data,
        value=transaction.value,
        give_up_if_refused=True,
        extra_gas=_EXTRA_GAS,
    )


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Transactions that belong together, in their order."""

    purpose: str
    candidates: tuple[TxCandidate, ...]
    on_mined: Callable[[], None]
    """To be called once all have succeeded, in the thread of whoever sends them."""


class Outbox(NotifyingSender):
    """Takes what a pass sends. It belongs to one game, or one task: :meth:`collect` empties it."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._taken: list[Outgoing] = []

    @property
    def address(self) -> Address:
        return self._address

    def send_and_wait(
        self, purpose: str, candidates: Sequence[TxCandidate], on_mined: Callable[[], None] = nothing
    ) -> None:
        """Take them; always raises :class:`InFlight` if there are any."""
        if candidates:
            self._taken.append(Outgoing(purpose, tuple(candidates), on_mined))
            raise InFlight(purpose)

    def __len__(self) -> int:
        """How many groups were taken."""
        return len(self._taken)

    def collect(self, since: int = 0) -> list[Outgoing]:
        """All that was taken since the last call, but for the first ``since`` groups."""
        self._taken, taken = self._taken[:since], self._taken[since:]
        return taken
