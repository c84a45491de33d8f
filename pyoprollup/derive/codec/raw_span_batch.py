"""Span batches on the wire: structure first, contents later.

``prefix ++ payload`` (after the batch type byte, 1)::

    rel_timestamp (uvarint) ++ l1_origin_num (uvarint) ++ parent_check (20) ++ l1_origin_check (20)
    block_count (uvarint) ++ origin_bits ++ block_tx_counts (uvarints) ++ txs

    txs = contract_creation_bits ++ y_parity_bits ++ signatures (r ++ s, 64 each) ++ tos (20 each)
          ++ tx_datas ++ tx_nonces (uvarints) ++ tx_gases (uvarints) ++ protected_bits

A batch can fail in two ways with different effects. When its *structure* is broken (this module,
:class:`SpanBatchDecodeError`) the rest of its channel is lost; when a transaction's *contents* are
(:mod:`pyoprollup.derive.codec.span_batch_txs`) only the batch is. Bytes after the batch are ignored.

Specification: protocol/delta/span-batches.md, Span batch format.

<https://specs.optimism.io/protocol/delta/span-batches.html#span-batch-format>
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from pyoprollup.derive.codec.bitlist import count_ones, read_bits
from pyoprollup.derive.codec.uvarint import (
    encode_uvarint,
    read_uvarint,
    read_uvarint_column,
    read_uvarint_rlp_column,
)
from pyoprollup.derive.params import MAX_SPAN_BATCH_ELEMENT_COUNT
from pyoprollup.errors import DecodeError

__all__ = ["RawSpanBatch", "RawSpanBatchTxs", "SpanBatchDecodeError", "decode_raw_span_batch"]


class SpanBatchDecodeError(DecodeError):
    """The structure of a span batch is broken."""


@dataclass(frozen=True, slots=True)
class RawSpanBatchTxs:
    """The transactions of a span batch, in columns.

    Nonces and gas limits are kept as RLP integers, as full transactions have them. The data of
    transaction ``i`` (its 2718 type byte if it has one, then an RLP list) is
    ``buffer[bounds[i]:bounds[i + 1]]``. ``types[i]`` is 0 for legacy transactions, and also for a
    leading zero byte, which counts as one until its contents are looked at.
    """

    contract_creation_bits: bytes
    y_parity_bits: bytes
    signatures: bytes
    tos: bytes
    buffer: bytes
    bounds: Sequence[int]
    types: bytes
    nonces: Sequence[bytes]
    gases: Sequence[bytes]
    protected_bits: bytes

    def __len__(self) -> int:
        return len(self.types)

    def encode(self) -> bytes:
        """Wire form, with the shortest varints."""
        return b"".join(
            (
                self.contract_creation_bits,
                self.y_parity_bits,
                self.signatures,
                self.tos,
                self.buffer[self.bounds[0] : self.bounds[-1]],
                *map(_uvarint_of_rlp, self.nonces),
                *map(_uvarint_of_rlp, self.gases),
                self.protected_bits,
            )
        )


def _uvarint_of_rlp(encoded: bytes) -> bytes:
    payload = encoded if encoded[0] < 0x80 else encoded[1:]
    return encode_uvarint(int.from_bytes(payload, "big"))


@dataclass(frozen=True, slots=True)
class RawSpanBatch:
    """A span batch as it is encoded. Times in seconds, relative to the L2 genesis."""

    rel_timestamp: int
    l1_origin_num: int
    """Number of the L1 origin of the last block."""
    parent_check: bytes
    """First 20 bytes of the hash of the first block's parent."""
    l1_origin_check: bytes
    """First 20 bytes of the hash of the last block's L1 origin."""
    block_count: int
    origin_bits: bytes
    """Bit list: whether a block's L1 origin differs from that of the block before."""
    block_tx_counts: Sequence[int]
    txs: RawSpanBatchTxs

    def encode(self) -> bytes:
        """Wire form after the batch type byte."""
        return b"".join(
            (
                encode_uvarint(self.rel_timestamp),
                encode_uvarint(self.l1_origin_num),
                self.parent_check,
                self.l1_origin_check,
                encode_uvarint(self.block_count),
                self.origin_bits,
                *map(encode_uvarint, self.block_tx_counts),
                self.txs.encode(),
            )
        )


