"""The state of a block while it is executed: accounts, and what instructions can read of the header.

py-evm's creations and self-destructions find on it what they ask of a state of theirs, under their names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from pyoprollup.eth.blob_fee import CANCUN_FRACTION, PRAGUE_FRACTION, blob_base_fee
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.store import Overlay
from pyoprollup.rollup.evm_rules import BaseEvm, EvmRules

if TYPE_CHECKING:
    from pyoprollup.evm.frame import Frame

__all__ = [
    "AncestorHash",
    "Checkpoint",
    "OpenState",
    "Precompile",
    "State",
    "TransactionContext",
    "checkpoint_of",
    "no_ancestors",
]

AncestorHash = Callable[[int], bytes]
"""Hash of the ancestor with a number, for the BLOCKHASH instruction; empty if there is none."""

Precompile = Callable[["Frame"], object]
"""Charges a frame for what its message asks for, and sets its output; raises ``VMError``."""

Checkpoint = Callable[[], None]
"""Called every few milliseconds while code runs. What it raises, an :class:`ExecutionInterrupted`, ends the
execution, and leaves the state as it was in the middle of it."""


def checkpoint_of(frame: object) -> Checkpoint | None:
    """The checkpoint of a precompile's frame; frames that are not ours have none."""
    checkpoint: Checkpoint | None = getattr(getattr(frame, "state", None), "checkpoint", None)
    return checkpoint


def no_ancestors(_number: int) -> bytes:
    """Of a block whose ancestors are not known, or do not matter."""
    return b""


class TransactionContext:
    """What instructions can read of their transaction: ``gas_price`` in wei, hashes of its blobs."""

    __slots__ = ("blob_hashes", "gas_price", "log_numbers", "origin")

    def __init__(self, origin: Address, gas_price: int, blob_hashes: Sequence[Hash32] = ()) -> None:
        self.origin, self.gas_price, self.blob_hashes = origin, gas_price, blob_hashes
        self.log_numbers = count()
        """What puts the logs of all its frames in order."""


