"""Whether a span batch fits on the safe chain.

:func:`check_span_batch_prefix` looks at the span as a whole. :func:`check_span_batch` also looks at
every block and at the part that overlaps the safe chain, since before Holocene a span batch is valid or
invalid as one. :func:`check_span_batch_holocene` leaves the blocks out: they are checked one by one
after the span is split.

Specification: protocol/delta/span-batches.md, Batch queue; protocol/holocene/derivation.md, Span
batches. Two points are op-node's, as nodes in operation decide them: the overlap counts from Holocene
on, too (v1.19.6), and before Holocene transactions in the activation block of Jovian or later do not
make a span invalid, though protocol/jovian/derivation.md says so of every batch.

<https://specs.optimism.io/protocol/delta/span-batches.html#batch-queue>
<https://specs.optimism.io/protocol/holocene/derivation.html#span-batches>
<https://specs.optimism.io/protocol/jovian/derivation.html>
"""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.derive.batch_validity import ACCEPT, BatchValidity, Verdict
from pyoprollup.derive.check_singular_batch import check_transactions
from pyoprollup.derive.codec.span_batch import SpanBatch
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.payload_util import PayloadError, payload_to_block_ref
from pyoprollup.errors import NotFound
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L1Time
from pyoprollup.sources.l2 import L2Source

__all__ = ["check_span_batch", "check_span_batch_holocene", "check_span_batch_prefix"]

_DEPOSIT = bytes((DEPOSIT_TX_TYPE,))


def check_span_batch_prefix(
    config: RollupConfig,
    l1_blocks: Sequence[L1BlockRef],
    safe_head: L2BlockRef,
    batch: SpanBatch,
    inclusion: L1BlockRef,
    l2: L2Source,
) -> tuple[Verdict, L2BlockRef | None]:
    """The verdict on the span as a whole, and the safe block that it builds on if that is known.

    Raises :class:`~pyoprollup.errors.Unavailable` when ``l2`` does not answer.
    """
    if not l1_blocks:
        return Verdict.undecided(DropReason.BATCH_MISSING_L1, "no L1 block is known"), None
    verdict = _check_delta(config, l1_blocks, batch)
    if verdict is not ACCEPT:
        return verdict, None
    verdict = _check_time(config, safe_head, batch, inclusion)
    if verdict is not ACCEPT:
        return verdict, None
    verdict, parent = _find_parent(config, safe_head, batch, l2)
    if parent is None:
        return verdict, None
    if not batch.check_parent_hash(parent.hash):
        detail = f"parent check 0x{batch.parent_check.hex()}, safe chain has {parent}"
        return Verdict.drop(DropReason.BATCH_PARENT_MISMATCH, detail), parent
    return _check_origins(config, l1_blocks, batch, inclusion, parent), parent


def _check_delta(config: RollupConfig, l1_blocks: Sequence[L1BlockRef], batch: SpanBatch) -> Verdict:
    origin = l1_blocks[0]
    if batch.start_epoch_num == origin.number + 1:
        if len(l1_blocks) < 2:
            return Verdict.undecided(
                DropReason.BATCH_MISSING_L1, f"L1 block {batch.start_epoch_num} is not known yet"
            )
        origin = l1_blocks[1]
    if not config.schedule.at_l1(L1Time(origin.time)).span_batches:
        return Verdict.drop(DropReason.SPAN_BATCH_BEFORE_DELTA, f"L1 origin {origin} is at {origin.time}")
    return ACCEPT


def _check_time(
    config: RollupConfig, safe_head: L2BlockRef, batch: SpanBatch, inclusion: L1BlockRef
) -> Verdict:
    expected = safe_head.time + config.block_time
    strict = config.schedule.at_l1(L1Time(inclusion.time)).strict_ordering
    if batch.timestamp > expected:
        detail = f"first timestamp {batch.timestamp}, next block is at {expected}"
        validity = BatchValidity.DROP if strict else BatchValidity.FUTURE
        return Verdict(validity, DropReason.BATCH_FUTURE, detail)
    last = batch.block_timestamp(len(batch) - 1)
    if last < expected:
        detail = f"last timestamp {last}, next block is at {expected}"
        validity = BatchValidity.PAST if strict else BatchValidity.DROP
        return Verdict(validity, DropReason.BATCH_PAST, detail)
    return ACCEPT


