"""The state of one transaction across its versions: the same nonce with increasing fees."""

from __future__ import annotations

from pyoprollup.errors import ConfigError, RollupError, Unavailable
from pyoprollup.eth.types import Hash32
from pyoprollup.txmgr.errors import (
    AlreadyKnownError,
    AlreadyReservedError,
    MempoolDeadlineExpired,
    NonceTooLowError,
    TxManagerError,
)

__all__ = ["SendState"]


class SendState:
    """Decides whether to go on with a transaction.

    ``mempool_deadline`` is when some form of it must have got into the pool. ``bump_fees`` tells that
    the next publication must offer more, ``bump_count`` how often that was done.
    """

    def __init__(self, safe_abort_nonce_too_low_count: int, mempool_deadline: float) -> None:
        if safe_abort_nonce_too_low_count <= 0:
            raise ConfigError("safe_abort_nonce_too_low_count must be positive")
        self._max_too_low = safe_abort_nonce_too_low_count
        self._deadline = mempool_deadline
        self._mined: set[Hash32] = set()
        self._published = 0
        self._unanswered = 0
        self._too_low = 0
        self._already_reserved = False
        self.bump_fees = False
        self.bump_count = 0

    def process_send_error(self, error: RollupError | None) -> None:
        """Note how a publication went; ``None``: it is in the pool.

        So it is if the pool knows it already, and it may be if there was no answer.
        """
        if error is None or isinstance(error, AlreadyKnownError):
            self._published += 1
        elif isinstance(error, Unavailable):
            self._unanswered += 1
        elif isinstance(error, NonceTooLowError):
            self._too_low += 1
        elif isinstance(error, AlreadyReservedError):
            self._already_reserved = True

    def tx_mined(self, tx_hash: Hash32) -> None:
        """This form has a receipt."""
        self._mined.add(tx_hash)

    def tx_not_mined(self, tx_hash: Hash32) -> None:
        """This form has no receipt, or none any more: a reorg took it back."""
        if tx_hash in self._mined:
            self._mined.remove(tx_hash)
            if not self._mined:
                # What was said about the nonce may have been about that block.
                self._too_low = 0

    @property
    def is_waiting_for_confirmation(self) -> bool:
        """Whether some form was mined, so that publishing another would be futile."""
        return bool(self._mined)

    def critical_error(self, now: float) -> TxManagerError | None:
        """Why to give up, if there is a reason. Never while some form has a receipt."""
        if self._mined:
            return None
        maybe_ours = self._published or self._unanswered
        if self._too_low >= self._max_too_low or (self._too_low and not maybe_ours):
            return NonceTooLowError(NonceTooLowError.text)
        if not self._published and now > self._deadline:
            return MempoolDeadlineExpired("no form of the transaction got into the pool in time")
        if self._already_reserved:
            return AlreadyReservedError(AlreadyReservedError.text)
        return None
