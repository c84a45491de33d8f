"""A gap in a chain: blocks that an engine lacks, fetched by hash from another engine, and executed.

A block is fetched by the hash that its child names, so whoever serves it can hold it back, but cannot make it
up: a chain of such blocks ends at one that we have, or at one of another chain's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from pyoprollup.engine.ports import ExecutePayloadStatus, ForkchoiceState, PayloadStatus
from pyoprollup.errors import RollupError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import Hash32

__all__ = ["BlockSource", "Gap", "GapError", "GapLimits", "MissingBlocks", "fill_gap", "find_gap"]


class GapError(RollupError):
    """A gap that cannot be filled: another chain's blocks, invalid ones, or too many."""


class BlockSource(Protocol):
    """Another engine, as :class:`~pyoprollup.engine.client.HttpEngine` is one."""

    def payload_by_hash(self, block_hash: Hash32) -> ExecutionPayloadEnvelope:
        """The block of this hash; raises ``NotFound`` and ``Unavailable``."""
        ...


class MissingBlocks(Protocol):
    """Is told of the gaps that an engine comes upon. Must not call back into the engine."""

    def payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        """A block came whose parent is missing."""
        ...

    def forkchoice(self, state: ForkchoiceState) -> None:
        """A head was named that is missing."""
        ...

    def settled(self) -> None:
        """A head was named that is there."""
        ...


@dataclass(frozen=True, slots=True)
class GapLimits:
    """Of what is kept while a gap is found. Further blocks are fetched once more when they are needed."""

    blocks: int = 1 << 20
    """In a gap, of which the hashes are kept."""
    kept_blocks: int = 512
    kept_bytes: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing: hashes from the oldest block on, the number of that, and the block before it."""

    hashes: tuple[Hash32, ...]
    number: int
    ancestor: Hash32
    kept: tuple[ExecutionPayloadEnvelope, ...]
    """The oldest blocks."""


def find_gap(
    source: BlockSource,
    target: Hash32,
    is_known: Callable[[Hash32], bool],
    lowest: int,
    limits: GapLimits,
) -> Gap:
    """What is missing up to ``target``.

    ``lowest`` is the number of a block that all of our chain has in common: whatever leads below is another
    chain. Raises :class:`GapError`, and what ``source`` does.
    """
    hashes: list[Hash32] = []
    kept: deque[ExecutionPayloadEnvelope] = deque()
    size, block_hash, number = 0, target, 0
    while not is_known(block_hash):
        if hashes and number - 1 <= lowest:
            raise GapError(f"another chain: its block {number - 1} is 0x{block_hash.hex()}")
        envelope = source.payload_by_hash(block_hash)
        payload = envelope.payload
        if payload.block_hash != block_hash:
            raise GapError(f"asked for 0x{block_hash.hex()}, got 0x{payload.block_hash.hex()}")
        if hashes and payload.block_number != number - 1:
            raise GapError(f"the parent of block {number} says that its number is {payload.block_number}")
        number = payload.block_number
        if number <= lowest:
            raise GapError(f"another chain: its block {number} is 0x{block_hash.hex()}, and not above ours")
        hashes.append(block_hash)
        if len(hashes) > limits.blocks:
            raise GapError(f"more than {limits.blocks} blocks are missing")
        kept.append(envelope)
        size += _size(envelope)
        while len(kept) > limits.kept_blocks or (size > limits.kept_bytes and len(kept) > 1):
            size -= _size(kept.popleft())
        block_hash = payload.parent_hash
    return Gap(tuple(reversed(hashes)), number, block_hash, tuple(reversed(kept)))


def fill_gap(
    source: BlockSource, gap: Gap, execute: Callable[[ExecutionPayloadEnvelope], PayloadStatus]
) -> Iterator[int]:
    """Execute what is missing; yields the number of each block when it is done.

    Raises :class:`GapError` for a block that is not valid, and what ``source`` does.
    """
    for index, block_hash in enumerate(gap.hashes):
        known = gap.kept[index] if index < len(gap.kept) else None
        status = execute(known or source.payload_by_hash(block_hash))
        number = gap.number + index
        if status.status is not ExecutePayloadStatus.VALID:
            detail = status.validation_error or "the state before it is not kept"
            raise GapError(f"block {number} 0x{block_hash.hex()}: {status.status.value}: {detail}")
        yield number


def _size(envelope: ExecutionPayloadEnvelope) -> int:
    return 1000 + sum(len(raw) + 24 for raw in envelope.payload.transactions)
