"""The JSON of ``pyoprollup decode``, after that of the reference's ``batch_decoder reassemble``."""

from __future__ import annotations

from typing import Any

from pyoprollup.cli.decode_result import DecodedItem, Origin, block_number, blocks_of, hash_of
from pyoprollup.cli.output import hexed
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.params import SINGULAR_BATCH_TYPE, SPAN_BATCH_TYPE
from pyoprollup.replay.reassemble import ChannelContent, DecodedBatch, FrameEntry
from pyoprollup.rollup import RollupConfig

__all__ = ["item_json"]


def item_json(item: DecodedItem, config: RollupConfig) -> dict[str, Any]:
    """A channel with its frames and batches; a batch of its own is in a channel without frames."""
    channel, content = item.channel, item.content
    batches = [_batch_json(batch, config) for batch in item.batches]
    obj: dict[str, Any] = {
        "id": None if channel is None else channel.id.hex(),
        "input": item.name or None,
        "is_ready": channel is None or channel.is_ready,
        "invalid_frames": channel is not None and channel.invalid_frames,
        "invalid_batches": any(batch.fault for batch in item.batches),
        "frames": [] if channel is None else [_frame_json(entry) for entry in channel.frames],
        "size": item.size,
    }
    if isinstance(content, ChannelContent):
        obj["invalid_batches"] = content.invalid_batches
        obj["compression"] = content.compression
        obj["decompressed_size"] = content.size
        obj["stream_end"] = None if content.end is None else content.end.value
        obj["stream_end_detail"] = content.end_detail
        obj["fault"] = content.fault or None
        obj["compr_algos"] = [content.compression] * len(batches)
    obj["block_count"] = sum(batch.block_count for batch in item.batches)
    obj["tx_count"] = sum(batch.tx_count for batch in item.batches)
    obj["batch_types"] = [batch["batch_type"] for batch in batches]
    obj["batches"] = batches
    return obj


def _frame_json(entry: FrameEntry[Origin]) -> dict[str, Any]:
    frame, source = entry.frame, entry.frame.source
    return {
        "input": entry.origin.name,
        "transaction_hash": None if entry.origin.tx_hash is None else hexed(entry.origin.tx_hash),
        "frame": {
            "id": frame.id.hex(),
            "frame_number": frame.number,
            "size": len(frame.data),
            "is_last": frame.is_last,
            "start": None if source is None else source.start,
            "end": None if source is None else source.end,
        },
        "rejected": None if entry.rejected is None else entry.rejected.value,
        "detail": entry.detail,
    }


def _batch_json(batch: DecodedBatch, config: RollupConfig) -> dict[str, Any]:
    raw, source = batch.raw, batch.source
    singular = isinstance(raw, SingularBatch)
    obj: dict[str, Any] = {
        "batch_type": SINGULAR_BATCH_TYPE if singular else SPAN_BATCH_TYPE,
        "compression": None if source is None else source.compression,
        "start": None if source is None else source.start,
        "end": None if source is None else source.end,
    }
    if isinstance(raw, SingularBatch):
        obj["parent_hash"] = hexed(raw.parent_hash)
        obj["epoch_hash"] = hexed(raw.epoch_hash)
    else:
        obj["rel_timestamp"] = raw.rel_timestamp
        obj["l1_origin_num"] = raw.l1_origin_num
        obj["parent_check"] = hexed(raw.parent_check)
        obj["l1_origin_check"] = hexed(raw.l1_origin_check)
    obj["block_count"] = batch.block_count
    obj["tx_count"] = batch.tx_count
    obj["fault"] = batch.fault or None
    obj["blocks"] = [
        {
            "number": block_number(config, block.timestamp),
            "timestamp": block.timestamp,
            "epoch_num": block.epoch_num,
            "transaction_hashes": [hash_of(tx) for tx in block.transactions],
            "transactions": [hexed(tx) for tx in block.transactions],
        }
        for block in blocks_of(batch)
    ]
    return obj
