"""Signers of transactions."""

from __future__ import annotations

from typing import Protocol

from pyoprollup.errors import DecodeError
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.signer import sign_transaction
from pyoprollup.eth.transactions import Transaction
from pyoprollup.eth.types import Address
from pyoprollup.txmgr.errors import SignerError

__all__ = ["LocalSigner", "Signer"]


class Signer(Protocol):
    """Holds the key of one account, here or elsewhere."""

    @property
    def address(self) -> Address: ...

    def sign(self, tx: Transaction) -> Transaction:
        """``tx`` with a signature. Raises :class:`~pyoprollup.txmgr.errors.SignerError`."""
        ...


class LocalSigner:
    """Signs with a key in memory. ``private_key`` has 32 bytes."""

    def __init__(self, private_key: bytes, chain_id: int) -> None:
        self.address = address_of(private_key)
        self._key = private_key
        self._chain_id = chain_id

    def __repr__(self) -> str:
        return f"LocalSigner(0x{self.address.hex()})"

    def sign(self, tx: Transaction) -> Transaction:
        try:
            return sign_transaction(tx, self._key, self._chain_id)
        except DecodeError as error:
            raise SignerError(str(error)) from error
