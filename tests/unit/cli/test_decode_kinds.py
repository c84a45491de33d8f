"""Telling apart what data is."""

from __future__ import annotations

import contextlib
import zlib

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.cli.decode_kinds import Kind, batch_or_span_of, detect, frames_of, transaction_data
from pyoprollup.cli.inputs import InputError
from pyoprollup.derive.codec.batch import encode_batch
from pyoprollup.derive.codec.frame import Frame, FrameError
from pyoprollup.derive.codec.raw_span_batch import RawSpanBatch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder
from pyoprollup.errors import DecodeError
from pyoprollup.eth.blob_sidecar import BlobSidecar
from pyoprollup.eth.blobs import blob_from_data
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.transactions import Transaction

FRAME = Frame(b"\7" * 16, 0, b"channel data", True)
BATCHER_DATA = b"\0" + FRAME.encode()
SINGULAR = SingularBatch(bytes(32), 5, bytes(32), 100, (b"\2abc",))
TX = Transaction(2, 0, 1, 21_000, b"\1" * 20, 0, BATCHER_DATA, 0, 1, 1, chain_id=1)


def _span(check: bytes = b"\5") -> RawSpanBatch:
    builder = SpanBatchBuilder(0, 10)
    for number in range(3):
        builder.add_singular_batch(SingularBatch(check * 32, 5, check * 32, 1000 + 2 * number), number)
    return builder.raw_span_batch()


def _blob_tx(*blobs: bytes) -> bytes:
    sidecar = BlobSidecar(blobs, tuple(bytes(48) for _ in blobs), tuple(bytes(48) for _ in blobs))
    hashes = tuple(b"\1" * 32 for _ in blobs)
    return Transaction(
        3, 0, 1, 21_000, b"\1" * 20, 0, b"", 0, 1, 1, 1, blob_versioned_hashes=hashes, sidecar=sidecar
    ).encode()


SAMPLES = {
    Kind.BATCHER_DATA: [BATCHER_DATA, BATCHER_DATA + FRAME.encode()],
    Kind.FRAMES: [FRAME.encode(), FRAME.encode() * 2],
    Kind.CHANNEL: [zlib.compress(encode_batch(SINGULAR)), b"\1" + brotli.compress(encode_batch(_span()))],
    Kind.BATCH: [SINGULAR.encode(), b"\1" + _span().encode(), encode_batch(SINGULAR)],
    Kind.TX: [TX.encode()],
    Kind.BLOB: [blob_from_data(BATCHER_DATA)],
}


@pytest.mark.parametrize(
    ("kind", "data"), [(kind, data) for kind, items in SAMPLES.items() for data in items]
)
def test_each_kind_is_found_out(kind: Kind, data: bytes) -> None:
    assert detect(data) is kind


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\xff" * 100, b"\x78", zlib.compress(b""), zlib.compress(b"\xff")]
)
def test_no_kind(data: bytes) -> None:
    with pytest.raises(InputError, match=f"^--as: {len(data)} bytes of no kind that is known"):
        detect(data)


def test_what_may_be_several_kinds_has_to_be_named() -> None:
    with pytest.raises(InputError, match=r"^--as: the data may be frames or batch, say which$"):
        detect(b"\1" + _span(check=b"\0").encode())


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_any_bytes_are_of_one_kind_or_refused(data: bytes) -> None:
    with contextlib.suppress(InputError):
        assert detect(data) in Kind


@given(st.sampled_from(list(Kind)), st.data())
@settings(max_examples=200)
def test_mutated_data_raises_only_decode_errors(kind: Kind, draw: st.DataObject) -> None:
    data = bytearray(SAMPLES[draw.draw(st.sampled_from(list(Kind)))][0][:2000])
    for _ in range(draw.draw(st.integers(1, 3))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    for read in (
        lambda: detect(bytes(data)),
        lambda: frames_of(bytes(data), kind),
        lambda: batch_or_span_of(bytes(data)),
    ):
        with contextlib.suppress(DecodeError):
            read()


@pytest.mark.parametrize("kind", [Kind.BATCHER_DATA, Kind.FRAMES, Kind.TX, Kind.BLOB])
def test_frames_of_each_kind(kind: Kind) -> None:
    frames = frames_of(SAMPLES[kind][0], kind)
    assert [(frame.id, frame.number, frame.data, frame.is_last) for frame in frames] == [
        (FRAME.id, 0, FRAME.data, True)
    ]


def test_wrong_frames() -> None:
    with pytest.raises(FrameError, match="version"):
        frames_of(b"\1" + FRAME.encode(), Kind.BATCHER_DATA)
    with pytest.raises(FrameError, match="too few"):
        frames_of(FRAME.encode()[:9], Kind.FRAMES)


def test_blobs_travel_with_their_transaction() -> None:
    raw = _blob_tx(blob_from_data(BATCHER_DATA), blob_from_data(b"second"))
    assert transaction_data(raw) == [BATCHER_DATA, b"second"]
    assert detect(_blob_tx(blob_from_data(BATCHER_DATA))) is Kind.TX


def test_transactions_without_data() -> None:
    bare = Transaction(
        3, 0, 1, 21_000, b"\1" * 20, 0, b"", 0, 1, 1, 1, blob_versioned_hashes=(b"\1" * 32,)
    ).encode()
    with pytest.raises(InputError, match="in its blobs"):
        transaction_data(bare)
    deposit = DepositTransaction(bytes(32), bytes(20), None, None, 0, 0, False, b"").encode()
    with pytest.raises(InputError, match="deposit"):
        transaction_data(deposit)


def test_batches_with_and_without_their_wrapping() -> None:
    assert batch_or_span_of(SINGULAR.encode()) == batch_or_span_of(encode_batch(SINGULAR)) == SINGULAR
    span = _span()
    found = [batch_or_span_of(data) for data in (b"\1" + span.encode(), encode_batch(span), span.encode())]
    assert [batch.encode() for batch in found] == [span.encode()] * 3
    with pytest.raises(DecodeError):
        batch_or_span_of(b"\1" + span.encode()[:20])
