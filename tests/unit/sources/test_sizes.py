"""Sizes for caches: about right, and growing with what is there."""

from __future__ import annotations

from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.sources.sizes import receipts_size, transactions_size


def test_receipts() -> None:
    log = Log(Address(bytes(20)), (Hash32(bytes(32)),), bytes(10_000))
    assert receipts_size([]) == 0
    assert 20_000 < receipts_size([Receipt(logs=(log, log)), Receipt()]) < 25_000


def test_transactions() -> None:
    assert transactions_size([b"12", b"3"]) == 163
