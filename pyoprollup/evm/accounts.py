"""The accounts of a block while it is executed, in plain dictionaries with one log to undo changes.

It offers what py-evm's state and computation classes ask of an account database, without the layers of
journals and caches that py-evm's own is made of. What is read from the tries stays read for the block;
what changed is written to them once, by :meth:`FlatAccountDB.persist`.

Twin: pyoprollup.evm.oracle:OracleAccountDB; held equal by tests/unit/evm/test_accounts.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.trie import EMPTY_TRIE_ROOT
from pyoprollup.eth.types import U64_MAX, Address, Hash32
from pyoprollup.evm.errors import MissingStateError
from pyoprollup.evm.state_trie import StateTrie
from pyoprollup.evm.store import Overlay

__all__ = ["EMPTY_CODE_HASH", "AccountState", "FlatAccountDB"]

EMPTY_CODE_HASH = keccak256(b"")

K = TypeVar("K")
V = TypeVar("V")
_MAX_BALANCE = (1 << 256) - 1


class AccountState(NamedTuple):
    """An account as the state trie has it; ``balance`` in wei."""

    nonce: int = 0
    balance: int = 0
    storage_root: Hash32 = EMPTY_TRIE_ROOT
    """While a block is executed, as of the last commit."""
    code_hash: Hash32 = EMPTY_CODE_HASH

    @classmethod
    def decode(cls, encoded: bytes) -> AccountState:
        """From the value of the trie's leaf; raises :class:`DecodeError`."""
        items, lists = rlp.split_list(encoded)
        if lists or len(items) != 4:
            raise DecodeError("an account has four fields")
        nonce, balance, storage_root, code_hash = items
        return cls(
            rlp.decode_uint(nonce, 64),
            rlp.decode_uint(balance),
            Hash32(rlp.decode_fixed(storage_root, 32)),
            Hash32(rlp.decode_fixed(code_hash, 32)),
        )

    def encode(self) -> bytes:
        """The value of the trie's leaf."""
        numbers = rlp.encode_uint(self.nonce), rlp.encode_uint(self.balance)
        return rlp.encode_list((*numbers, b"\xa0" + self.storage_root, b"\xa0" + self.code_hash))

    @property
    def is_empty(self) -> bool:
        """As in EIP-161, where storage does not count."""
        return not self.nonce and not self.balance and self.code_hash == EMPTY_CODE_HASH


_NEW = AccountState()


class _Storage:
    """Slots of an account: ``values`` as they are now, ``stored`` as the trie has them."""

    __slots__ = ("stored", "trie", "values")

    def __init__(self, trie: StateTrie) -> None:
        self.trie = trie
        self.values: dict[int, int] = {}
        self.stored: dict[int, int] = {}


