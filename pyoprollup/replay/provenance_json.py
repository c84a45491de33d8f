"""JSON forms of provenance and of drops, for tools. Bytes are hex, positions are byte offsets."""

from __future__ import annotations

from typing import Any

from pyoprollup.derive.drops import Dropped, Subject
from pyoprollup.derive.provenance import BatchSource, ChannelSource, DataSource, FrameSource
from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.types import to_hex

__all__ = ["batch_source_json", "block_id_json", "channel_of", "dropped_json", "subject_json"]


def block_id_json(block: BlockID | L1BlockRef) -> dict[str, Any]:
    """A block by number and hash."""
    return {"number": block.number, "hash": to_hex(block.hash)}


def batch_source_json(source: BatchSource | None) -> dict[str, Any] | None:
    """A batch and its way back to L1; ``None`` for data that has none."""
    if source is None:
        return None
    return {
        "index": source.index,
        "start": source.start,
        "end": source.end,
        "span_index": source.span_index,
        "compression": source.compression,
        "inclusion": None if source.inclusion is None else block_id_json(source.inclusion),
        "channel": None if source.channel is None else _channel_json(source.channel),
    }


def _channel_json(source: ChannelSource) -> dict[str, Any]:
    return {
        "id": source.id.hex(),
        "size": source.size,
        "opened": block_id_json(source.opened),
        "frames": [None if frame is None else _frame_json(frame) for frame in source.frames],
    }


def _frame_json(source: FrameSource) -> dict[str, Any]:
    return {
        "channel_id": source.channel_id.hex(),
        "frame_number": source.number,
        "is_last": source.is_last,
        "start": source.start,
        "end": source.end,
        "data": None if source.data is None else _data_json(source.data),
    }


def _data_json(source: DataSource) -> dict[str, Any]:
    commitment = source.alt_da_commitment
    return {
        "block": block_id_json(source.block),
        "transaction_hash": to_hex(source.tx_hash),
        "transaction_index": source.tx_index,
        "blob_index": source.blob_index,
        "blob_hash": None if source.blob_hash is None else to_hex(source.blob_hash),
        "alt_da_commitment": None if commitment is None else to_hex(commitment),
    }


def subject_json(subject: Subject) -> dict[str, Any] | None:
    """What was dropped: its kind (``data``, ``frame``, ``channel`` or ``batch``) and provenance."""
    match subject:
        case None:
            return None
        case DataSource():
            return {"kind": "data", **_data_json(subject)}
        case FrameSource():
            return {"kind": "frame", **_frame_json(subject)}
        case ChannelSource():
            return {"kind": "channel", **_channel_json(subject)}
        case BatchSource():
            return {"kind": "batch", **(batch_source_json(subject) or {})}


def dropped_json(drop: Dropped) -> dict[str, Any]:
    """A drop: the rule, where derivation stood, and what it was."""
    return {
        "reason": drop.reason.value,
        "origin": None if drop.origin is None else block_id_json(drop.origin),
        "detail": drop.detail,
        "subject": subject_json(drop.subject),
    }


def channel_of(subject: Subject) -> bytes | None:
    """Id of the channel that a subject belongs to; ``None`` if it belongs to none."""
    match subject:
        case FrameSource():
            return subject.channel_id
        case ChannelSource():
            return subject.id
        case BatchSource():
            return None if subject.channel is None else subject.channel.id
    return None
