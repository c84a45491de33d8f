"""Whether a singular batch is the next one after the safe head.

The rules are consensus: they are specified one by one, in this order, and change only with a fork.

Specification: protocol/derivation.md, Batch queue; protocol/holocene/derivation.md (past batches);
protocol/isthmus/derivation.md (type 4); protocol/jovian/derivation.md (activation block).

<https://specs.optimism.io/protocol/derivation.html#batch-queue>
<https://specs.optimism.io/protocol/holocene/derivation.html>
<https://specs.optimism.io/protocol/isthmus/derivation.html>
<https://specs.optimism.io/protocol/jovian/derivation.html>
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyoprollup.derive.batch_validity import ACCEPT, BatchValidity, Verdict
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.drops import DropReason
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.eth.transactions import POST_EXEC_TX_TYPE, SET_CODE_TX_TYPE
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L1Time, L2Time

__all__ = ["check_singular_batch", "check_transactions"]


def check_singular_batch(
    config: RollupConfig,
    l1_blocks: Sequence[L1BlockRef],
    safe_head: L2BlockRef,
    batch: SingularBatch,
    inclusion: L1BlockRef,
) -> Verdict:
    """Check ``batch``, read at L1 block ``inclusion``, against the safe head and the L1 blocks in
    view (the first of them is the safe head's L1 origin or the one after it)."""
    if not l1_blocks:
        return Verdict.undecided(DropReason.BATCH_MISSING_L1, "no L1 block is known")
    epoch = l1_blocks[0]
    verdict = _check_time(config, safe_head, batch, inclusion)
    if verdict is not ACCEPT:
        return verdict
    if batch.parent_hash != safe_head.hash:
        return Verdict.drop(
            DropReason.BATCH_PARENT_MISMATCH,
            f"parent hash 0x{batch.parent_hash.hex()}, safe head is 0x{safe_head.hash.hex()}",
        )
    if batch.epoch_num + config.seq_window_size < inclusion.number:
        return Verdict.drop(
            DropReason.BATCH_WINDOW_EXPIRED,
            f"epoch {batch.epoch_num} + window {config.seq_window_size} < L1 block {inclusion.number}",
        )
    if batch.epoch_num < epoch.number:
        return Verdict.drop(
            DropReason.BATCH_EPOCH_TOO_OLD, f"epoch {batch.epoch_num} is before {epoch.number}"
        )
    if batch.epoch_num > epoch.number + 1:
        return Verdict.drop(
            DropReason.BATCH_EPOCH_TOO_NEW, f"epoch {batch.epoch_num} is beyond {epoch.number + 1}"
        )
    origin = epoch
    if batch.epoch_num == epoch.number + 1:
        if len(l1_blocks) < 2:
            return Verdict.undecided(
                DropReason.BATCH_MISSING_L1, f"L1 block {batch.epoch_num} is not known yet"
            )
        origin = l1_blocks[1]
    if batch.epoch_hash != origin.hash:
        return Verdict.drop(
            DropReason.BATCH_EPOCH_HASH_MISMATCH,
            f"epoch hash 0x{batch.epoch_hash.hex()}, L1 has {origin}",
        )
    if batch.transactions and config.schedule.forces_empty_block(L2Time(batch.timestamp)):
        return Verdict.drop(
            DropReason.BATCH_ACTIVATION_BLOCK_NOT_EMPTY,
            f"{len(batch.transactions)} transactions in a fork's activation block",
        )
    if batch.timestamp < origin.time:
        return Verdict.drop(
            DropReason.BATCH_BEFORE_L1_ORIGIN,
            f"timestamp {batch.timestamp} is before its L1 origin at {origin.time}",
        )
    verdict = _check_drift(config, l1_blocks, batch, epoch, origin)
    if verdict is not ACCEPT:
        return verdict
    return check_transactions(config, batch.timestamp, batch.transactions)


def _check_time(
    config: RollupConfig, safe_head: L2BlockRef, batch: SingularBatch, inclusion: L1BlockRef
) -> Verdict:
    expected = safe_head.time + config.block_time
    if batch.timestamp == expected:
        return ACCEPT
    strict = config.schedule.at_l1(L1Time(inclusion.time)).strict_ordering
    detail = f"timestamp {batch.timestamp}, next block is at {expected}"
    if batch.timestamp > expected:
        validity = BatchValidity.DROP if strict else BatchValidity.FUTURE
        return Verdict(validity, DropReason.BATCH_FUTURE, detail)
    validity = BatchValidity.PAST if strict else BatchValidity.DROP
    return Verdict(validity, DropReason.BATCH_PAST, detail)


def _check_drift(
    config: RollupConfig,
    l1_blocks: Sequence[L1BlockRef],
    batch: SingularBatch,
    epoch: L1BlockRef,
    origin: L1BlockRef,
) -> Verdict:
    latest = origin.time + config.max_sequencer_drift_at(L1Time(origin.time))
    if batch.timestamp <= latest:
        return ACCEPT
    if batch.transactions:
        return Verdict.drop(
            DropReason.BATCH_DRIFT_TRANSACTIONS,
            f"timestamp {batch.timestamp} exceeds {latest} with {len(batch.transactions)} transactions",
        )
    # An empty batch may exceed the drift, but only while the next L1 origin is too late to adopt.
    if origin.number != epoch.number:
        return ACCEPT
    if len(l1_blocks) < 2:
        return Verdict.undecided(DropReason.BATCH_MISSING_L1, "the next L1 origin is not known yet")
    if batch.timestamp >= l1_blocks[1].time:
        return Verdict.drop(
            DropReason.BATCH_DRIFT_EMPTY,
            f"timestamp {batch.timestamp} exceeds {latest}, L1 block {l1_blocks[1].number} fits",
        )
    return ACCEPT


def check_transactions(config: RollupConfig, timestamp: int, transactions: Iterable[bytes]) -> Verdict:
    """What may not be among a block's sequenced transactions; judged by the first byte alone.

    Any other content is left to the engine, which rejects the whole block.
    """
    rules = config.schedule.at_l2(L2Time(timestamp))
    for index, transaction in enumerate(transactions):
        if not transaction:
            return Verdict.drop(DropReason.BATCH_EMPTY_TRANSACTION, f"transaction {index} is empty")
        kind = transaction[0]
        if kind == DEPOSIT_TX_TYPE:
            return Verdict.drop(DropReason.BATCH_DEPOSIT_TRANSACTION, f"transaction {index} is a deposit")
        if kind == SET_CODE_TX_TYPE and not rules.set_code_transactions:
            return Verdict.drop(
                DropReason.BATCH_SET_CODE_BEFORE_ISTHMUS,
                f"transaction {index} of type 4 at time {timestamp}",
            )
        if kind == POST_EXEC_TX_TYPE and not rules.post_exec_transactions:
            return Verdict.drop(
                DropReason.BATCH_POST_EXEC_BEFORE_LAGOON,
                f"transaction {index} of type 0x7d at time {timestamp}",
            )
    return ACCEPT
