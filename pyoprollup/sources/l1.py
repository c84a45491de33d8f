"""L1 as the rollup's services see it: blocks, their contents, blobs, accounts, and a way to send.

The protocols build on each other: a finalizer asks for references of blocks, derivation for receipts and
transactions as well, a challenger for calls at a block, a transaction manager for all that and sending.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pyoprollup.errors import RollupError
from pyoprollup.eth.headers import Header
from pyoprollup.eth.receipts import RECEIPT_SUCCESSFUL, Log, Receipt
from pyoprollup.eth.refs import BlockID, BlockLabel, L1BlockRef
from pyoprollup.eth.types import Address, Hash32

__all__ = [
    "AtBlock",
    "BlobSource",
    "BlockInfo",
    "CallFailed",
    "CallMsg",
    "ExecutionReverted",
    "IndexedBlobHash",
    "L1Accounts",
    "L1Blocks",
    "L1Heads",
    "L1Receipt",
    "L1Sender",
    "L1Source",
    "LogFilter",
]

AtBlock: TypeAlias = Hash32 | int | BlockLabel
"""A block to look at the state after: by hash, by number on the canonical chain, or by label."""


# --- blocks


@dataclass(frozen=True, slots=True)
class BlockInfo:
    """The header of an L1 block, as far as anybody here needs it. Fees in wei, time in seconds."""

    ref: L1BlockRef
    mix_digest: Hash32
    base_fee: int
    parent_beacon_root: Hash32 | None = None
    excess_blob_gas: int | None = None
    has_requests_hash: bool = False
    """Whether the header has a requests hash, which tells Prague's blob schedule."""
    blob_base_fee: int | None = None
    """What a unit of blob gas costs in the block; ``None`` without blobs, and where the source leaves it to
    be computed from ``excess_blob_gas``."""

    @classmethod
    def of(cls, header: Header, block_hash: Hash32 | None = None) -> BlockInfo:
        """What is needed of a header, whose hash is computed unless the caller has done that."""
        return cls(
            L1BlockRef(block_hash or header.hash(), header.number, header.parent_hash, header.time),
            header.mix_digest,
            header.base_fee or 0,
            header.parent_beacon_root,
            header.excess_blob_gas,
            header.requests_hash is not None,
        )

    @property
    def hash(self) -> Hash32:
        return self.ref.hash

    @property
    def number(self) -> int:
        return self.ref.number

    @property
    def time(self) -> int:
        return self.ref.time

    @property
    def id(self) -> BlockID:
        return self.ref.id


@dataclass(frozen=True, slots=True)
class IndexedBlobHash:
    """A blob of an L1 block: its index among all blobs of the block and its versioned hash."""

    index: int
    hash: Hash32


class L1Blocks(Protocol):
    """Canonical L1 blocks by number, any known block by hash."""

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef: ...

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef: ...


class L1Heads(L1Blocks, Protocol):
    """The head of L1, and its safe and finalized blocks."""

    def l1_block_ref_by_label(self, label: BlockLabel) -> L1BlockRef: ...


class L1Source(L1Blocks, Protocol):
    """What L2 is derived from."""

    def info_by_hash(self, block_hash: Hash32) -> BlockInfo: ...

    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]: ...

    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        """Transactions of a block in 2718 encoding."""
        ...


class BlobSource(Protocol):
    """Blobs of an L1 block."""

    def get_blobs(self, ref: L1BlockRef, hashes: Sequence[IndexedBlobHash]) -> Sequence[bytes]:
        """The blobs (131,072 bytes each, checked against their hashes) in the order asked for."""
        ...


# --- accounts and calls


class CallFailed(RollupError):
    """A call, or a transaction that was to be estimated, cannot be executed, or runs out of gas."""


class ExecutionReverted(CallFailed):
    """The contract reverts. ``data`` is what it reverts with: an ABI-encoded error, or nothing."""

    def __init__(self, message: str = "execution reverted", data: bytes = b"") -> None:
        super().__init__(message)
        self.data = data


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
class LogFilter:
    """Which logs of the canonical blocks ``first`` to ``last``; an empty tuple stands for any.

    ``topics`` has the alternatives for each position.
    """

    first: int
    last: int
    addresses: tuple[Address, ...] = ()
    topics: tuple[tuple[Hash32, ...], ...] = ()

    def matches(self, log: Log) -> bool:
        """Whether a log is one of them, wherever it is."""
        if (self.addresses and log.address not in self.addresses) or len(self.topics) > len(log.topics):
            return False
        pairs = zip(self.topics, log.topics, strict=False)
        return all(not any_of or topic in any_of for any_of, topic in pairs)


class L1Accounts(Protocol):
    """Accounts and contracts after a block, by default the head. Amounts in wei."""

    def nonce_at(self, account: Address, block: AtBlock = BlockLabel.UNSAFE) -> int: ...

    def balance_at(self, account: Address, block: AtBlock = BlockLabel.UNSAFE) -> int: ...

    def code_at(self, account: Address, block: AtBlock = BlockLabel.UNSAFE) -> bytes: ...

    def storage_at(self, account: Address, slot: int, block: AtBlock = BlockLabel.UNSAFE) -> Hash32: ...

    def call(self, msg: CallMsg, block: AtBlock = BlockLabel.UNSAFE) -> bytes:
        """What the call returns.

        Raises :class:`CallFailed`, mostly :class:`ExecutionReverted`, and ``InsufficientFundsError`` of
        ``txmgr`` if the caller does not have the value.
        """
        ...

    def calls(
        self, msgs: Sequence[CallMsg], block: AtBlock = BlockLabel.UNSAFE
    ) -> Sequence[bytes | CallFailed]:
        """What each of some calls returns, all at one block, or why it failed.

        A client sends them in one request, and a label stands for the same block for all of them.
        """
        ...

    def logs(self, wanted: LogFilter) -> Sequence[Log]:
        """The logs in the order of the chain; ``NotFound`` if the range ends beyond the head."""
        ...


# --- sending


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


class L1Sender(L1Accounts, Protocol):
    """An L1 node that takes transactions. "Latest" is the head that it considers canonical now."""

    def block_number(self) -> int:
        """Number of the latest block."""
        ...

    def head(self) -> BlockInfo:
        """The latest block, with its blob base fee if it has blobs."""
        ...

    def pending_nonce_at(self, account: Address) -> int:
        """The nonce of the next transaction of ``account``, counting what waits in the pool."""
        ...

    def suggest_gas_tip_cap(self) -> int:
        """Wei per gas that should get a transaction included in time."""
        ...

    def estimate_gas(self, msg: CallMsg) -> int:
        """Gas that the transaction would need on top of the latest block.

        Raises :class:`CallFailed` if it would fail, and ``InsufficientFundsError`` of ``txmgr`` if the
        sender could not pay.
        """
        ...

    def send_transaction(self, raw: bytes) -> Hash32:
        """Put a signed transaction into the pool and return its hash.

        ``raw`` is the EIP-2718 form; a blob transaction's is the network form, with its sidecar. Raises
        the member of :class:`~pyoprollup.txmgr.errors.TxPoolError` that says why it was refused.
        """
        ...

    def transaction_receipt(self, tx_hash: Hash32) -> L1Receipt | None:
        """The receipt of a transaction on the canonical chain; ``None`` if it has none there (now)."""
        ...
