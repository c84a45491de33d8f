"""The transactions of many games, sent by one account."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.sender import Outgoing
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import to_hex
from pyoprollup.events import AT_ONCE, Level, News
from pyoprollup.txmgr import PendingSend, TxCandidate, TxManager
from pyoprollup.txmgr.errors import SendCancelled

__all__ = ["OutgoingTransactions"]

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class _Group:
    """Transactions of one owner that were sent together."""

    purpose: str
    on_mined: Callable[[], None]
    left: int
    failed: bool = False


@dataclass(slots=True)
class _Owner:
    basis: L1BlockRef
    """The L1 block by which it was decided that they be sent."""
    waiting: deque[tuple[_Group, TxCandidate]] = field(default_factory=deque)
    sent: list[tuple[_Group, PendingSend]] = field(default_factory=list)
    mined: bool = False
    """Whether anything was."""


class OutgoingTransactions(Generic[K]):
    """Sends for owners, no more than ``max_pending`` at once (0: any number).

    One owner's failures are none of the others'. Each owner's go out in their order.
    """

    def __init__(self, manager: TxManager, max_pending: int, metrics: ChallengerMetrics, news: News) -> None:
        self._manager = manager
        self._max_pending = max_pending
        self._metrics = metrics
        self._news = news
        self._owners: dict[K, _Owner] = {}
        self.refused: dict[K, L1BlockRef] = {}
        """Of the owners that :meth:`step` told of last, those for whom nothing was mined.

        The L1 block is that by which they had decided: by it they would decide the same again.
        """
        self.mined_in = 0
        """The highest L1 block with a transaction of ours: a head below it does not know of it."""

    def __len__(self) -> int:
        """Transactions that wait or are on their way."""
        return sum(len(owner.waiting) + len(owner.sent) for owner in self._owners.values())

    def is_sending(self, key: K) -> bool:
        """Whether an owner has any."""
        return key in self._owners

    def send(self, key: K, outgoing: Iterable[Outgoing], basis: L1BlockRef) -> None:
        """Send them as soon as there is room."""
        for group in outgoing:
            owner = self._owners.setdefault(key, _Owner(basis))
            state = _Group(group.purpose, group.on_mined, len(group.candidates))
            owner.waiting.extend((state, candidate) for candidate in group.candidates)

    def step(self, now: float) -> list[K]:
        """Send, and look what has become of what was sent; the owners that have nothing left."""
        self._manager.step(now)
        done = [key for key, owner in self._owners.items() if self._collect(owner)]
        self.refused = {key: self._owners[key].basis for key in done if not self._owners[key].mined}
        for key in done:
            del self._owners[key]
        self._fill()
        return done

    def _collect(self, owner: _Owner) -> bool:
        still: list[tuple[_Group, PendingSend]] = []
        for group, send in owner.sent:
            if send.done:
                self._done(group, send)
                owner.mined = owner.mined or send.receipt is not None
            else:
                still.append((group, send))
        owner.sent = still
        return not still and not owner.waiting

    def _done(self, group: _Group, send: PendingSend) -> None:
        group.left -= 1
        receipt = send.receipt
        if receipt is not None:
            self.mined_in = max(self.mined_in, receipt.block_number)
        if receipt is None or not receipt.succeeded:
            group.failed = True
            self._metrics.transactions_failed += 1
            what = "reverted" if receipt is not None else "given up"
            tx = None if receipt is None else to_hex(receipt.tx_hash)
            error = send.error
            level = Level.INFO if isinstance(error, SendCancelled) else Level.WARNING
            self._news("transaction-failed", level, purpose=group.purpose, what=what, error=error, tx=tx)
        else:
            self._news("transaction-mined", Level.DEBUG, purpose=group.purpose, tx=to_hex(receipt.tx_hash))
        if not group.left and not group.failed:
            group.on_mined()

    def _fill(self) -> None:
        for owner in self._owners.values():
            while owner.waiting and self._has_room:
                group, candidate = owner.waiting.popleft()
                owner.sent.append((group, self._manager.send_async(candidate)))

    @property
    def _has_room(self) -> bool:
        pending = sum(len(owner.sent) for owner in self._owners.values())
        return not self._max_pending or pending < self._max_pending

    def drop_orphaned(self, is_canonical: Callable[[L1BlockRef], bool]) -> None:
        """Give up what was decided by L1 blocks that are no longer on the chain, unless it is mined."""
        for key, owner in self._owners.items():
            if is_canonical(owner.basis):
                continue
            self._news("transactions-dropped", Level.WARNING, owner=str(key), basis=owner.basis)
            owner.waiting.clear()
            for _, send in owner.sent:
                send.cancel_unless_mined(SendCancelled("L1 was reorganized"))

    @property
    def next_due(self) -> float:
        """When there is something to do."""
        has_room = self._has_room
        for owner in self._owners.values():
            if any(send.done for _, send in owner.sent) or not (owner.sent or owner.waiting):
                return AT_ONCE
            if owner.waiting and has_room:
                return AT_ONCE
        return self._manager.next_due
