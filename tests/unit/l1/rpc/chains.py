"""A small L1 with all kinds of contents, for the tests of its client."""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.eth.receipts import Log, Receipt
from pyoprollup.eth.trie import ordered_trie_root
from pyoprollup.eth.types import Address
from pyoprollup.evm.genesis import Account
from pyoprollup.l1.embedded import EmbeddedL1, L1Block
from pyoprollup.l1.embedded.store import Change
from tests.unit.l1.embedded.support import blob_raw, make_l1, raw

LOGS = Address(b"\x25" * 20)
ALLOC = {LOGS: Account(code=bytes.fromhex("600760006000a1600760006000a100"))}
"""Logs twice."""


def chain(blocks: int = 4) -> EmbeddedL1:
    """A legacy transaction, two of type 2 with logs and one with a blob in each block."""
    l1 = make_l1(ALLOC)
    for number in range(blocks):
        l1.send_transaction(raw(3 * number, type=0))
        l1.send_transaction(raw(3 * number + 1, to=LOGS, gas=60_000))
        l1.send_transaction(raw(3 * number + 2, to=LOGS, gas=60_000))
        l1.send_transaction(blob_raw(number, contents=(b"blob %d" % number,)))
        l1.mine()
    return l1


def with_news(l1: EmbeddedL1) -> L1Block:
    """A new head with a transaction and a receipt of types that nobody knows, before a log of a known one."""
    old = l1.mine(empty=True)
    log = Log(LOGS, (), b"")
    news = b"\x64" + raw(0)[1:]
    transactions = (news, b"\x05\xc1\x80", raw(0, key=0))
    receipts = (
        Receipt(0x64, 1, 50, logs=(log, log._replace(log_index=1))),
        Receipt(0x05, 1, 70),
        Receipt(2, 1, 90, logs=(log._replace(log_index=2),)),
    )
    header = replace(
        old.header,
        transactions_root=ordered_trie_root(transactions),
        receipts_root=ordered_trie_root([receipt.encode_for_root() for receipt in receipts]),
    )
    block_hash = header.hash()
    ref = replace(old.ref, hash=block_hash)
    block = replace(
        old,
        header=header,
        hash=block_hash,
        transactions=transactions,
        receipts=receipts,
        info=replace(old.info, ref=ref),
    )
    store = l1._chain
    store.apply(Change(position=store.position, removed=(old,), added=(block,)))
    return block