class State:
    """Accounts and storage of a block. Amounts in wei.

    A missing trie node or code raises ``MissingStateError``, and one that is malformed ``DecodeError``.
    """

    __slots__ = (
        *("accounts", "ancestor_hash", "base_fee", "block_number", "chain_id", "checkpoint", "coinbase"),
        "frame_class",
        *(
            "gas_limit",
            "mix_hash",
            "precompiles",
            "timestamp",
            "_blob_base_fee",
            "_excess_blob_gas",
            "_prague",
        ),
    )

    def __init__(
        self,
        rules: EvmRules,
        accounts: FlatAccountDB,
        block: Header,
        chain_id: int,
        ancestor_hash: AncestorHash,
        frame_class: type[Frame],
        precompiles: Mapping[Address, Precompile],
    ) -> None:
        self.accounts = accounts
        self.frame_class = frame_class
        self.precompiles = precompiles
        """What calls find, by address. It may be replaced before the first of them."""
        self.checkpoint: Checkpoint | None = None
        """Whoever wants to look after the execution, or to end it. Nothing that it computes depends on it."""
        self.ancestor_hash = ancestor_hash
        self.chain_id = chain_id
        self.coinbase = block.coinbase
        self.timestamp = block.time
        self.block_number = block.number
        self.mix_hash = block.mix_digest
        self.gas_limit = block.gas_limit
        self.base_fee = block.base_fee or 0
        self._excess_blob_gas = block.excess_blob_gas or 0
        self._prague = rules.base >= BaseEvm.PRAGUE
        self._blob_base_fee: int | None = None

    @property
    def blob_base_fee(self) -> int:
        """BLOBBASEFEE: that of the header, by the fork's fraction, unless another was set."""
        if self._blob_base_fee is None:
            fraction = PRAGUE_FRACTION if self._prague else CANCUN_FRACTION
            self._blob_base_fee = blob_base_fee(self._excess_blob_gas, fraction)
        return self._blob_base_fee

    @blob_base_fee.setter
    def blob_base_fee(self, fee: int) -> None:
        self._blob_base_fee = fee

    def get_ancestor_hash(self, block_number: int) -> bytes:
        """BLOCKHASH; empty for a block that is not among the last 256."""
        number = self.block_number
        if not max(number - 256, 0) <= block_number < number:
            return b""
        return self.ancestor_hash(block_number)

    def transaction_context(
        self, origin: Address, gas_price: int, blob_hashes: Sequence[Hash32]
    ) -> TransactionContext:
        """What the frames of a transaction share."""
        return TransactionContext(origin, gas_price, blob_hashes)

    # --- Undoing changes

    def snapshot(self) -> int:
        """A point to go back to with :meth:`revert`."""
        return self.accounts.record()

    def revert(self, snapshot: int) -> None:
        self.accounts.discard(snapshot)

    def commit(self, snapshot: int) -> None:
        """Nothing: what is not reverted stays."""

    def lock_changes(self) -> None:
        """A transaction begins: nothing is warm, and the values of now are the original ones."""
        self.accounts.lock_changes()

    def undo_transaction(self) -> None:
        """Go back to where :meth:`lock_changes` was called."""
        self.accounts.discard(0)
        self.accounts.clear_transient()

    def clear_transient_storage(self) -> None:
        """A transaction has ended. Not to be undone."""
        self.accounts.clear_transient()

    # --- Accounts

    def get_balance(self, address: Address) -> int:
        return self.accounts.get_balance(address)

    def set_balance(self, address: Address, balance: int) -> None:
        self.accounts.set_balance(address, balance)

    def delta_balance(self, address: Address, delta: int) -> None:
        """Add ``delta``, which may be negative."""
        self.accounts.set_balance(address, self.accounts.get_balance(address) + delta)

    def get_nonce(self, address: Address) -> int:
        return self.accounts.get_nonce(address)

    def set_nonce(self, address: Address, nonce: int) -> None:
        self.accounts.set_nonce(address, nonce)

    def increment_nonce(self, address: Address) -> None:
        self.accounts.increment_nonce(address)

    def get_code(self, address: Address) -> bytes:
        return self.accounts.get_code(address)

    def set_code(self, address: Address, code: bytes) -> None:
        self.accounts.set_code(address, code)

    def delete_code(self, address: Address) -> None:
        self.accounts.delete_code(address)

    def has_code_or_nonce(self, address: Address) -> bool:
        """Whether no contract can be created at the address."""
        return self.accounts.account_has_code_or_nonce(address)

    def account_exists(self, address: Address) -> bool:
        return self.accounts.account_exists(address)

    def account_is_empty(self, address: Address) -> bool:
        """As in EIP-161, where storage does not count."""
        return self.accounts.account_is_empty(address)

    def touch_account(self, address: Address) -> None:
        """Bring an account into being, unless it is there."""
        self.accounts.touch_account(address)

    def delete_account(self, address: Address) -> None:
        """Remove an account with its storage."""
        self.accounts.delete_account(address)

    def is_address_warm(self, address: Address) -> bool:
        """EIP-2929; precompiles always are."""
        return self.accounts.is_address_warm(address) or address in self.precompiles

    def mark_address_warm(self, address: Address) -> None:
        self.accounts.mark_address_warm(address)

    # --- Storage

    def get_storage(self, address: Address, slot: int) -> int:
        return self.accounts.get_storage(address, slot)

    def set_storage(self, address: Address, slot: int, value: int) -> None:
        self.accounts.set_storage(address, slot, value)

    def delete_storage(self, address: Address) -> None:
        """Empty the storage of an account, which comes into being if it is not there."""
        self.accounts.delete_storage(address)

    def mark_storage_warm(self, address: Address, slot: int) -> None:
        self.accounts.mark_storage_warm(address, slot)

    # --- The end of a block

    @property
    def state_root(self) -> Hash32:
        """As of the last :meth:`persist`."""
        return self.accounts.state_root

    def storage_root(self, address: Address) -> Hash32:
        """Root of the account's storage, as of the last :meth:`persist`."""
        return self.accounts.storage_root(address)

    def persist(self) -> None:
        """Write all changes to the tries, and what is new of tries and code to the overlay."""
        self.accounts.persist()


OpenState = Callable[[EvmRules, Overlay, Hash32, Header, int, AncestorHash], State]
"""What makes the state before a block, as :func:`~pyoprollup.evm.vm.open_state` does. The oracle has another
interpreter behind it."""
