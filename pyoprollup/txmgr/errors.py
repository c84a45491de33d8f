"""Errors of the transaction manager.

Three families: the L1 node gave no answer (:class:`Unavailable`), its transaction pool refused a
transaction (:class:`TxPoolError`), or the transaction manager gave up (:class:`SendError`).
"""

from __future__ import annotations

from pyoprollup.errors import RollupError, Unavailable

__all__ = [
    "AccountLimitExceededError",
    "AlreadyKnownError",
    "AlreadyReservedError",
    "BlobFeeLimitError",
    "ClosedError",
    "CraftError",
    "CriticalSendError",
    "FeeLimitError",
    "InsufficientFundsError",
    "MempoolDeadlineExpired",
    "NonceMoved",
    "NonceTooHighError",
    "NonceTooLowError",
    "ReplacementUnderpricedError",
    "SendCancelled",
    "SendError",
    "SendTimeout",
    "SignerError",
    "TxManagerError",
    "TxPoolError",
    "UnderpricedError",
    "pool_error",
]


class TxManagerError(RollupError):
    """Base class of this package's errors."""


# --- L1 gives no answer


# --- The transaction pool refuses


class TxPoolError(TxManagerError):
    """The pool refused a transaction for a reason without a subclass.

    ``text`` is what a pool says over JSON-RPC: nodes tell such errors apart by nothing else.
    """

    text = "transaction rejected"
    other_texts: tuple[str, ...] = ()
    """What pools other than geth's say."""


class AlreadyKnownError(TxPoolError):
    """This very transaction is in the pool."""

    text = "already known"
    other_texts = ("alreadyknown", "already imported", "known transaction")


class NonceTooLowError(TxPoolError):
    """A transaction with this nonce was mined."""

    text = "nonce too low"


class NonceTooHighError(TxPoolError):
    """The nonce leaves a gap that the pool does not allow, as for blob transactions."""

    text = "nonce too high"


class UnderpricedError(TxPoolError):
    """The fees are below what the pool accepts."""

    text = "transaction underpriced"


class ReplacementUnderpricedError(TxPoolError):
    """The pool has a transaction with this nonce, and the fees do not exceed its fees by enough."""

    text = "replacement transaction underpriced"


class AlreadyReservedError(TxPoolError):
    """The sender has transactions in the pool of the other kind: blob or not."""

    text = "address already reserved"


class AccountLimitExceededError(TxPoolError):
    """The sender has as many transactions in the pool as it may have."""

    text = "account limit exceeded"


class InsufficientFundsError(TxPoolError):
    """The sender cannot pay for gas and value."""

    text = "insufficient funds for gas * price + value"


_BY_TEXT: tuple[type[TxPoolError], ...] = (
    # In the order in which the reference looks for them in a message.
    AlreadyReservedError,
    NonceTooLowError,
    AlreadyKnownError,
    ReplacementUnderpricedError,
    UnderpricedError,
    NonceTooHighError,
    AccountLimitExceededError,
    InsufficientFundsError,
)


def pool_error(message: str) -> TxPoolError:
    """The error of a pool that said ``message``, as a JSON-RPC node does; upper case does not matter."""
    said = message.lower()
    kind = next((kind for kind in _BY_TEXT if any(text in said for text in _texts(kind))), TxPoolError)
    return kind(message)


def _texts(kind: type[TxPoolError]) -> tuple[str, ...]:
    return (kind.text.lower(), *kind.other_texts)


# --- The manager gives up


class SendError(TxManagerError):
    """A transaction was not sent, or is not known to have been."""


class ClosedError(SendError):
    """The transaction manager is closed."""


class CraftError(SendError):
    """The transaction could not be made, in any of the attempts."""


class NonceMoved(SendError):
    """L1 says another nonce of the account than the one that the transaction was to have."""


class SignerError(SendError, Unavailable):
    """The signer failed to sign."""


class MempoolDeadlineExpired(TxManagerError):
    """No form of the transaction got into the pool in the time allowed."""


class CriticalSendError(SendError):
    """No further progress can be made with a transaction and its nonce, for ``reason``.

    The reason is a :class:`NonceTooLowError`, an :class:`AlreadyReservedError` or a
    :class:`MempoolDeadlineExpired`.
    """

    def __init__(self, reason: TxManagerError) -> None:
        super().__init__(f"gave up on the transaction: {reason}")
        self.reason = reason


class SendTimeout(SendError):
    """The transaction was not confirmed in the time allowed. It may still be included."""


class SendCancelled(SendError):
    """The caller, or the failure of another transaction of the same queue, ended the sending."""


class FeeLimitError(SendError):
    """A bumped fee would exceed the suggested fee by more than the limit."""


class BlobFeeLimitError(FeeLimitError):
    """The same for the blob fee."""
