"""Accounts of the embedded L1 as of a block, to look at."""

from __future__ import annotations

from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.accounts import FlatAccountDB
from pyoprollup.evm.store import KeyValue, Overlay

__all__ = ["AccountsAt"]


class AccountsAt:
    """Accounts in the state with this root."""

    def __init__(self, store: KeyValue, state_root: Hash32) -> None:
        self._state = FlatAccountDB(Overlay(store), state_root)

    def nonce(self, account: Address) -> int:
        return self._state.get_nonce(account)

    def balance(self, account: Address) -> int:
        """The balance of an account in wei."""
        return self._state.get_balance(account)

    def code(self, account: Address) -> bytes:
        return self._state.get_code(account)

    def storage(self, account: Address, slot: int) -> int:
        """The word in a storage slot."""
        return self._state.get_storage(account, slot)
