"""Errors of execution: an invalid block or transaction, or missing state.

An invalid block is the sender's fault and stays invalid. Missing state is a hole in our own
database (or in a witness); the block may well be valid, so nothing is said about it.
"""

from __future__ import annotations

from enum import Enum

from pyoprollup.errors import RollupError
from pyoprollup.eth.types import Hash32

__all__ = [
    "BlockFault",
    "ExecutionError",
    "ExecutionInterrupted",
    "InvalidBlock",
    "InvalidTransaction",
    "MissingStateError",
    "TxFault",
]


class ExecutionError(RollupError):
    """Base class of the errors of the execution engine."""


class MissingStateError(ExecutionError, LookupError):
    """A trie node, contract code or header is not in the database; ``key`` is its hash."""

    def __init__(self, key: Hash32) -> None:
        super().__init__(f"0x{key.hex()} is not in the database")
        self.key = key


class ExecutionInterrupted(ExecutionError):
    """A checkpoint ended the execution: out of time, or nobody wants the result any more."""


class TxFault(Enum):
    """The rule that a transaction breaks, so that no block may include it."""

    MALFORMED = "malformed"
    TYPE_NOT_SUPPORTED = "type not supported"
    SIGNATURE = "bad signature or wrong chain"
    NONCE_TOO_LOW = "nonce too low"
    NONCE_TOO_HIGH = "nonce too high"
    NONCE_MAX = "nonce has its maximum value"
    GAS_ABOVE_CAP = "gas limit above the cap of a transaction"
    SENDER_HAS_CODE = "sender has code"
    FEE_TOO_LARGE = "fee does not fit 256 bits"
    TIP_ABOVE_FEE_CAP = "tip above fee cap"
    FEE_CAP_BELOW_BASE_FEE = "fee cap below base fee"
    EMPTY_AUTHORIZATIONS = "empty authorization list"
    INSUFFICIENT_FUNDS = "insufficient funds"
    BLOCK_GAS_LIMIT = "gas limit exceeds what the block has left"
    BLOCK_DA_LIMIT = "DA footprint exceeds what the block has left"
    INTRINSIC_GAS = "gas limit below intrinsic gas"
    FLOOR_GAS = "gas limit below the floor of its data"
    INITCODE_TOO_LARGE = "init code too large"
    MINT_TOO_LARGE = "mint does not fit 256 bits"
    SYSTEM_TRANSACTION = "no system transactions since Regolith"


class InvalidTransaction(ExecutionError, ValueError):
    """A transaction that must not be in a block at this place."""

    def __init__(self, fault: TxFault, detail: str = "") -> None:
        super().__init__(f"{fault.value}: {detail}" if detail else fault.value)
        self.fault = fault


class BlockFault(Enum):
    """The rule that a block, or the attributes for one, breaks."""

    PARENT_HASH = "parent hash"
    NUMBER = "number"
    TIMESTAMP = "timestamp"
    GAS_LIMIT = "gas limit"
    GAS_USED = "gas used"
    BASE_FEE = "base fee"
    EXTRA_DATA = "extra data"
    EIP1559_PARAMS = "EIP-1559 parameters"
    MIN_BASE_FEE = "minimum base fee"
    BEACON_ROOT = "parent beacon block root"
    WITHDRAWALS = "withdrawals"
    WITHDRAWALS_ROOT = "withdrawals root"
    BLOB_GAS_USED = "blob gas used"
    EXCESS_BLOB_GAS = "excess blob gas"
    DA_FOOTPRINT = "DA footprint"
    STATE_ROOT = "state root"
    RECEIPTS_ROOT = "receipts root"
    LOGS_BLOOM = "logs bloom"
    BLOCK_HASH = "block hash"
    TRANSACTION = "transaction"


class InvalidBlock(ExecutionError, ValueError):
    """A block that breaks a rule. ``tx_index`` and ``tx_fault`` are set if a transaction does."""

    def __init__(
        self, fault: BlockFault, detail: str, *, tx_index: int | None = None, tx_fault: TxFault | None = None
    ) -> None:
        super().__init__(f"{fault.value}: {detail}")
        self.fault = fault
        self.tx_index = tx_index
        self.tx_fault = tx_fault
