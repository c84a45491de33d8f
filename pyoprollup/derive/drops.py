"""Evidence: every piece of data that derivation ignores leaves a record that names the rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pyoprollup.derive.provenance import BatchSource, ChannelSource, DataSource, FrameSource
from pyoprollup.eth.refs import BlockID

__all__ = ["DropReason", "DropSink", "Dropped", "Subject", "ignore_drops"]

Subject = DataSource | FrameSource | ChannelSource | BatchSource | None
"""What was dropped, with its way back to L1 (``None`` for data fed in by hand)."""


class DropReason(StrEnum):
    """Why something was ignored. The value is stable: use it as a metric label."""

    # L1 events
    SYSTEM_CONFIG_UPDATE_MALFORMED = "system_config_update_malformed"

    # batcher transactions and blobs
    BLOB_UNDECODABLE = "blob_undecodable"
    BLOB_TX_CALLDATA = "blob_tx_calldata"
    ALT_DA_COMMITMENT_INVALID = "alt_da_commitment_invalid"
    ALT_DA_INPUT_TOO_LARGE = "alt_da_input_too_large"
    ALT_DA_COMMITMENT_TYPE = "alt_da_commitment_type"
    ALT_DA_CHALLENGE_EXPIRED = "alt_da_challenge_expired"
    ALT_DA_EVENT_IGNORED = "alt_da_event_ignored"

    # frames
    FRAMES_UNPARSABLE = "frames_unparsable"
    FRAME_AFTER_LAST = "frame_after_last"
    FRAME_NOT_CONSECUTIVE = "frame_not_consecutive"
    FRAME_OF_UNCLOSED_CHANNEL = "frame_of_unclosed_channel"
    FRAME_NOT_FIRST = "frame_not_first"
    FRAME_WITHOUT_CHANNEL = "frame_without_channel"
    FRAME_OF_OTHER_CHANNEL = "frame_of_other_channel"
    FRAME_DUPLICATE = "frame_duplicate"
    FRAME_SECOND_LAST = "frame_second_last"
    FRAME_BEYOND_END = "frame_beyond_end"
    FRAME_PRUNED_BY_END = "frame_pruned_by_end"
    FRAME_CHANNEL_TIMED_OUT = "frame_channel_timed_out"

    # channels
    CHANNEL_TIMED_OUT = "channel_timed_out"
    CHANNEL_BANK_FULL = "channel_bank_full"
    CHANNEL_TOO_LARGE = "channel_too_large"
    CHANNEL_REPLACED = "channel_replaced"
    CHANNEL_UNREADABLE = "channel_unreadable"
    CHANNEL_CUT_SHORT = "channel_cut_short"
    CHANNEL_FLUSHED = "channel_flushed"
    FORK_ACTIVATION = "fork_activation"

    # batches
    BATCH_MALFORMED = "batch_malformed"
    SPAN_BATCH_MALFORMED = "span_batch_malformed"
    SPAN_BATCH_BEFORE_DELTA = "span_batch_before_delta"
    BATCH_ORIGIN_BEHIND = "batch_origin_behind"
    BATCH_MISSING_L1 = "batch_missing_l1"
    BATCH_FUTURE = "batch_future"
    BATCH_PAST = "batch_past"
    BATCH_PARENT_MISMATCH = "batch_parent_mismatch"
    BATCH_WINDOW_EXPIRED = "batch_window_expired"
    BATCH_EPOCH_TOO_OLD = "batch_epoch_too_old"
    BATCH_EPOCH_TOO_NEW = "batch_epoch_too_new"
    BATCH_EPOCH_HASH_MISMATCH = "batch_epoch_hash_mismatch"
    BATCH_BEFORE_L1_ORIGIN = "batch_before_l1_origin"
    BATCH_DRIFT_EMPTY = "batch_drift_empty"
    BATCH_DRIFT_TRANSACTIONS = "batch_drift_transactions"
    BATCH_EMPTY_TRANSACTION = "batch_empty_transaction"
    BATCH_DEPOSIT_TRANSACTION = "batch_deposit_transaction"
    BATCH_SET_CODE_BEFORE_ISTHMUS = "batch_set_code_before_isthmus"
    BATCH_POST_EXEC_BEFORE_LAGOON = "batch_post_exec_before_lagoon"
    BATCH_ACTIVATION_BLOCK_NOT_EMPTY = "batch_activation_block_not_empty"
    SPAN_MISALIGNED = "span_misaligned"
    SPAN_OVERLAP_UNKNOWN_PARENT = "span_overlap_unknown_parent"
    SPAN_OVERLAP_TRANSACTIONS = "span_overlap_transactions"
    SPAN_OVERLAP_ORIGIN = "span_overlap_origin"
    SPAN_OVERLAP_BLOCK_UNREADABLE = "span_overlap_block_unreadable"
    SPAN_ORIGIN_UNKNOWN = "span_origin_unknown"
    SPAN_PARENT_CHANGED = "span_parent_changed"
    SPAN_FLUSHED = "span_flushed"


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something that derivation ignored.

    ``origin`` is the L1 block that was being derived from; ``detail`` names the offending values.
    """

    reason: DropReason
    subject: Subject
    origin: BlockID | None
    detail: str = ""


DropSink = Callable[[Dropped], None]
"""Receives the records. Called only once per drop, even when a step had to be repeated."""


def ignore_drops(_: Dropped) -> None:
    """A sink for callers that do not care."""
