"""Singular batches: one L2 block each.

``0x00 ++ rlp([parent_hash (32), epoch_number, epoch_hash (32), timestamp, [transaction, …]])``;
numbers have at most 64 bits. Bytes after the list are ignored, as the reference does.

Specification: protocol/derivation.md, Batch format.

<https://specs.optimism.io/protocol/derivation.html#batch-format>
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.derive.params import SINGULAR_BATCH_TYPE
from pyoprollup.derive.provenance import BatchSource
from pyoprollup.errors import DecodeError
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.rlp import decode_uint, encode_bytes, encode_list, encode_uint, read_header
from pyoprollup.eth.types import Hash32

__all__ = ["SingularBatch", "SingularBatchError", "decode_singular_batch"]


class SingularBatchError(DecodeError):
    """A singular batch is not of the form above."""


@dataclass(frozen=True, slots=True)
class SingularBatch:
    """The sequencer's part of one L2 block. ``timestamp`` in seconds; transactions are opaque."""

    parent_hash: bytes
    epoch_num: int
    epoch_hash: bytes
    timestamp: int
    transactions: tuple[bytes, ...] = ()
    source: BatchSource | None = None

    @property
    def epoch(self) -> BlockID:
        """The L1 origin."""
        return BlockID(Hash32(self.epoch_hash), self.epoch_num)

    def encode(self) -> bytes:
        """Wire form, batch type byte included."""
        fields = (
            encode_bytes(self.parent_hash),
            encode_uint(self.epoch_num),
            encode_bytes(self.epoch_hash),
            encode_uint(self.timestamp),
            encode_list(map(encode_bytes, self.transactions)),
        )
        return bytes((SINGULAR_BATCH_TYPE,)) + encode_list(fields)


def decode_singular_batch(
    data: bytes, pos: int = 0, end: int | None = None, source: BatchSource | None = None
) -> SingularBatch:
    """Decode ``data[pos:end]``, a singular batch without its type byte.

    Raises :class:`SingularBatchError`.
    """
    end = len(data) if end is None else end
    try:
        is_list, pos, end = read_header(data, pos, end)
        if not is_list:
            raise SingularBatchError("singular batch is not a list")
        parent_hash, pos = _fixed(data, pos, end, "parent hash")
        epoch_num, pos = _uint64(data, pos, end)
        epoch_hash, pos = _fixed(data, pos, end, "epoch hash")
        timestamp, pos = _uint64(data, pos, end)
        is_list, start, stop = read_header(data, pos, end)
        if not is_list:
            raise SingularBatchError("transactions are not a list")
        if stop != end:
            raise SingularBatchError("singular batch has more than 5 fields")
        transactions = _transactions(data, start, stop)
    except SingularBatchError:
        raise
    except DecodeError as exc:
        raise SingularBatchError(f"singular batch: {exc}") from exc
    return SingularBatch(parent_hash, epoch_num, epoch_hash, timestamp, transactions, source)


def _fixed(data: bytes, pos: int, end: int, field: str) -> tuple[bytes, int]:
    stop = pos + 33
    if stop > end or data[pos] != 0xA0:
        raise SingularBatchError(f"{field} is not a string of 32 bytes")
    return data[pos + 1 : stop], stop


def _uint64(data: bytes, pos: int, end: int) -> tuple[int, int]:
    byte = data[pos] if pos < end else 0
    if 0x81 < byte <= 0x88:
        # The usual form: two to eight bytes, the first of them not zero.
        stop = pos + byte - 0x7F
        if stop <= end and data[pos + 1]:
            return int.from_bytes(data[pos + 1 : stop], "big"), stop
    is_list, start, stop = read_header(data, pos, end)
    if is_list:
        raise SingularBatchError("number is a list")
    return decode_uint(data[start:stop], 64), stop


def _transactions(data: bytes, pos: int, end: int) -> tuple[bytes, ...]:
    """Strings of the list payload ``data[pos:end]``; the common header forms are read in place."""
    out: list[bytes] = []
    append = out.append
    try:
        while pos < end:
            byte = data[pos]
            if byte == 0xB8 and data[pos + 1] > 55:
                start = pos + 2
                pos = start + data[pos + 1]
            elif byte == 0xB9 and data[pos + 1]:
                start = pos + 3
                pos = start + (data[pos + 1] << 8 | data[pos + 2])
            elif byte < 0x80:
                start = pos
                pos += 1
            else:
                is_list, start, pos = read_header(data, pos, end)
                if is_list:
                    raise SingularBatchError("transaction is a list")
            append(data[start:pos])
    except IndexError:
        raise SingularBatchError("transaction is cut off") from None
    if pos != end:
        raise SingularBatchError("transaction runs past the end of the list")
    return tuple(out)
