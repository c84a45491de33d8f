"""JSON of provenance and drops."""

from __future__ import annotations

import json

import pytest

from pyoprollup.derive.drops import Dropped, DropReason, Subject
from pyoprollup.derive.provenance import BatchSource, ChannelSource, DataSource, FrameSource
from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.replay.provenance_json import batch_source_json, channel_of, dropped_json, subject_json

BLOCK = BlockID(Hash32(b"\1" * 32), 7)
DATA = DataSource(BLOCK, Hash32(b"\2" * 32), 3)
BLOB = DataSource(BLOCK, Hash32(b"\2" * 32), 3, 5, Hash32(b"\3" * 32))
COMMITMENT = DataSource(BLOCK, Hash32(b"\2" * 32), 3, alt_da_commitment=b"\0\xaa")
FRAME = FrameSource(DATA, b"\4" * 16, 2, True, 1, 30)
CHANNEL = ChannelSource(b"\4" * 16, L1BlockRef(BLOCK.hash, 7, Hash32(bytes(32)), 99), (FRAME, None), 1234)
BATCH = BatchSource(CHANNEL, 1, 10, 20, "zlib", BLOCK, 6)


def test_a_batch_leads_to_its_transaction() -> None:
    obj = batch_source_json(BATCH)
    assert obj is not None
    assert json.loads(json.dumps(obj)) == obj
    assert (obj["index"], obj["start"], obj["end"], obj["span_index"]) == (1, 10, 20, 6)
    assert obj["compression"] == "zlib"
    assert obj["inclusion"] == {"number": 7, "hash": "0x" + "01" * 32}
    assert obj["channel"]["id"] == "04" * 16
    assert obj["channel"]["size"] == 1234
    frame, missing = obj["channel"]["frames"]
    assert missing is None
    assert (frame["frame_number"], frame["is_last"], frame["start"], frame["end"]) == (2, True, 1, 30)
    assert frame["data"]["transaction_hash"] == "0x" + "02" * 32
    assert frame["data"]["transaction_index"] == 3
    assert frame["data"]["blob_index"] is None


def test_nothing_has_no_source() -> None:
    assert batch_source_json(None) is None
    assert subject_json(None) is None
    bare = batch_source_json(BatchSource(None, 0, 0, 1, "brotli", None))
    assert bare is not None
    assert bare["channel"] is bare["inclusion"] is bare["span_index"] is None


def test_blobs_and_commitments() -> None:
    obj = subject_json(BLOB)
    assert obj is not None
    assert (obj["kind"], obj["blob_index"], obj["blob_hash"]) == ("data", 5, "0x" + "03" * 32)
    obj = subject_json(COMMITMENT)
    assert obj is not None
    assert obj["alt_da_commitment"] == "0x00aa"


@pytest.mark.parametrize(
    ("subject", "kind", "channel"),
    [
        (DATA, "data", None),
        (FRAME, "frame", FRAME.channel_id),
        (CHANNEL, "channel", CHANNEL.id),
        (BATCH, "batch", CHANNEL.id),
        (BatchSource(None, 0, 0, 1, "zlib", None), "batch", None),
    ],
)
def test_subjects(subject: Subject, kind: str, channel: bytes | None) -> None:
    obj = subject_json(subject)
    assert obj is not None
    assert obj["kind"] == kind
    assert channel_of(subject) == channel


def test_a_drop_names_the_rule() -> None:
    drop = Dropped(DropReason.FRAME_DUPLICATE, FRAME, BLOCK, "frame 2 is already there")
    obj = dropped_json(drop)
    assert obj["reason"] == "frame_duplicate"
    assert obj["origin"]["number"] == 7
    assert obj["detail"] == "frame 2 is already there"
    assert obj["subject"]["kind"] == "frame"
    assert dropped_json(Dropped(DropReason.FRAME_DUPLICATE, None, None))["origin"] is None
    assert channel_of(None) is None
