"""Provenance and events in words."""

from __future__ import annotations

import pytest

from pyoprollup.cli.provenance_text import batch_cell, event_line, source_lines
from pyoprollup.derive.drops import Dropped, DropReason, Subject
from pyoprollup.derive.provenance import BatchSource, ChannelSource, DataSource, FrameSource
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.replay.replay import Reset

BLOCK = BlockID(Hash32(b"\1" * 32), 7)
DATA = DataSource(BLOCK, Hash32(b"\2" * 32), 3)
BLOB = DataSource(BLOCK, Hash32(b"\2" * 32), 3, 5, Hash32(b"\3" * 32))
COMMITMENT = DataSource(BLOCK, Hash32(b"\2" * 32), 3, alt_da_commitment=b"\0\xaa")
FRAME = FrameSource(DATA, b"\4" * 16, 0, False, 1, 3000)
LAST = FrameSource(COMMITMENT, b"\4" * 16, 1, True, 3000, 4000)
CHANNEL = ChannelSource(
    b"\4" * 16, L1BlockRef(BLOCK.hash, 7, Hash32(bytes(32)), 99), (FRAME, LAST, None), 1234
)
BATCH = BatchSource(CHANNEL, 1, 10, 20, "zlib", BLOCK, 6)


def test_cells() -> None:
    assert batch_cell(None) == "filled in"
    assert batch_cell(BATCH) == "04040404 batch 1 block 6"
    assert batch_cell(BatchSource(None, 0, 0, 1, "zlib", None)) == "batch 0"


def test_the_whole_way() -> None:
    assert list(source_lines(BATCH)) == [
        "batch 1, block 6 of its span",
        "  bytes 10 to 20 of the decompressed channel, read at L1 block 7",
        "channel " + "04" * 16,
        "  1,234 bytes (zlib), opened at L1 block 7",
        "frame 0",
        "  bytes 1 to 3,000 of the calldata",
        "  transaction 0x" + "02" * 32 + ", index 3",
        "  L1 block 7 0x" + "01" * 32,
        "frame 1, the last",
        "  bytes 3,000 to 4,000 of the input of commitment 0x00aa",
        "  transaction 0x" + "02" * 32 + ", index 3",
        "  L1 block 7 0x" + "01" * 32,
    ]


def test_what_was_told_is_not_told_again() -> None:
    same_batch = BATCH.at_span_index(7)
    assert list(source_lines(same_batch, BATCH)) == ["the same batch, block 7 of its span"]
    next_batch = BatchSource(CHANNEL, 2, 20, 30, "zlib", BLOCK)
    assert list(source_lines(next_batch, BATCH))[::2] == ["batch 2", "the same channel"]


def test_data_by_hand_has_no_way_back() -> None:
    bare = ChannelSource(b"\4" * 16, CHANNEL.opened, (FrameSource(None, b"\4" * 16, 0, True, 1, 9),), 5)
    lines = list(source_lines(BatchSource(bare, 0, 0, 1, "zlib", None)))
    assert lines[-1] == "  bytes 1 to 9 of its batcher data"
    assert len(list(source_lines(BatchSource(None, 0, 0, 1, "zlib", None)))) == 2


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (None, ""),
        (DATA, ": transaction 0x02020202..0202 of L1 block 7"),
        (BLOB, ": blob 5 of transaction 0x02020202..0202 of L1 block 7"),
        (FRAME, ": frame 0 of channel 04040404 in transaction 0x02020202..0202 of L1 block 7"),
        (FrameSource(None, b"\4" * 16, 0, True, 1, 9), ": frame 0 of channel 04040404"),
        (CHANNEL, ": channel 04040404 of 3 frames, 1,234 bytes"),
        (BATCH, ": 04040404, batch 1 block 6"),
    ],
)
def test_drops(subject: Subject, said: str) -> None:
    drop = Dropped(DropReason.FRAME_DUPLICATE, subject, BLOCK, "because")
    assert event_line(drop) == f"frame_duplicate at L1 block 7{said}: because"


def test_short_events() -> None:
    assert event_line(Dropped(DropReason.FRAME_DUPLICATE, None, None)) == "frame_duplicate"
    head = L2BlockRef(Hash32(bytes(32)), 5, Hash32(bytes(32)), 0, BLOCK, 0)
    assert event_line(Reset("L1 reorg", head)) == "reset to L2 block 5: L1 reorg"