def _find_parent(
    config: RollupConfig, safe_head: L2BlockRef, batch: SpanBatch, l2: L2Source
) -> tuple[Verdict, L2BlockRef | None]:
    """The safe block before the span; an overlapping span must line up with the safe chain."""
    if batch.timestamp == safe_head.time + config.block_time:
        return ACCEPT, safe_head
    behind = safe_head.time - batch.timestamp
    # A span that begins between the safe head and the next block is behind by no whole block either.
    if behind % config.block_time:
        detail = f"first timestamp {batch.timestamp}, safe head is at {safe_head.time}"
        return Verdict.drop(DropReason.SPAN_MISALIGNED, detail), None
    number = safe_head.number - behind // config.block_time - 1
    try:
        if number < config.genesis.l2.number:
            # A migrated chain's engine may well have such a block, but it is none of the rollup's.
            raise NotFound(f"L2 block {number} is before the chain's first")
        return ACCEPT, l2.l2_block_ref_by_number(number)
    except NotFound as exc:
        return Verdict.undecided(DropReason.SPAN_OVERLAP_UNKNOWN_PARENT, str(exc)), None


def _check_origins(
    config: RollupConfig,
    l1_blocks: Sequence[L1BlockRef],
    batch: SpanBatch,
    inclusion: L1BlockRef,
    parent: L2BlockRef,
) -> Verdict:
    start = batch.start_epoch_num
    if start + config.seq_window_size < inclusion.number:
        return Verdict.drop(
            DropReason.BATCH_WINDOW_EXPIRED,
            f"epoch {start} + window {config.seq_window_size} < L1 block {inclusion.number}",
        )
    if start > parent.l1_origin.number + 1:
        return Verdict.drop(
            DropReason.BATCH_EPOCH_TOO_NEW, f"epoch {start} is beyond {parent.l1_origin.number + 1}"
        )
    end = batch.end_epoch_num
    last = next((block for block in l1_blocks if block.number == end), None)
    if last is None:
        return Verdict.undecided(DropReason.BATCH_MISSING_L1, f"L1 block {end} is not in view")
    if not batch.check_origin_hash(last.hash):
        return Verdict.drop(
            DropReason.BATCH_EPOCH_HASH_MISMATCH,
            f"origin check 0x{batch.l1_origin_check.hex()}, L1 has {last}",
        )
    if start < parent.l1_origin.number:
        return Verdict.drop(
            DropReason.BATCH_EPOCH_TOO_OLD, f"epoch {start} is before {parent.l1_origin.number}"
        )
    return ACCEPT


def check_span_batch(
    config: RollupConfig,
    l1_blocks: Sequence[L1BlockRef],
    safe_head: L2BlockRef,
    batch: SpanBatch,
    inclusion: L1BlockRef,
    l2: L2Source,
) -> Verdict:
    """The verdict on all of the span (before Holocene).

    Raises :class:`~pyoprollup.errors.Unavailable` when ``l2`` does not answer.
    """
    verdict, parent = check_span_batch_prefix(config, l1_blocks, safe_head, batch, inclusion, l2)
    if verdict is not ACCEPT or parent is None:
        return verdict
    verdict = _check_blocks(config, l1_blocks, safe_head, batch, parent)
    if verdict is not ACCEPT:
        return verdict
    return _check_overlap(config, safe_head, batch, parent, l2)


def check_span_batch_holocene(
    config: RollupConfig,
    l1_blocks: Sequence[L1BlockRef],
    safe_head: L2BlockRef,
    batch: SpanBatch,
    inclusion: L1BlockRef,
    l2: L2Source,
) -> Verdict:
    """The verdict on what has to hold before the span is split (from Holocene on).

    Raises :class:`~pyoprollup.errors.Unavailable` when ``l2`` does not answer.
    """
    verdict, parent = check_span_batch_prefix(config, l1_blocks, safe_head, batch, inclusion, l2)
    if verdict is not ACCEPT or parent is None:
        return verdict
    if not config.schedule.at_l1(L1Time(inclusion.time)).span_overlap_checked:
        return ACCEPT
    return _check_overlap(config, safe_head, batch, parent, l2)


