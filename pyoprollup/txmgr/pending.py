"""One transaction from crafting to confirmation: published, rebroadcast, fee-bumped, mined."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nextafter

from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import Hash32
from pyoprollup.events import NEVER, Level, News
from pyoprollup.sources.l1 import CallFailed, L1Receipt, L1Sender
from pyoprollup.txmgr.config import TxManagerConfig
from pyoprollup.txmgr.crafter import TxCrafter
from pyoprollup.txmgr.errors import (
    AlreadyKnownError,
    AlreadyReservedError,
    ClosedError,
    CraftError,
    CriticalSendError,
    FeeLimitError,
    InsufficientFundsError,
    NonceMoved,
    NonceTooLowError,
    ReplacementUnderpricedError,
    SendCancelled,
    SendError,
    SendTimeout,
    SignerError,
    TxPoolError,
    UnderpricedError,
)
from pyoprollup.txmgr.metrics import TxMetrics
from pyoprollup.txmgr.ports import TxCandidate
from pyoprollup.txmgr.send_state import SendState

__all__ = ["PendingSend"]

_REASONS: dict[type[RollupError], str] = {
    AlreadyReservedError: "pending_tx_of_incompatible_type",
    NonceTooLowError: "nonce_too_low",
    AlreadyKnownError: "tx_already_known",
    ReplacementUnderpricedError: "tx_replacement_underpriced",
    UnderpricedError: "tx_underpriced",
}


_REFUSALS = (CallFailed, InsufficientFundsError)
"""L1 has answered, and will not execute the transaction as things stand."""


class PendingSend:
    """What a manager returns for a transaction that it was asked to send.

    Once :attr:`done`, there is either a :attr:`receipt` or an :attr:`error`. ``next_due`` tells when to
    call :meth:`step` again, which the manager does.
    """

    def __init__(
        self,
        candidate: TxCandidate,
        config: TxManagerConfig,
        backend: L1Sender,
        crafter: TxCrafter,
        metrics: TxMetrics,
        now: float,
        news: News,
    ) -> None:
        self._news = news
        self.candidate = candidate
        self.tx: Transaction | None = None
        """The latest form, once there is one."""
        self.receipt: L1Receipt | None = None
        self.error: SendError | None = None
        self._config = config
        self._backend = backend
        self._crafter = crafter
        self._metrics = metrics
        self._deadline = now + config.tx_send_timeout if config.tx_send_timeout else None
        self._craft_at = now
        self._attempts = 0
        self._state: SendState | None = None
        self._resubmit_at = now
        self._queries: dict[Hash32, float] = {}
        """When to ask for the receipt of each form that the pool has, or may have."""
        self._pooled: dict[Hash32, None] = {}
        metrics.pending += 1

    @property
    def done(self) -> bool:
        return self.receipt is not None or self.error is not None

    @property
    def nonce(self) -> int | None:
        """The nonce, once the transaction was made."""
        return None if self.tx is None else self.tx.nonce

    @property
    def hashes(self) -> tuple[Hash32, ...]:
        """Hashes of all forms that are known to have got into the pool."""
        return tuple(self._pooled)

    @property
    def is_mined(self) -> bool:
        """Whether some form has a receipt, although it may not be deep enough yet."""
        return self._state is not None and self._state.is_waiting_for_confirmation

    @property
    def is_crafting(self) -> bool:
        """Whether the transaction is not made yet, and those after it have to wait."""
        return self.tx is None and not self.done

    @property
    def next_due(self) -> float:
        """When there is something to do; never once it is done."""
        if self.done:
            return NEVER
        times = [self._craft_at] if self.tx is None else [self._resubmit_at, *self._queries.values()]
        if self._deadline is not None:
            times.append(self._deadline)
        return min(times)

    def cancel(self, error: SendError | None = None) -> None:
        """Stop caring. The transaction may be included all the same."""
        if not self.done:
            self._fail(error or SendCancelled("sending was cancelled"))

    def cancel_unless_mined(self, error: SendError | None = None) -> None:
        """Stop caring, unless it is known to be mined: that must not be reported as failed."""
        if not self.is_mined:
            self.cancel(error)

    def step(self, now: float, closed: bool = False) -> None:
        """Do what is due."""
        if self.done:
            return
        if self._deadline is not None and now >= self._deadline:
            if not self._mined_after_all():
                self._fail(SendTimeout("the transaction was not confirmed in time"))
            # Mined, but a reorg may take it back: look again.
            self._deadline = now + self._config.receipt_query_interval
        elif self.tx is None:
            self._craft(now, closed)
        else:
            self._query_receipts(now)
            if not self.done and now >= self._resubmit_at:
                self._publish_again(now, closed)

    # --- making it

    def _craft(self, now: float, closed: bool) -> None:
        if now < self._craft_at:
            return
        if closed:
            self._fail(ClosedError("the transaction manager is closed"))
            return
        try:
            self.tx = self._crafter.craft(self.candidate)
        except NonceMoved as error:
            self._fail(error)
            return
        except (Unavailable, CallFailed, TxPoolError, CraftError, SignerError) as error:
            self._news.failed("craft-failed", error, attempt=self._attempts + 1)
            self._metrics.rpc_errors += 1
            self._attempts += 1
            self._craft_at = now + self._config.craft_retry_delay
            refused = self.candidate.give_up_if_refused and isinstance(error, _REFUSALS)
            if refused or self._attempts >= self._config.craft_attempts:
                self._fail(CraftError(f"the transaction could not be made: {error}"))
            return
        deadline = now + self._config.tx_not_in_mempool_timeout
        self._state = SendState(self._config.safe_abort_nonce_too_low_count, deadline)
        self._resubmit_at = now
        self._publish_again(now, closed)

    # --- publishing it

    def _publish_again(self, now: float, closed: bool) -> None:
        state = self._state
        assert state is not None
        self._resubmit_at = _next_after(now, self._resubmit_at, self._config.resubmission_timeout)
        if not state.is_waiting_for_confirmation:
            if closed:
                if not self._mined_after_all():
                    self._fail(ClosedError("the transaction manager is closed"))
                return
            self._publish(state, now)
        reason = state.critical_error(now)
        if reason is not None and not self._mined_after_all():
            self._fail(CriticalSendError(reason))

    def _publish(self, state: SendState, now: float) -> None:
        """Offer the transaction to the pool, with higher fees where that is called for."""
        while True:
            if state.bump_fees:
                self._bump(state)
            error = self._send()
            state.process_send_error(error)
            self._metrics.published[_reason(error)] += 1
            if error is not None:
                self._news.failed("publish-failed", error, nonce=self.nonce)
            if error is None or isinstance(error, AlreadyKnownError):
                # Another publication will mean that this one was not enough. When the pool knew it although
                # we did not know that, its time only begins.
                known = _hash(self.tx) in self._pooled
                state.bump_fees = state.bump_fees or error is None or known
                self._pooled[_hash(self.tx)] = None
                self._ask_for_receipt(now)
                return
            if isinstance(error, Unavailable) or type(error) is TxPoolError:
                # Lost answers and answers that nobody understands: it may be in the pool all the same.
                self._ask_for_receipt(now)
                return
            underpriced = isinstance(error, ReplacementUnderpricedError | UnderpricedError)
            if not underpriced or state.bump_fees:
                return
            # At once, unless this already was a try to offer more.
            state.bump_fees = True

    def _ask_for_receipt(self, now: float) -> None:
        """From the next interval on; publishing a form again does not put that off."""
        self._queries.setdefault(_hash(self.tx), now + self._config.receipt_query_interval)

    def _bump(self, state: SendState) -> None:
        assert self.tx is not None
        try:
            self.tx = self._crafter.increase_gas_price(self.tx)
        except (Unavailable, CallFailed, TxPoolError, FeeLimitError) as error:
            self._news.failed("bump-failed", error, nonce=self.tx.nonce)
            # The form that was published may have dropped out of the pool: it is published again.
            self._metrics.published["bump_failed"] += 1
            return
        state.bump_count += 1
        self._metrics.bumps += 1
        state.bump_fees = False

    def _send(self) -> RollupError | None:
        assert self.tx is not None
        try:
            self._backend.send_transaction(self.tx.encode())
        except TxPoolError as error:
            return error
        except Unavailable as error:
            self._metrics.rpc_errors += 1
            return error
        return None

    # --- confirming it

    def _query_receipts(self, now: float) -> None:
        for tx_hash, due in list(self._queries.items()):
            if now < due:
                continue
            self._queries[tx_hash] = _next_after(now, due, self._config.receipt_query_interval)
            if self._confirm(tx_hash):
                return

    def _mined_after_all(self) -> bool:
        """The last look before a transaction is given up: whether some form of it was mined."""
        return any(self._confirm(tx_hash) for tx_hash in self._queries) or self.is_mined

    def _confirm(self, tx_hash: Hash32) -> bool:
        """Whether this form is mined deeply enough, which ends the sending."""
        receipt = self._query_receipt(tx_hash)
        if receipt is None:
            return False
        self.receipt = receipt
        if self.tx is not None:
            self._crafter.release(self.tx.nonce)
        self._metrics.pending -= 1
        self._metrics.confirmed += 1
        self._metrics.fees_paid += receipt.gas_used * receipt.effective_gas_price
        return True

    def _query_receipt(self, tx_hash: Hash32) -> L1Receipt | None:
        """The receipt, once it is deep enough."""
        assert self._state is not None
        try:
            receipt = self._backend.transaction_receipt(tx_hash)
            if receipt is None:
                self._state.tx_not_mined(tx_hash)
                return None
            self._state.tx_mined(tx_hash)
            tip = self._backend.block_number()
        except Unavailable as error:
            self._news.failed("receipt-query-failed", error, tx=tx_hash)
            self._metrics.rpc_errors += 1
            return None
        return receipt if receipt.block_number + self._config.num_confirmations <= tip + 1 else None

    def _fail(self, error: SendError) -> None:
        self._news("send-failed", Level.ERROR, error=error, nonce=self.nonce)
        self.error = error
        self._metrics.pending -= 1
        self._metrics.failed += 1
        if self.tx is not None:
            self._crafter.release(self.tx.nonce)
            self._crafter.reset_nonce()


def _reason(error: RollupError | None) -> str:
    return "" if error is None else _REASONS.get(type(error), "unknown_error")


def _next_after(now: float, due: float, interval: float) -> float:
    """The first of ``due``, ``due + interval`` and so on that is after ``now``.

    An operator may choose an interval that is nothing beside the time: the result is after ``now`` even so.
    """
    missed = max(0.0, (now - due) // interval + 1)
    return max(due + missed * interval, nextafter(now, inf))


def _hash(tx: Transaction | None) -> Hash32:
    assert tx is not None
    return keccak256(replace(tx, sidecar=None).encode())