class FlatAccountDB:
    """Accounts, storage and code as of ``state_root``, and what execution makes of them.

    A missing trie node or code raises :class:`MissingStateError`, from changes of the trie as well, and one
    that is malformed :class:`DecodeError`.
    """

    def __init__(self, overlay: Overlay, state_root: bytes = EMPTY_TRIE_ROOT) -> None:
        self._overlay = overlay
        self._trie = StateTrie(self._load, state_root)
        self._accounts: dict[Address, AccountState | None] = {}
        self._stored: dict[Address, AccountState | None] = {}
        self._storages: dict[Address, _Storage] = {}
        self._codes: dict[bytes, bytes] = {EMPTY_CODE_HASH: b""}
        self._new_codes: dict[bytes, bytes] = {}
        self._warm: dict[Any, bool] = {}
        self._originals: dict[tuple[Address, int], int] = {}
        self._transient: dict[tuple[Address, int], int] = {}
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []

    def _load(self, key: bytes) -> bytes:
        try:
            return self._overlay[key]
        except KeyError:
            raise MissingStateError(Hash32(key)) from None

    # --- Snapshots

    def _set(self, table: dict[K, V], key: K, value: V) -> None:
        """Every change goes through here; ``None`` for what was not there before."""
        self._undo.append((table, key, table.get(key)))
        table[key] = value

    def record(self) -> int:
        """A point that :meth:`discard` can go back to, until :meth:`lock_changes`."""
        return len(self._undo)

    def discard(self, checkpoint: int) -> None:
        """Undo everything since ``checkpoint``."""
        undo = self._undo
        while len(undo) > checkpoint:
            table, key, value = undo.pop()
            if value is None and table is not self._accounts:
                table.pop(key, None)
            else:
                table[key] = value

    def commit(self, checkpoint: int) -> None:
        """Nothing: what is not discarded stays."""

    def lock_changes(self) -> None:
        """A transaction begins: nothing is warm, and the values of now are the original ones."""
        self._undo.clear()
        self._originals.clear()
        self._warm.clear()

    # --- Accounts

    def _get(self, address: Address) -> AccountState | None:
        try:
            return self._accounts[address]
        except KeyError:
            encoded = self._trie.get(keccak256(address))
        account = AccountState.decode(encoded) if encoded else None
        self._accounts[address] = self._stored[address] = account
        return account

    def _change(self, address: Address, **changes: Any) -> None:
        self._set(self._accounts, address, (self._get(address) or _NEW)._replace(**changes))

    def get_balance(self, address: Address) -> int:
        """The balance of an account in wei."""
        return (self._get(address) or _NEW).balance

    def set_balance(self, address: Address, balance: int) -> None:
        """Past 256 bits it begins at 0 again, as in op-geth; mints that no L1 can make would get it there."""
        if balance < 0:
            raise ValueError(f"balance {balance} is negative")
        balance &= _MAX_BALANCE
        nonce, _, root, code_hash = self._get(address) or _NEW
        self._set(self._accounts, address, AccountState(nonce, balance, root, code_hash))

    def get_nonce(self, address: Address) -> int:
        return (self._get(address) or _NEW).nonce

    def set_nonce(self, address: Address, nonce: int) -> None:
        if not 0 <= nonce <= U64_MAX:
            raise ValueError(f"nonce {nonce} does not fit 64 bits")
        self._change(address, nonce=nonce)

    def increment_nonce(self, address: Address) -> None:
        self.set_nonce(address, self.get_nonce(address) + 1)

    def account_exists(self, address: Address) -> bool:
        return self._get(address) is not None

    def account_is_empty(self, address: Address) -> bool:
        return (self._get(address) or _NEW).is_empty

    def account_has_code_or_nonce(self, address: Address) -> bool:
        """Whether no contract can be created at the address: storage is in the way as well (EIP-7610)."""
        nonce, _, storage_root, code_hash = self._get(address) or _NEW
        return nonce != 0 or code_hash != EMPTY_CODE_HASH or storage_root != EMPTY_TRIE_ROOT

    def touch_account(self, address: Address) -> None:
        """Bring an account into being, unless it is there."""
        if self._get(address) is None:
            self._set(self._accounts, address, _NEW)

    def delete_account(self, address: Address) -> None:
        """Remove an account with its storage."""
        self._wipe(address)
        self._set(self._accounts, address, None)

    def is_address_warm(self, address: Address) -> bool:
        return address in self._warm

    def mark_address_warm(self, address: Address) -> None:
        if address not in self._warm:
            self._set(self._warm, address, True)

    # --- Code

    def get_code_hash(self, address: Address) -> Hash32:
        return Hash32((self._get(address) or _NEW).code_hash)

    def get_code(self, address: Address) -> bytes:
        code_hash = (self._get(address) or _NEW).code_hash
        code = self._codes.get(code_hash)
        if code is None:
            try:
                code = self._codes[code_hash] = self._overlay.code(code_hash)
            except KeyError:
                raise MissingStateError(Hash32(code_hash)) from None
        return code

    def set_code(self, address: Address, code: bytes) -> None:
        code_hash = keccak256(code)
        self._codes[code_hash] = code
        self._set(self._new_codes, code_hash, code)
        self._change(address, code_hash=code_hash)

    def delete_code(self, address: Address) -> None:
        self._change(address, code_hash=EMPTY_CODE_HASH)

    # --- Storage

    def _storage(self, address: Address) -> _Storage:
        storage = self._storages.get(address)
        if storage is None:
            root = (self._get(address) or _NEW).storage_root
            storage = self._storages[address] = _Storage(StateTrie(self._load, root))
        return storage

    def get_storage(self, address: Address, slot: int, from_journal: bool = True) -> int:
        """The value of a slot; with ``from_journal`` false, that before the transaction."""
        if not from_journal and (address, slot) in self._originals:
            return self._originals[address, slot]
        storage = self._storages.get(address) or self._storage(address)
        value = storage.values.get(slot)
        if value is None:
            encoded = storage.trie.get(keccak256(slot.to_bytes(32, "big")))
            value = rlp.decode_uint(rlp.decode_bytes(encoded)) if encoded else 0
            storage.values[slot] = storage.stored[slot] = value
        return value

    def set_storage(self, address: Address, slot: int, value: int) -> None:
        before = self.get_storage(address, slot)
        self._originals.setdefault((address, slot), before)
        self._set(self._storages[address].values, slot, value)

    def delete_storage(self, address: Address) -> None:
        """Empty the storage of an account, which comes into being if it is not there."""
        self._wipe(address)
        self._change(address, storage_root=EMPTY_TRIE_ROOT)

    def _wipe(self, address: Address) -> None:
        self._storage(address)  # what to go back to, on the root of now
        self._set(self._storages, address, _Storage(StateTrie(self._load, EMPTY_TRIE_ROOT)))

    def is_storage_warm(self, address: Address, slot: int) -> bool:
        return (address, slot) in self._warm

    def mark_storage_warm(self, address: Address, slot: int) -> None:
        if (address, slot) not in self._warm:
            self._set(self._warm, (address, slot), True)

    def get_transient(self, address: Address, slot: int) -> int:
        return self._transient.get((address, slot), 0)

    def set_transient(self, address: Address, slot: int, value: int) -> None:
        self._set(self._transient, (address, slot), value)

    def clear_transient(self) -> None:
        """A transaction has ended. Not to be undone."""
        self._transient.clear()

    # --- The end of a block

    @property
    def state_root(self) -> Hash32:
        """As of the last :meth:`persist`."""
        return self._trie.root

    def storage_root(self, address: Address) -> Hash32:
        """Root of the account's storage, as of the last :meth:`persist`."""
        return Hash32((self._get(address) or _NEW).storage_root)

    def make_state_root(self) -> Hash32:
        """The state root after all changes; see :meth:`persist`."""
        self.persist()
        return self.state_root

    def persist(self) -> None:
        """Write all changes to the tries, and what is new of tries and code to the overlay."""
        self._undo.clear()
        writes: dict[bytes, bytes] = {}
        for address, storage in self._storages.items():
            self._persist_storage(address, storage, writes)
        changed = [item for item in self._accounts.items() if item[1] != self._stored[item[0]]]
        # Removals last: they need a neighbour's node less often then.
        for address, account in sorted(changed, key=lambda item: item[1] is None):
            if account is None:
                self._trie.delete(keccak256(address))
            else:
                self._trie.put(keccak256(address), account.encode())
            self._stored[address] = account
        self._trie.commit(writes)
        writes.update(self._new_codes)
        self._new_codes.clear()
        for key, value in writes.items():
            self._overlay[key] = value

    def _persist_storage(self, address: Address, storage: _Storage, writes: dict[bytes, bytes]) -> None:
        account = self._accounts[address]
        if account is None:
            return
        trie, stored = storage.trie, storage.stored
        changed = [item for item in storage.values.items() if item[1] != stored[item[0]]]
        for slot, value in sorted(changed, key=lambda item: not item[1]):
            key = keccak256(slot.to_bytes(32, "big"))
            if value:
                trie.put(key, rlp.encode_uint(value))
            else:
                trie.delete(key)
            stored[slot] = value
        root = trie.commit(writes)
        if root != account.storage_root:
            self._accounts[address] = account._replace(storage_root=root)
