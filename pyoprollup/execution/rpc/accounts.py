"""Accounts and storage as they are after a block, read straight from the tries."""

from __future__ import annotations

from pyoprollup.eth import rlp
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.accounts import EMPTY_CODE_HASH, AccountState
from pyoprollup.evm.errors import MissingStateError
from pyoprollup.evm.store import KeyValue
from pyoprollup.execution.trie_proof import prove

__all__ = ["StateView"]


class StateView:
    """Reads under one state root. They raise ``MissingStateError`` where a part is not in the store."""

    def __init__(self, store: KeyValue, root: Hash32) -> None:
        self._store = store
        self._root = root

    def prove_account(self, address: Address) -> tuple[AccountState | None, list[bytes]]:
        """The account, ``None`` if there is none, and its proof."""
        value, proof = prove(self._store, self._root, address)
        return (AccountState.decode(value) if value else None), proof

    def account(self, address: Address) -> AccountState:
        """The account; one that does not exist is empty."""
        return self.prove_account(address)[0] or AccountState()

    def prove_storage(self, storage_root: Hash32, slot: int) -> tuple[int, list[bytes]]:
        """The word in a slot of the storage under a root, and its proof."""
        value, proof = prove(self._store, storage_root, slot.to_bytes(32, "big"))
        return (rlp.decode_uint(rlp.decode_bytes(value)) if value else 0), proof

    def storage(self, address: Address, slot: int) -> int:
        """The word in a slot of an account's storage."""
        return self.prove_storage(self.account(address).storage_root, slot)[0]

    def code(self, address: Address) -> bytes:
        """The code of an account."""
        code_hash = self.account(address).code_hash
        if code_hash == EMPTY_CODE_HASH:
            return b""
        try:
            return self._store[code_hash]
        except KeyError:
            raise MissingStateError(code_hash) from None
