"""What the transaction manager needs of L1, and what it is given and gives back.

Whoever offers an L1 to send transactions to (the embedded L1, a JSON-RPC client) implements
:class:`L1Backend`. Its methods return at once with the answer; time passes elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pyoprollup.eth.receipts import RECEIPT_SUCCESSFUL, Log
from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.types import Address, Hash32

__all__ = ["CallMsg", "L1Backend", "L1Head", "L1Receipt", "TxCandidate"]


@dataclass(frozen=True, slots=True)
class L1Head:
    """The latest L1 block, with the fees (wei) that it charged.

    ``blob_base_fee`` is ``None`` while L1 has no blobs.
    """

    hash: Hash32
    number: int
    parent_hash: Hash32
    time: int
    base_fee: int
    blob_base_fee: int | None = None

    @property
    def id(self) -> BlockID:
        return BlockID(self.hash, self.number)

    @property
    def ref(self) -> L1BlockRef:
        return L1BlockRef(self.hash, self.number, self.parent_hash, self.time)


@dataclass(frozen=True, slots=True)
class L1Receipt:
    """That a transaction was mined, where, and what came of it.

    ``status`` is 1 for success and 0 for a revert; gas prices are in wei. ``contract_address`` is
    that of a contract that the transaction created.
    """

    tx_hash: Hash32
    block_hash: Hash32
    block_number: int
    status: int = RECEIPT_SUCCESSFUL
    transaction_index: int = 0
    gas_used: int = 0
    effective_gas_price: int = 0
    contract_address: Address | None = None
    logs: tuple[Log, ...] = ()

    @property
    def block_id(self) -> BlockID:
        return BlockID(self.block_hash, self.block_number)

    @property
    def succeeded(self) -> bool:
        return self.status == RECEIPT_SUCCESSFUL


@dataclass(frozen=True, slots=True)
class CallMsg:
    """A call to be executed without a transaction. ``gas`` 0 means as much as there is."""

    from_: Address
    to: Address | None
    data: bytes = b""
    value: int = 0
    gas: int = 0
    gas_fee_cap: int = 0
    gas_tip_cap: int = 0
    blob_fee_cap: int = 0
    blob_hashes: tuple[Hash32, ...] = ()


@dataclass(frozen=True, slots=True)
class TxCandidate:
    """What to send: the manager adds nonce, fees and signature.

    With ``blobs`` (131,072 bytes each) it becomes a blob transaction, which must have a recipient;
    ``to`` ``None`` creates a contract. ``gas_limit`` 0 asks L1 for an estimate.
    """

    to: Address | None
    data: bytes = b""
    blobs: tuple[bytes, ...] = ()
    gas_limit: int = 0
    value: int = 0


class L1Backend(Protocol):
    """An L1 node as its users see it.

    Every method raises :class:`~pyoprollup.txmgr.errors.BackendError` when there is no answer to be
    had. "Latest" is the head of the chain that the node considers canonical now.
    """

    def block_number(self) -> int:
        """Number of the latest block."""
        ...

    def head(self) -> L1Head:
        """The latest block."""
        ...

    def nonce_at(self, account: Address, block_number: int | None = None) -> int:
        """Transactions that ``account`` had sent after this block (``None``: the latest)."""
        ...

    def pending_nonce_at(self, account: Address) -> int:
        """The same, counting what waits in the pool."""
        ...

    def balance_at(self, account: Address) -> int:
        """Wei that ``account`` has after the latest block."""
        ...

    def suggest_gas_tip_cap(self) -> int:
        """Wei per gas that should get a transaction included in time."""
        ...

    def estimate_gas(self, msg: CallMsg) -> int:
        """Gas that the transaction would need on top of the latest block.

        Raises :class:`~pyoprollup.txmgr.errors.ExecutionRevertedError` if it would revert, and
        :class:`~pyoprollup.txmgr.errors.InsufficientFundsError` if the sender could not pay.
        """
        ...

    def call(self, msg: CallMsg) -> bytes:
        """What the call returns on top of the latest block.

        Raises :class:`~pyoprollup.txmgr.errors.ExecutionRevertedError` if it reverts, and
        :class:`~pyoprollup.txmgr.errors.InsufficientFundsError` if the caller does not have the value.
        """
        ...

    def send_transaction(self, raw: bytes) -> Hash32:
        """Put a signed transaction into the pool and return its hash.

        ``raw`` is the EIP-2718 form; a blob transaction's is the network form, with its sidecar.
        Raises the member of :class:`~pyoprollup.txmgr.errors.TxPoolError` that says why it was refused.
        """
        ...

    def transaction_receipt(self, tx_hash: Hash32) -> L1Receipt | None:
        """The receipt of a transaction on the canonical chain; ``None`` if it has none there (now)."""
        ...
