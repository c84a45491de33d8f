"""Reads the batches of one channel, as far as its data goes.

A channel that is cut short, corrupt or too large still counts up to the fault, so the reader
yields every batch that is complete before it.

Specification: protocol/derivation.md, Channel format.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoprollup.derive.codec.batch import BatchData, decode_batch
from pyoprollup.derive.compression.decompress import StreamEnd, decompress_channel
from pyoprollup.derive.provenance import BatchSource, ChannelSource
from pyoprollup.errors import DecodeError
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.rlp import RlpError, read_header

__all__ = ["BatchReader", "ChannelCutShort"]


class ChannelCutShort(DecodeError):
    """The channel's data ends in the middle of a batch, or stops being batches."""


class BatchReader:
    """Iterates over the batches of a compressed channel.

    ``limit`` is the largest size of the decompressed channel in bytes (0: none) and
    ``brotli_allowed`` whether the channel may be compressed with brotli. The constructor raises
    :class:`~pyoprollup.derive.compression.decompress.DecompressionError` when the channel cannot be opened.
    """

    def __init__(
        self,
        data: bytes,
        limit: int,
        brotli_allowed: bool,
        channel: ChannelSource | None = None,
        inclusion: BlockID | None = None,
    ) -> None:
        stream = decompress_channel(data, limit, brotli_allowed)
        self.compression = stream.algorithm
        self.end = stream.end
        """How the decompressed stream ends."""
        self.end_detail = stream.detail
        self._data = stream.data
        self._channel = channel
        self._inclusion = inclusion
        self._position = 0
        self._index = 0

    @property
    def size(self) -> int:
        """Bytes of the decompressed channel."""
        return len(self._data)

    def next_batch(self) -> tuple[BatchData, BatchSource] | None:
        """The next batch and where it stands; ``None`` at the end of the data.

        Raises :class:`ChannelCutShort` or the batch codec's :class:`DecodeError`; there is nothing
        more to read then.
        """
        data, pos = self._data, self._position
        if pos >= len(data):
            if self.end in (StreamEnd.CLEAN, StreamEnd.TRUNCATED, StreamEnd.CLIPPED):
                return None
            raise ChannelCutShort(f"channel ends at byte {pos}: {self.end_detail}")
        try:
            is_list, start, stop = read_header(data, pos, len(data))
        except RlpError as exc:
            self._position = len(data)
            raise ChannelCutShort(
                f"batch at byte {pos} is incomplete: {exc}; channel ends {self.end.value}"
            ) from exc
        self._position = stop
        if is_list:
            self._position = len(data)
            raise ChannelCutShort(f"item at byte {pos} of the channel is not a string")
        source = BatchSource(self._channel, self._index, start, stop, self.compression, self._inclusion)
        self._index += 1
        return decode_batch(data, start, stop, source), source

    def __iter__(self) -> Iterator[tuple[BatchData, BatchSource]]:
        while (item := self.next_batch()) is not None:
            yield item
