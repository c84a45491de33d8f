"""Span batches: a run of L2 blocks in one batch, and the singular batches that it stands for.

Specification: protocol/delta/span-batches.md.

<https://specs.optimism.io/protocol/delta/span-batches.html>
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from pyoprollup.derive.codec.bitlist import bits_to_text
from pyoprollup.derive.codec.raw_span_batch import RawSpanBatch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch_txs import SpanBatchDeriveError, full_transactions
from pyoprollup.derive.provenance import BatchSource
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import U64_MAX, ZERO_HASH

__all__ = ["SpanBatch", "SpanBatchElement", "SpanOriginUnknown", "derive_span_batch"]


class SpanOriginUnknown(SpanBatchDeriveError):
    """A block's L1 origin is not among the L1 blocks in view."""


@dataclass(frozen=True, slots=True)
class SpanBatchElement:
    """One block of a span batch, in derived form. ``timestamp`` in seconds."""

    epoch_num: int
    timestamp: int
    transactions: tuple[bytes, ...]


class SpanBatch:
    """A span batch whose transactions are rebuilt. Blocks are made when they are asked for, since
    a few kilobytes can hold millions of empty ones.

    ``parent_check`` and ``l1_origin_check`` are the first 20 bytes of the hashes of the first
    block's parent and of the last block's L1 origin.
    """

    __slots__ = (
        "_block_time",
        "_epochs",
        "_first_timestamp",
        "_transactions",
        "_tx_ends",
        "l1_origin_check",
        "parent_check",
        "source",
    )

    def __init__(
        self,
        parent_check: bytes,
        l1_origin_check: bytes,
        first_timestamp: int,
        block_time: int,
        epochs: Sequence[int],
        tx_counts: Sequence[int],
        transactions: Sequence[bytes],
        source: BatchSource | None = None,
    ) -> None:
        self.parent_check = parent_check
        self.l1_origin_check = l1_origin_check
        self.source = source
        self._first_timestamp = first_timestamp
        self._block_time = block_time
        self._epochs = epochs
        self._tx_ends = array("I", accumulate(tx_counts, initial=0))
        self._transactions = transactions

    def __len__(self) -> int:
        """Number of blocks."""
        return len(self._epochs)

    def __iter__(self) -> Iterator[SpanBatchElement]:
        for index in range(len(self)):
            yield self[index]

    def __getitem__(self, index: int) -> SpanBatchElement:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return SpanBatchElement(
            self._epochs[index], self.block_timestamp(index), tuple(self.block_transactions(index))
        )

    @property
    def timestamp(self) -> int:
        """Timestamp of the first block."""
        return self.block_timestamp(0)

    @property
    def start_epoch_num(self) -> int:
        """Number of the first block's L1 origin."""
        return self._epochs[0]

    @property
    def end_epoch_num(self) -> int:
        """Number of the last block's L1 origin."""
        return self._epochs[-1]

    @property
    def tx_count(self) -> int:
        """Number of transactions in all blocks."""
        return len(self._transactions)

    def block_timestamp(self, index: int) -> int:
        # Unsigned 64-bit arithmetic, as everybody else computes it.
        return (self._first_timestamp + self._block_time * index) & U64_MAX

    def block_epoch_num(self, index: int) -> int:
        return self._epochs[index]

    def block_transactions(self, index: int) -> Sequence[bytes]:
        return self._transactions[self._tx_ends[index] : self._tx_ends[index + 1]]

    def check_parent_hash(self, block_hash: bytes) -> bool:
        """Whether the first block's parent may have this hash: the batch has a 20-byte prefix."""
        return block_hash[:20] == self.parent_check

    def check_origin_hash(self, block_hash: bytes) -> bool:
        """Whether the last block's L1 origin may have this hash: the batch has a 20-byte prefix."""
        return block_hash[:20] == self.l1_origin_check

    def singular_batches(self, l1_origins: Sequence[L1BlockRef], safe_head_time: int) -> SingularBatches:
        """The blocks after ``safe_head_time`` (seconds) as singular batches.

        Their parent hashes are zero, since a block's hash is not known before the one before it
        is built. Raises :class:`SpanOriginUnknown` when an L1 origin is not in ``l1_origins``.
        """
        hashes: dict[int, bytes] = {}
        indices: list[int] | range = range(len(self))
        start = 0
        while start < len(self) and self.block_timestamp(start) <= safe_head_time:
            start += 1
        if self._wraps():
            indices = [i for i in range(len(self)) if self.block_timestamp(i) > safe_head_time]
        else:
            indices = range(start, len(self))
        position = 0
        previous: int | None = None
        for index in indices:
            epoch = self._epochs[index]
            if epoch == previous:
                continue
            while position < len(l1_origins) and l1_origins[position].number != epoch:
                position += 1
            if position == len(l1_origins):
                raise SpanOriginUnknown(f"L1 origin {epoch} of block {index} is not in view")
            hashes[epoch] = l1_origins[position].hash
            previous = epoch
        return SingularBatches(self, indices, hashes)

    def _wraps(self) -> bool:
        return self._first_timestamp + self._block_time * len(self) > U64_MAX


class SingularBatches:
    """Singular batches of a span, made one by one. Iterating does not consume them."""

    __slots__ = ("_hashes", "_indices", "span")

    def __init__(self, span: SpanBatch, indices: Sequence[int], hashes: dict[int, bytes]) -> None:
        self.span = span
        self._indices = indices
        self._hashes = hashes

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, position: int) -> SingularBatch:
        return self.batch(position, ZERO_HASH)

    def __iter__(self) -> Iterator[SingularBatch]:
        return map(self.__getitem__, range(len(self)))

    def timestamp(self, position: int) -> int:
        return self.span.block_timestamp(self._indices[position])

    def batch(self, position: int, parent_hash: bytes) -> SingularBatch:
        """The batch at ``position``, on a parent that is known by now."""
        span, index = self.span, self._indices[position]
        epoch = span.block_epoch_num(index)
        source = span.source
        return SingularBatch(
            parent_hash,
            epoch,
            self._hashes[epoch],
            span.block_timestamp(index),
            tuple(span.block_transactions(index)),
            None if source is None else source.at_span_index(index),
        )


def derive_span_batch(
    raw: RawSpanBatch,
    block_time: int,
    genesis_time: int,
    chain_id: int,
    source: BatchSource | None = None,
    post_exec: bool = True,
) -> SpanBatch:
    """Rebuild the blocks of a span batch. Times in seconds; ``post_exec`` as in :func:`full_transactions`.

    Raises :class:`SpanBatchDeriveError` when a transaction is malformed.
    """
    transactions = full_transactions(raw.txs, chain_id, post_exec)
    return SpanBatch(
        raw.parent_check,
        raw.l1_origin_check,
        (genesis_time + raw.rel_timestamp) & U64_MAX,
        block_time,
        _epochs(raw),
        raw.block_tx_counts,
        transactions,
        source,
    )


def _epochs(raw: RawSpanBatch) -> Sequence[int]:
    """L1 origin number of each block: the last is given, and each set bit is a step before it."""
    steps = bits_to_text(raw.origin_bits, raw.block_count)
    # The first block's bit says how it follows its parent, which is outside the batch.
    first = raw.l1_origin_num - steps.count("1", 1)
    if first >= 0:
        return array("Q", accumulate(map(int, steps[1:]), initial=first))
    return [number & U64_MAX for number in accumulate(map(int, steps[1:]), initial=first)]
