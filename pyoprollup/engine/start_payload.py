"""Start a build job, and look at what comes out of it.

Specification: protocol/derivation.md, Processing unsafe payload attributes; the tables of what each
answer of the engine means are those of the reference.
"""

from __future__ import annotations

from pyoprollup.engine.errors import (
    EngineError,
    EngineRpcError,
    InvalidForkchoiceState,
    InvalidPayloadAttributes,
)
from pyoprollup.engine.ports import EngineAPI, ExecutePayloadStatus, ForkchoiceState, PayloadID
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayload

__all__ = [
    "BuildPayloadError",
    "BuildPrestateError",
    "BuildTemporaryError",
    "EngineSyncing",
    "PayloadSanityError",
    "is_deposit",
    "is_deposits_only",
    "sanity_check_payload",
    "start_payload",
]

_DEPOSIT = b"\x7e"


class BuildTemporaryError(Unavailable):
    """The same attributes may do later."""


class EngineSyncing(BuildTemporaryError):
    """The engine does not have the parent yet."""


class BuildPrestateError(RollupError):
    """The parent cannot be built on: the engine's chain is not what we think."""


class BuildPayloadError(RollupError):
    """The attributes cannot become a block."""


class PayloadSanityError(RollupError):
    """A built block breaks a rule that no engine should."""


def start_payload(engine: EngineAPI, state: ForkchoiceState, attributes: PayloadAttributes) -> PayloadID:
    """Ask the engine to build on ``state.head``.

    Raises :class:`BuildTemporaryError`, :class:`BuildPrestateError` or :class:`BuildPayloadError`.
    """
    try:
        result = engine.forkchoice_updated(state, attributes)
    except InvalidForkchoiceState as error:
        raise BuildPrestateError(f"forkchoice before the block: {error}") from error
    except InvalidPayloadAttributes as error:
        raise BuildPayloadError(f"payload attributes: {error}") from error
    except EngineRpcError as error:
        if error.is_engine_error:
            raise BuildPrestateError(f"unexpected engine error: {error}") from error
        raise BuildTemporaryError(f"unexpected error: {error}") from error
    except EngineError as error:
        raise BuildTemporaryError(f"new block: {error}") from error
    status = result.payload_status.status
    if status.is_invalid:
        raise BuildPayloadError(f"forkchoice with attributes: {result.payload_status}")
    if status is ExecutePayloadStatus.SYNCING:
        raise EngineSyncing("engine is syncing")
    if status is not ExecutePayloadStatus.VALID:
        raise BuildTemporaryError(f"forkchoice with attributes: {result.payload_status}")
    if result.payload_id is None:
        raise BuildTemporaryError("the engine gave no payload id for valid attributes")
    return result.payload_id


def is_deposit(transaction: bytes) -> bool:
    """Whether an encoded transaction is a deposit."""
    return transaction[:1] == _DEPOSIT


def is_deposits_only(transactions: tuple[bytes, ...]) -> bool:
    """Whether there is nothing but deposits."""
    return all(map(is_deposit, transactions))


def sanity_check_payload(payload: ExecutionPayload) -> None:
    """Deposits come first, at least one of them, and no transaction is empty.

    Raises :class:`PayloadSanityError`.
    """
    transactions = payload.transactions
    if not transactions:
        raise PayloadSanityError("no transactions in the payload")
    if not is_deposit(transactions[0]):
        raise PayloadSanityError(f"first transaction is not a deposit: 0x{transactions[0][:1].hex()}")
    others = False
    for index, transaction in enumerate(transactions):
        if not transaction:
            raise PayloadSanityError(f"transaction {index} is empty")
        if not is_deposit(transaction):
            others = True
        elif others:
            raise PayloadSanityError(f"deposit {index} comes after other transactions")