def _check_blocks(
    config: RollupConfig,
    l1_blocks: Sequence[L1BlockRef],
    safe_head: L2BlockRef,
    batch: SpanBatch,
    parent: L2BlockRef,
) -> Verdict:
    position = 0
    for index in range(len(batch)):
        timestamp = batch.block_timestamp(index)
        if timestamp <= safe_head.time:
            continue
        epoch = batch.block_epoch_num(index)
        before = batch.block_epoch_num(index - 1) if index else parent.l1_origin.number
        if epoch < safe_head.l1_origin.number:
            return Verdict.drop(
                DropReason.BATCH_EPOCH_TOO_OLD,
                f"block {index}: epoch {epoch} is before {safe_head.l1_origin.number}",
            )
        while position < len(l1_blocks) and l1_blocks[position].number != epoch:
            position += 1
        if position == len(l1_blocks):
            return Verdict.drop(
                DropReason.SPAN_ORIGIN_UNKNOWN, f"block {index}: L1 block {epoch} is not in view"
            )
        origin = l1_blocks[position]
        if timestamp < origin.time:
            return Verdict.drop(
                DropReason.BATCH_BEFORE_L1_ORIGIN,
                f"block {index}: timestamp {timestamp} is before its L1 origin at {origin.time}",
            )
        following = l1_blocks[position + 1] if position + 1 < len(l1_blocks) else None
        transactions = batch.block_transactions(index)
        latest = origin.time + config.max_sequencer_drift_at(L1Time(origin.time))
        if timestamp > latest:
            verdict = _check_drift(index, timestamp, latest, transactions, epoch > before, following)
            if verdict is not ACCEPT:
                return verdict
        if transactions:
            verdict = check_transactions(config, timestamp, transactions)
            if verdict is not ACCEPT:
                return verdict
    return ACCEPT


def _check_drift(
    index: int,
    timestamp: int,
    latest: int,
    transactions: Sequence[bytes],
    origin_advanced: bool,
    following: L1BlockRef | None,
) -> Verdict:
    detail = f"block {index}: timestamp {timestamp} exceeds {latest}"
    if transactions:
        return Verdict.drop(
            DropReason.BATCH_DRIFT_TRANSACTIONS, f"{detail} with {len(transactions)} transactions"
        )
    if origin_advanced:
        return ACCEPT
    if following is None:
        return Verdict.undecided(DropReason.BATCH_MISSING_L1, "the next L1 origin is not known yet")
    if timestamp >= following.time:
        return Verdict.drop(DropReason.BATCH_DRIFT_EMPTY, f"{detail}, L1 block {following.number} fits")
    return ACCEPT


def _check_overlap(
    config: RollupConfig,
    safe_head: L2BlockRef,
    batch: SpanBatch,
    parent: L2BlockRef,
    l2: L2Source,
) -> Verdict:
    """The blocks that the safe chain has already must be the same in the span."""
    if batch.timestamp >= safe_head.time + config.block_time:
        return ACCEPT
    for index in range(safe_head.number - parent.number):
        number = parent.number + index + 1
        try:
            payload = l2.payload_by_number(number)
        except NotFound as exc:
            return Verdict.undecided(DropReason.SPAN_OVERLAP_UNKNOWN_PARENT, str(exc))
        sequenced = [tx for tx in payload.transactions if tx[:1] != _DEPOSIT]
        deposits = len(payload.transactions) - len(sequenced)
        # Deposits come first in a block, so the sequenced transactions are its tail.
        if list(payload.transactions[deposits:]) != list(batch.block_transactions(index)):
            return Verdict.drop(
                DropReason.SPAN_OVERLAP_TRANSACTIONS, f"block {number} has other transactions"
            )
        try:
            origin = payload_to_block_ref(config, payload).l1_origin
        except PayloadError as exc:
            return Verdict.drop(DropReason.SPAN_OVERLAP_BLOCK_UNREADABLE, str(exc))
        if origin.number != batch.block_epoch_num(index):
            return Verdict.drop(
                DropReason.SPAN_OVERLAP_ORIGIN,
                f"block {number} has L1 origin {origin.number}, the span {batch.block_epoch_num(index)}",
            )
    return ACCEPT
