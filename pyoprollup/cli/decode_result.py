"""The results of ``pyoprollup decode``, before they are printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import SpanBatchElement
from pyoprollup.errors import DecodeError
from pyoprollup.eth.transactions import tx_hash
from pyoprollup.eth.types import Hash32
from pyoprollup.replay.reassemble import ChannelContent, DecodedBatch, ReassembledChannel
from pyoprollup.rollup import L2Time, RollupConfig

__all__ = ["MAX_LISTED_BLOCKS", "DecodedItem", "Origin", "block_number", "blocks_of", "hash_of"]

MAX_LISTED_BLOCKS = 100_000
"""Most blocks of a batch that are listed: a few kilobytes can hold millions."""


@dataclass(frozen=True, slots=True)
class Origin:
    """An input by name, and the hash of the transaction that it is."""

    name: str
    tx_hash: Hash32 | None


@dataclass(frozen=True, slots=True)
class DecodedItem:
    """A channel put together from frames, the channel in an input of its own, or a batch in one.

    ``size`` is in bytes, ``content`` is ``None`` for a channel that is not complete.
    """

    name: str
    channel: ReassembledChannel[Origin] | None
    size: int
    content: ChannelContent | DecodedBatch | None

    @property
    def batches(self) -> tuple[DecodedBatch, ...]:
        """All batches."""
        if isinstance(self.content, DecodedBatch):
            return (self.content,)
        return () if self.content is None else self.content.batches


def blocks_of(batch: DecodedBatch) -> Iterator[SpanBatchElement]:
    """The blocks of a batch, none if they cannot be rebuilt."""
    raw = batch.raw
    if isinstance(raw, SingularBatch):
        yield SpanBatchElement(raw.epoch_num, raw.timestamp, raw.transactions)
    elif batch.span is not None:
        for index in range(min(len(batch.span), MAX_LISTED_BLOCKS)):
            yield batch.span[index]


def block_number(config: RollupConfig, timestamp: int) -> int | None:
    """Number of the block with this timestamp, ``None`` if the chain has no block then."""
    elapsed = timestamp - config.genesis.l2_time
    if elapsed < 0 or elapsed % config.block_time:
        return None
    return config.target_block_number(L2Time(timestamp))


def hash_of(tx: bytes) -> str | None:
    """The hash of a transaction in hex, ``None`` where what calls itself one is malformed."""
    try:
        return "0x" + tx_hash(tx).hex()
    except DecodeError:
        return None
