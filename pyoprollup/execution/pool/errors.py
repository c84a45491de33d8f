"""Reasons for which the pool refuses a transaction.

The wording is the field's own: senders of transactions recognise these errors by their text.
"""

from __future__ import annotations

from enum import Enum

from pyoprollup.errors import RollupError

__all__ = ["PoolError", "PoolFault"]


class PoolFault(Enum):
    """The rule that a transaction breaks."""

    ALREADY_KNOWN = "already known"
    MALFORMED = "malformed transaction"
    TYPE_NOT_SUPPORTED = "transaction type not supported"
    OVERSIZED = "oversized data"
    INITCODE_TOO_LARGE = "max initcode size exceeded"
    GAS_ABOVE_CAP = "transaction gas limit too high"
    GAS_LIMIT = "exceeds block gas limit"
    FEE_TOO_LARGE = "max fee per gas higher than 2^256-1"
    TIP_TOO_LARGE = "max priority fee per gas higher than 2^256-1"
    TIP_ABOVE_FEE_CAP = "max priority fee per gas higher than max fee per gas"
    SIGNATURE = "invalid sender"
    NONCE_MAX = "nonce has max value"
    INTRINSIC_GAS = "intrinsic gas too low"
    FLOOR_GAS = "insufficient gas for floor data gas cost"
    TIP_TOO_LOW = "transaction gas price below minimum"
    EMPTY_AUTHORIZATIONS = "set code tx must have at least one authorization tuple"
    NONCE_TOO_LOW = "nonce too low"
    INSUFFICIENT_FUNDS = "insufficient funds for gas * price + value"
    REPLACEMENT_UNDERPRICED = "replacement transaction underpriced"
    UNDERPRICED = "transaction underpriced"
    POOL_FULL = "txpool is full"
    FUTURE_REPLACES_PENDING = "future transaction tries to replace pending"
    ACCOUNT_LIMIT = "account limit exceeded"
    DELEGATED_OUT_OF_ORDER = "gapped-nonce tx from delegated accounts"
    DELEGATED_IN_FLIGHT = "in-flight transaction limit reached for delegated accounts"
    AUTHORITY_RESERVED = "authority already reserved"


class PoolError(RollupError, ValueError):
    """A transaction that the pool does not take; ``fault`` says why."""

    def __init__(self, fault: PoolFault, detail: str = "") -> None:
        super().__init__(f"{fault.value}: {detail}" if detail else fault.value)
        self.fault = fault
