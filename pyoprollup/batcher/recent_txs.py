"""Finds the L1 block of an account's last transaction."""

from __future__ import annotations

from pyoprollup.eth.types import Address
from pyoprollup.sources.l1 import L1Sender

__all__ = ["check_recent_txs"]


def check_recent_txs(l1: L1Sender, depth: int, account: Address) -> tuple[int, bool]:
    """The L1 block of the account's last transaction, and ``True``.

    If it sent none in the last ``depth`` blocks: the first block in which it certainly sent none, and
    ``False``. Raises :class:`~pyoprollup.errors.Unavailable`.
    """
    newest = l1.head().number
    oldest = max(0, newest - depth)
    nonce = l1.nonce_at(account, newest)
    if l1.nonce_at(account, oldest) == nonce:
        return oldest, False
    # The first block after which the account had its present nonce.
    while oldest < newest:
        middle = (oldest + newest) // 2
        if l1.nonce_at(account, middle) >= nonce:
            newest = middle
        else:
            oldest = middle + 1
    return oldest, True
