from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.batcher import FrameData, FrameID, TxData, TxID
from pyoprollup.derive.codec.frame import Frame, parse_frames
from pyoprollup.eth.blobs import MAX_BLOB_DATA_SIZE, BlobError, blob_to_data

A, B = b"\xaa" * 16, b"\xbb" * 16


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        ([], ""),
        ([(A, 0)], "aa" * 16 + ":0"),
        ([(A, 3), (A, 4), (A, 5)], "aa" * 16 + ":3+4+5"),
        ([(A, 0), (B, 1)], "aa" * 16 + ":0|" + "bb" * 16 + ":1"),
        ([(A, 0), (A, 2), (B, 1), (B, 3)], "aa" * 16 + ":0+2|" + "bb" * 16 + ":1+3"),
    ],
)
def test_a_transaction_is_known_by_its_frames(frames: list[tuple[bytes, int]], text: str) -> None:
    assert str(TxID(FrameID(*frame) for frame in frames)) == text


def plain(data: bytes) -> list[Frame]:
    return [replace(frame, source=None) for frame in parse_frames(data)]


def test_frames_become_calldata_or_blobs() -> None:
    frames = [Frame(A, 0, b"first", False), Frame(A, 1, b"second", True)]
    data = TxData(tuple(map(FrameData.of, frames)), as_blob=True)
    assert plain(data.call_data()) == frames
    assert [plain(blob_to_data(blob)) for blob in data.blobs()] == [[frame] for frame in frames]
    assert len(data) == 2 * 23 + len(b"firstsecond")
    assert data.id == (FrameID(A, 0), FrameID(A, 1))


def test_a_frame_may_be_too_large_for_a_blob() -> None:
    fits = TxData((FrameData(FrameID(A, 0), bytes(MAX_BLOB_DATA_SIZE - 1)),))
    assert len(fits.blobs()) == 1
    with pytest.raises(BlobError):
        TxData((FrameData(FrameID(A, 0), bytes(MAX_BLOB_DATA_SIZE)),)).blobs()
