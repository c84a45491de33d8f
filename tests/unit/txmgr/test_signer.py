from __future__ import annotations

import pytest

from pyoprollup.eth.signer import sender
from pyoprollup.eth.transactions import Transaction
from pyoprollup.txmgr import LocalSigner
from pyoprollup.txmgr.errors import SignerError
from tests.unit.derive.support import BATCHER, BATCHER_KEY, L1_CHAIN_ID


def transaction(chain_id: int) -> Transaction:
    return Transaction(2, 0, 1, 21_000, BATCHER, 0, b"", chain_id=chain_id)


def test_signs_for_its_chain() -> None:
    signer = LocalSigner(BATCHER_KEY, L1_CHAIN_ID)
    assert sender(signer.sign(transaction(L1_CHAIN_ID)), L1_CHAIN_ID) == signer.address == BATCHER
    with pytest.raises(SignerError):
        signer.sign(transaction(1))


def test_does_not_show_its_key() -> None:
    assert BATCHER_KEY.hex() not in repr(LocalSigner(BATCHER_KEY, L1_CHAIN_ID))
