"""Publishes transaction data on L1 and collects the receipts."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from pyoprollup.batcher.candidates import (
    alt_da_tx_candidate,
    blob_tx_candidate,
    calldata_tx_candidate,
    cancel_candidate,
)
from pyoprollup.batcher.channel_manager import ChannelManager
from pyoprollup.batcher.errors import BatcherError, NoTxData
from pyoprollup.batcher.ports import AltDAClient
from pyoprollup.batcher.tx_data import TxData, TxID
from pyoprollup.errors import Unavailable
from pyoprollup.eth.types import Address
from pyoprollup.events import News, Tell, no_news
from pyoprollup.sources.l1 import CallFailed, L1Sender
from pyoprollup.txmgr.errors import AlreadyReservedError, CriticalSendError
from pyoprollup.txmgr.manager import TxManager
from pyoprollup.txmgr.ports import TxCandidate
from pyoprollup.txmgr.queue import Queue, TxReceipt

__all__ = ["Publisher", "TxPoolState", "TxRef"]


class TxPoolState(Enum):
    """Whether L1's pool takes our transactions."""

    GOOD = "good"
    BLOCKED = "blocked"
    """It has one of the other kind, blob or not, and refuses ours."""
    CANCEL_PENDING = "cancel pending"
    """An empty transaction is on its way to replace that one."""


class TxRef(NamedTuple):
    """The purpose of a transaction."""

    id: TxID
    is_cancel: bool
    is_blob: bool


class Publisher:
    """Publishes frames of the channels in order, up to the limit of pending transactions."""

    def __init__(
        self,
        inbox: Address,
        channels: ChannelManager,
        l1: L1Sender,
        tx_manager: TxManager,
        max_pending_txs: int,
        alt_da: AltDAClient | None,
        tell: Tell = no_news,
    ) -> None:
        self.pool_state = TxPoolState.GOOD
        self._news = News("batcher", tell)
        self._inbox = inbox
        self._channels = channels
        self._metrics = channels.metrics
        self._l1 = l1
        self._tx_manager = tx_manager
        self._queue: Queue[TxRef] = Queue(tx_manager, max_pending_txs)
        self._alt_da = alt_da
        self._blob_refused = False
        self._requested = False
        self._force = False
        # Whether all blocks are in channels, so that the current one can be ended.
        self._forcing = False

    @property
    def in_flight(self) -> int:
        """Transactions on their way."""
        return len(self._queue)

    def reset(self) -> None:
        """Forget all requests; transactions in flight are still collected."""
        self.pool_state = TxPoolState.GOOD
        self._requested = self._force = self._forcing = False

    def kill(self) -> None:
        """Forget what is on its way."""
        self._queue.cancel()
        self._queue.poll()

    def request(self, force: bool = False) -> None:
        """Publish at the next opportunity; with ``force`` also what would wait for more blocks."""
        self._requested = True
        self._force = self._force or force

    # --- out

    def publish(self, throttling: bool = False, more_blocks: bool = False) -> None:
        """Send all there is, if that was requested. Goes on at the next call when the queue is full.

        With ``more_blocks`` others are about to be loaded: see :meth:`ChannelManager.tx_data`.
        """
        while self._requested and self._queue.has_room:
            if self._tx_manager.is_closed or not self._check_tx_pool():
                self._requested = False
                return
            try:
                head = self._l1.head()
                data = self._channels.tx_data(head.id, throttling, self._forcing, more_blocks)
                if self._is_other_kind(data):
                    self._channels.put_back(data.id)
                    return
                self._send_transaction(data)
            except NoTxData:
                if self._force and not self._forcing:
                    self._forcing = True
                else:
                    self._requested = self._force = self._forcing = False
            except (Unavailable, CallFailed, BatcherError) as error:
                self._news.failed("publish-failed", error)
                self._metrics.publish_errors += 1
                self._requested = False

    def _is_other_kind(self, data: TxData) -> bool:
        """Whether what is on its way is of the other kind, blob or not.

        The pool would refuse this one, the queue would give up on the others, and the transaction that
        frees the pool would replace them: all would be where it was before.
        """
        return any(ref.is_blob != data.as_blob for ref in self._queue.ids)

    def _check_tx_pool(self) -> bool:
        """Whether the pool is fit for use; if it is blocked, do something about it."""
        if self.pool_state is TxPoolState.BLOCKED:
            self.pool_state = TxPoolState.CANCEL_PENDING
            self._metrics.cancellations += 1
            # Of the kind that is stuck, not of the kind that was refused.
            ref = TxRef(TxID(), True, not self._blob_refused)
            self._queue.try_send(ref, cancel_candidate(self._inbox, self._blob_refused))
        return self.pool_state is TxPoolState.GOOD

    def _send_transaction(self, data: TxData) -> None:
        try:
            candidate = self._candidate(data)
        except Unavailable as error:
            self._news.failed("da-input-failed", error)
            self._channels.put_back(data.id)
            self._metrics.da_errors += 1
            self._requested = False
            return
        self._metrics.txs_sent += 1
        self._metrics.blobs_sent += len(candidate.blobs)
        self._metrics.calldata_bytes_sent += len(candidate.data)
        self._queue.try_send(TxRef(data.id, False, data.as_blob), candidate)

    def _candidate(self, data: TxData) -> TxCandidate:
        if self._alt_da is not None:
            return alt_da_tx_candidate(self._inbox, self._alt_da.set_input(data.call_data()))
        if data.as_blob:
            return blob_tx_candidate(self._inbox, data)
        return calldata_tx_candidate(self._inbox, data.call_data())

    # --- back

    def collect(self) -> None:
        """Take note of the transactions that are done."""
        for result in self._queue.poll():
            self._update_pool_state(result)
            if result.id.is_cancel:
                continue
            if result.receipt is None:
                if result.error is not None:
                    self._news.failed("tx-failed", result.error, frames=str(result.id.id))
                self._channels.tx_failed(result.id.id)
            else:
                self._news("tx-confirmed", tx=result.receipt.tx_hash, block=result.receipt.block_id)
                # A revert does not matter: derivation reads data whatever became of the transaction.
                self._channels.tx_confirmed(result.id.id, result.receipt.block_id)

    def _update_pool_state(self, result: TxReceipt[TxRef]) -> None:
        error = result.error
        reserved = isinstance(error, CriticalSendError) and isinstance(error.reason, AlreadyReservedError)
        if reserved and self.pool_state is TxPoolState.GOOD:
            self.pool_state = TxPoolState.BLOCKED
            self._blob_refused = result.id.is_blob
        elif result.id.is_cancel and self.pool_state is TxPoolState.CANCEL_PENDING:
            # Even after an error: what was stuck may have got through in the meantime.
            self.pool_state = TxPoolState.GOOD
