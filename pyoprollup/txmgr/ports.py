"""Values that the transaction manager takes and returns.

Whoever offers an L1 to send transactions to (the embedded L1, a JSON-RPC client) implements
:class:`L1Backend`. Its methods return at once with the answer; time passes elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.eth.types import Address

__all__ = ["TxCandidate"]


@dataclass(frozen=True, slots=True)
class TxCandidate:
    """What to send: the manager adds nonce, fees and signature.

    With ``blobs`` (131,072 bytes each) it becomes a blob transaction, which must have a recipient; ``to``
    ``None`` creates a contract. ``gas_limit`` 0 asks L1 for an estimate, to which ``extra_gas`` is added,
    as the next block may take more than the one before would have. With a ``nonce`` it is sent with that
    one or not at all: who has decided by what L1 said when that was the account's nonce must decide anew
    once another transaction is mined.

    What L1 refuses to execute is tried again for a while, as what has to come before it may not be mined yet,
    and what is sent after it waits. With ``give_up_if_refused`` the first refusal counts.
    """

    to: Address | None
    data: bytes = b""
    blobs: tuple[bytes, ...] = ()
    gas_limit: int = 0
    value: int = 0
    nonce: int | None = None
    give_up_if_refused: bool = False
    extra_gas: int = 0
