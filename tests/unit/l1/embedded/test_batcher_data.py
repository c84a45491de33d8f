"""What the batcher puts on the embedded L1 is what derivation reads there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.derive.codec.frame import Frame, parse_frames
from pyoprollup.derive.data_source import DataSourceFactory
from pyoprollup.derive.errors import EndOfData, ResetError
from pyoprollup.eth.types import Address
from pyoprollup.l1.embedded import EmbeddedL1, L1Block
from tests.unit.derive.support import config
from tests.unit.l1.embedded.support import ACCOUNTS, GWEI, blob_raw, make_l1, raw

INBOX = Address(b"\xff" * 20)
CONFIG = replace(config("ecotone"), batch_inbox_address=INBOX, l1_chain_id=900)
FRAMES = [Frame(b"\x07" * 16, number, bytes([number]) * 1000, number == 2) for number in range(3)]


def read(l1: EmbeddedL1, block: L1Block, batcher: Address = ACCOUNTS[1]) -> list[bytes]:
    data = DataSourceFactory(CONFIG, l1, l1).open_data(block.ref, batcher)
    pieces = []
    while True:
        try:
            pieces.append(data.next()[0])
        except EndOfData:
            return pieces


def test_frames_in_blobs_and_calldata() -> None:
    l1 = make_l1()
    contents = tuple(b"\0" + frame.encode() for frame in FRAMES)
    l1.send(blob_raw(0, contents=contents[:2], to=INBOX, data=b"not read", gas=30_000))
    l1.send(raw(0, to=INBOX, data=contents[2], gas=500_000))
    block = l1.mine()
    assert read(l1, block) == list(contents[:2])
    assert [parse_frames(piece)[0].data for piece in read(l1, block)] == [frame.data for frame in FRAMES[:2]]
    assert read(l1, block, ACCOUNTS[0]) == [contents[2]]
    # Blobs of others come first in this block, so that indices differ from places in the transaction.
    l1.send(blob_raw(1, contents=(b"other",), to=ACCOUNTS[0], gas_tip_cap=50 * GWEI))
    l1.send(blob_raw(2, contents=contents[1:], to=INBOX))
    assert read(l1, l1.mine()) == list(contents[1:])


def test_after_a_reorg() -> None:
    l1 = make_l1()
    content = b"\0" + FRAMES[0].encode()
    l1.send(blob_raw(0, contents=(content,), to=INBOX))
    old = l1.mine()
    l1.reorg(1)
    empty = l1.mine(empty=True)
    new = l1.mine()
    assert [read(l1, block) for block in (old, empty, new)] == [[content], [], [content]]


def test_blobs_that_are_gone() -> None:
    l1 = make_l1(blob_retention=0)
    l1.send(blob_raw(0, to=INBOX))
    old = l1.mine()
    l1.mine()
    with pytest.raises(ResetError):
        read(l1, old)
