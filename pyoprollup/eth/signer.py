"""Who signed a transaction, and signing one.

The rules are those of go-ethereum's newest signer: every transaction type, EIP-155 replay
protection for legacy transactions that ask for it, low-s signatures only (Homestead).
"""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import SECP256K1_HALF_N, SignatureError, keccak256, recover_address, sign
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.transactions import LEGACY_TX_TYPE, Transaction
from pyoprollup.eth.types import Address, Hash32, number_text

__all__ = ["is_protected", "sender", "sign_transaction", "signing_hash"]


def is_protected(v: int) -> bool:
    """Whether a legacy transaction's ``v`` says that it is bound to one chain (EIP-155)."""
    return v not in (0, 1, 27, 28)


def signing_hash(tx: Transaction, chain_id: int | None) -> Hash32:
    """The digest that the sender signs.

    For the legacy type ``chain_id`` is what EIP-155 adds, ``None`` for an unprotected transaction;
    the other types carry their own chain id, and the argument is ignored.
    """
    items = tx.unsigned_items()
    if tx.type != LEGACY_TX_TYPE:
        return keccak256(bytes([tx.type]) + rlp.encode_list(items))
    if chain_id is not None:
        items += [rlp.encode_uint(chain_id), rlp.EMPTY_STRING, rlp.EMPTY_STRING]
    return keccak256(rlp.encode_list(items))


def sender(tx: Transaction | DepositTransaction, chain_id: int) -> Address:
    """The account that sent ``tx`` on the chain with this id; of a deposit, its ``from``.

    Raises :class:`DecodeError` if the transaction is for another chain, and its subclass
    :class:`SignatureError` if the signature is invalid or has a high ``s``.
    """
    if isinstance(tx, DepositTransaction):
        return tx.from_
    if tx.type != LEGACY_TX_TYPE:
        _check_chain(tx.chain_id, chain_id)
        return _recover(tx, signing_hash(tx, None), tx.v)
    if not is_protected(tx.v):
        return _recover(tx, signing_hash(tx, None), tx.v - 27)
    # v = 35 + parity + 2 * chain id; anything else means another chain, or no signature at all.
    _check_chain((tx.v - 35) // 2, chain_id)
    return _recover(tx, signing_hash(tx, chain_id), (tx.v - 35) % 2)


def sign_transaction(tx: Transaction, private_key: bytes, chain_id: int) -> Transaction:
    """``tx`` with a signature; a legacy transaction becomes replay-protected.

    Raises :class:`DecodeError` if a typed transaction is for another chain than ``chain_id``.
    """
    if tx.type != LEGACY_TX_TYPE:
        _check_chain(tx.chain_id, chain_id)
    r, s, y_parity = sign(signing_hash(tx, chain_id), private_key)
    v = y_parity if tx.type != LEGACY_TX_TYPE else 35 + 2 * chain_id + y_parity
    return replace(tx, v=v, r=r, s=s)


def _check_chain(have: int, want: int) -> None:
    if have != want:
        raise DecodeError(f"the transaction is for chain {number_text(have)}, not {want}")


def _recover(tx: Transaction, digest: Hash32, y_parity: int) -> Address:
    if y_parity not in (0, 1):
        raise SignatureError(f"the parity of a signature is 0 or 1, not {number_text(y_parity)}")
    if tx.s > SECP256K1_HALF_N:
        raise SignatureError("the signature's s is not in the lower half")
    return recover_address(digest, tx.r, tx.s, y_parity)