def decode_raw_span_batch(data: bytes, pos: int = 0, end: int | None = None) -> RawSpanBatch:
    """Decode ``data[pos:end]``, a span batch without its type byte.

    No count is trusted for allocation: a column is only made once its bytes are known to be there.
    Raises :class:`SpanBatchDecodeError`.
    """
    try:
        return _decode(data, pos, len(data) if end is None else end)
    except SpanBatchDecodeError:
        raise
    except DecodeError as exc:
        raise SpanBatchDecodeError(f"span batch: {exc}") from exc


def _decode(data: bytes, pos: int, end: int) -> RawSpanBatch:
    rel_timestamp, pos = read_uvarint(data, pos, end)
    l1_origin_num, pos = read_uvarint(data, pos, end)
    if end - pos < 40:
        raise SpanBatchDecodeError("span batch prefix is cut off")
    parent_check, l1_origin_check = data[pos : pos + 20], data[pos + 20 : pos + 40]
    block_count, pos = read_uvarint(data, pos + 40, end)
    if not 0 < block_count <= MAX_SPAN_BATCH_ELEMENT_COUNT:
        raise SpanBatchDecodeError(
            f"span batch of {block_count} blocks, must be 1 to {MAX_SPAN_BATCH_ELEMENT_COUNT}"
        )
    origin_bits, pos = read_bits(data, pos, end, block_count)
    tx_counts, pos = read_uvarint_column(data, pos, end, block_count, MAX_SPAN_BATCH_ELEMENT_COUNT)
    total = sum(tx_counts)
    if total > MAX_SPAN_BATCH_ELEMENT_COUNT:
        raise SpanBatchDecodeError(f"span batch of {total} transactions is too large")
    return RawSpanBatch(
        rel_timestamp,
        l1_origin_num,
        parent_check,
        l1_origin_check,
        block_count,
        origin_bits,
        tx_counts,
        _decode_txs(data, pos, end, total),
    )


def _decode_txs(data: bytes, pos: int, end: int, total: int) -> RawSpanBatchTxs:
    creation_bits, pos = read_bits(data, pos, end, total)
    y_parity_bits, pos = read_bits(data, pos, end, total)
    signatures, pos = _take(data, pos, end, 64 * total, "signatures")
    tos, pos = _take(data, pos, end, 20 * (total - count_ones(creation_bits)), "recipients")
    bounds, types = _walk_tx_datas(data, pos, end, total)
    nonces, pos = read_uvarint_rlp_column(data, bounds[-1], end, total)
    gases, pos = read_uvarint_rlp_column(data, pos, end, total)
    protected_bits, pos = read_bits(data, pos, end, types.count(0))
    return RawSpanBatchTxs(
        creation_bits, y_parity_bits, signatures, tos, data, bounds, types, nonces, gases, protected_bits
    )


def _take(data: bytes, pos: int, end: int, size: int, what: str) -> tuple[bytes, int]:
    if end - pos < size:
        raise SpanBatchDecodeError(f"span batch {what} are cut off: {end - pos} of {size} bytes")
    return data[pos : pos + size], pos + size


def _walk_tx_datas(data: bytes, pos: int, end: int, total: int) -> tuple[array[int], bytes]:
    """Bounds and types of ``total`` transaction datas; looks at list headers only."""
    bounds = array("Q", [pos])
    types = bytearray(total)
    append = bounds.append
    try:
        for index in range(total):
            byte = data[pos]
            if byte < 0x80:
                types[index] = byte
                pos += 1
                byte = data[pos]
            if 0xC0 <= byte < 0xF8:
                pos += byte - 0xBF
            elif byte == 0xF8 and data[pos + 1] > 55:
                pos += 2 + data[pos + 1]
            elif byte == 0xF9 and data[pos + 1]:
                pos += 3 + (data[pos + 1] << 8 | data[pos + 2])
            else:
                pos = _long_list_end(data, pos)
            # Also catches header bytes that were read from beyond ``end``.
            if pos > end:
                raise SpanBatchDecodeError(f"transaction {index} runs past the end")
            append(pos)
    except IndexError:
        raise SpanBatchDecodeError("transaction data is cut off") from None
    return bounds, bytes(types)


def _long_list_end(data: bytes, pos: int) -> int:
    byte = data[pos]
    if byte < 0xC0:
        raise SpanBatchDecodeError("transaction data is not a list")
    width = byte - 0xF7
    size = int.from_bytes(data[pos + 1 : pos + 1 + width], "big")
    if not data[pos + 1] or size < 56:
        raise SpanBatchDecodeError("transaction list has a non-canonical length")
    if 1 + width + size > MAX_SPAN_BATCH_ELEMENT_COUNT:
        raise SpanBatchDecodeError(f"transaction of {size} bytes is too large")
    return pos + 1 + width + size
