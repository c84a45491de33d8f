"""What kinds of data ``pyoprollup decode`` reads, and how to tell them apart."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from pyoprollup.cli.inputs import InputError
from pyoprollup.derive.batch_reader import BatchReader
from pyoprollup.derive.codec.batch import BatchData, decode_batch
from pyoprollup.derive.codec.frame import Frame, parse_frames
from pyoprollup.derive.codec.raw_span_batch import decode_raw_span_batch
from pyoprollup.derive.params import DERIVATION_VERSION_0
from pyoprollup.errors import DecodeError
from pyoprollup.eth.blobs import BLOB_SIZE, blob_to_data
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.rlp import read_header
from pyoprollup.eth.transactions import BLOB_TX_TYPE, decode_transaction

__all__ = ["Kind", "batch_or_span_of", "detect", "frames_of", "transaction_data"]

_LIMIT = 100_000_000
_RLP_STRING = 0x80


class Kind(StrEnum):
    """A kind of data."""

    BATCHER_DATA = "batcher-data"
    """Frames after their version byte: a batcher transaction's calldata, or a blob's content."""
    FRAMES = "frames"
    """Frames without the version byte."""
    CHANNEL = "channel"
    """The compressed data of a channel."""
    BATCH = "batch"
    """One decompressed batch: its type byte and contents. The byte of a span batch may be absent."""
    TX = "tx"
    """A batcher transaction in its EIP-2718 encoding (with its blobs, in network form)."""
    BLOB = "blob"
    """A blob of batcher data, 131072 bytes."""


def transaction_data(raw: bytes) -> list[bytes]:
    """The pieces of batcher data in a transaction; raises :class:`DecodeError`."""
    tx = decode_transaction(raw)
    if isinstance(tx, DepositTransaction):
        raise InputError("tx: a deposit transaction carries no batcher data")
    if tx.type != BLOB_TX_TYPE:
        return [tx.data]
    if tx.sidecar is None:
        raise InputError("tx: the data of a type 3 transaction is in its blobs; decode those")
    return [blob_to_data(blob) for blob in tx.sidecar.blobs]


def frames_of(data: bytes, kind: Kind) -> list[Frame]:
    """The frames in data of every kind but channels and batches; raises :class:`DecodeError`."""
    match kind:
        case Kind.FRAMES:
            return parse_frames(bytes((DERIVATION_VERSION_0,)) + data)
        case Kind.BLOB:
            return parse_frames(blob_to_data(data))
        case Kind.TX:
            return [frame for piece in transaction_data(data) for frame in parse_frames(piece)]
    return parse_frames(data)


def batch_of(data: bytes) -> BatchData:
    """The batch in data, with or without the RLP string header that it has in a channel.

    Raises :class:`DecodeError`.
    """
    if data and data[0] >= _RLP_STRING:
        is_list, start, stop = read_header(data, 0, len(data))
        if not is_list and stop == len(data):
            data = data[start:stop]
    return decode_batch(data)


def batch_or_span_of(data: bytes) -> BatchData:
    """As :func:`batch_of`; data of no known type is read as a span batch without its type byte."""
    try:
        return batch_of(data)
    except DecodeError:
        if data[:1] in (b"", b"\0", b"\1"):
            raise
        return decode_raw_span_batch(data)


def _channel_of(data: bytes) -> object:
    reader = BatchReader(data, _LIMIT, brotli_allowed=True)
    first = reader.next_batch()
    if first is None:
        raise InputError("channel: no batch in it")
    return first


_READERS: dict[Kind, Callable[[bytes], object]] = {
    Kind.BLOB: lambda data: frames_of(data, Kind.BLOB),
    Kind.BATCHER_DATA: parse_frames,
    Kind.FRAMES: lambda data: frames_of(data, Kind.FRAMES),
    Kind.TX: decode_transaction,
    Kind.CHANNEL: _channel_of,
    Kind.BATCH: batch_of,
}


def detect(data: bytes) -> Kind:
    """The one kind that ``data`` can be read as; raises :class:`InputError` if there is not one."""
    if len(data) == BLOB_SIZE:
        return Kind.BLOB
    found = [kind for kind, read in _READERS.items() if _reads(read, data)]
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(found)
        raise InputError(f"--as: the data may be {names}, say which")
    raise InputError(f"--as: {len(data)} bytes of no kind that is known; name it to see what is wrong")


def _reads(read: Callable[[bytes], object], data: bytes) -> bool:
    try:
        read(data)
    except DecodeError:
        return False
    return True
