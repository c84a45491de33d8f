"""Batches as they stand in a channel: ``rlp_string(type ++ contents)``, one after another.

Specification: protocol/derivation.md, Batch format; protocol/delta/span-batches.md.
"""

from __future__ import annotations

from pyoprollup.derive.codec.raw_span_batch import RawSpanBatch, decode_raw_span_batch
from pyoprollup.derive.codec.singular_batch import SingularBatch, decode_singular_batch
from pyoprollup.derive.codec.span_batch import SpanBatch
from pyoprollup.derive.params import SINGULAR_BATCH_TYPE, SPAN_BATCH_TYPE
from pyoprollup.derive.provenance import BatchSource
from pyoprollup.errors import DecodeError
from pyoprollup.eth.rlp import encode_bytes

__all__ = ["Batch", "BatchData", "BatchError", "decode_batch", "encode_batch"]

BatchData = SingularBatch | RawSpanBatch
"""A decoded batch, a span batch still in columns."""

Batch = SingularBatch | SpanBatch
"""A batch as the batch stages take it."""


class BatchError(DecodeError):
    """A batch is empty or of no known type."""


def decode_batch(
    data: bytes, pos: int = 0, end: int | None = None, source: BatchSource | None = None
) -> BatchData:
    """Decode ``data[pos:end]``: a type byte and the batch's contents.

    Raises :class:`BatchError`, or the :class:`DecodeError` of the batch's own codec.
    """
    end = len(data) if end is None else end
    if pos >= end:
        raise BatchError("batch is empty")
    kind = data[pos]
    if kind == SINGULAR_BATCH_TYPE:
        return decode_singular_batch(data, pos + 1, end, source)
    if kind == SPAN_BATCH_TYPE:
        return decode_raw_span_batch(data, pos + 1, end)
    raise BatchError(f"batch type {kind:#x} is not known")


def encode_batch(batch: BatchData) -> bytes:
    """The batch as it goes into a channel."""
    if isinstance(batch, SingularBatch):
        return encode_bytes(batch.encode())
    return encode_bytes(bytes((SPAN_BATCH_TYPE,)) + batch.encode())
