"""Provenance and events in words."""

from __future__ import annotations

from collections.abc import Iterator

from pyoprollup.cli.output import hexed, plural, short
from pyoprollup.derive.drops import Dropped, Subject
from pyoprollup.derive.provenance import BatchSource, ChannelSource, DataSource, FrameSource
from pyoprollup.replay.replay import Event, Reset

__all__ = ["batch_cell", "event_line", "source_lines"]


def batch_cell(source: BatchSource | None) -> str:
    """Where a block came from, for a table's cell."""
    if source is None:
        return "filled in"
    channel = "" if source.channel is None else f"{source.channel.id.hex()[:8]} "
    span = "" if source.span_index is None else f" block {source.span_index}"
    return f"{channel}batch {source.index}{span}"


def source_lines(source: BatchSource, told: BatchSource | None = None) -> Iterator[str]:
    """The way from a batch back to L1, step by step. What it shares with ``told`` is left out."""
    same_channel = told is not None and told.channel == source.channel
    position = "" if source.span_index is None else f", block {source.span_index} of its span"
    if told is not None and same_channel and told.index == source.index:
        yield f"the same batch{position}"
        return
    read = "" if source.inclusion is None else f", read at L1 block {source.inclusion.number}"
    yield f"batch {source.index}{position}"
    yield f"  bytes {source.start:,} to {source.end:,} of the decompressed channel{read}"
    if source.channel is not None:
        yield from (
            ["the same channel"] if same_channel else _channel_lines(source.channel, source.compression)
        )


def _channel_lines(channel: ChannelSource, compression: str) -> Iterator[str]:
    yield f"channel {channel.id.hex()}"
    size = plural(channel.size, "byte")
    yield f"  {size} ({compression}), opened at L1 block {channel.opened.number}"
    for frame in channel.frames:
        if frame is not None:
            yield from _frame_lines(frame)


def _frame_lines(frame: FrameSource) -> Iterator[str]:
    last = ", the last" if frame.is_last else ""
    yield f"frame {frame.number}{last}"
    data = frame.data
    if data is None:
        yield f"  bytes {frame.start:,} to {frame.end:,} of its batcher data"
        return
    what = "calldata" if data.blob_index is None else f"content of blob {data.blob_index}"
    if data.alt_da_commitment is not None:
        what = f"input of commitment {hexed(data.alt_da_commitment)}"
    yield f"  bytes {frame.start:,} to {frame.end:,} of the {what}"
    if data.blob_hash is not None:
        yield f"  blob {hexed(data.blob_hash)}"
    yield f"  transaction {hexed(data.tx_hash)}, index {data.tx_index}"
    yield f"  L1 block {data.block.number} {hexed(data.block.hash)}"


def event_line(event: Event) -> str:
    """A drop or a reset, in one line."""
    if isinstance(event, Reset):
        return f"reset to L2 block {event.head.number}: {event.reason}"
    return _drop_line(event)


def _drop_line(drop: Dropped) -> str:
    where = "" if drop.origin is None else f" at L1 block {drop.origin.number}"
    parts = [f"{drop.reason.value}{where}", _subject(drop.subject), drop.detail]
    return ": ".join(part for part in parts if part)


def _subject(subject: Subject) -> str:
    match subject:
        case None:
            return ""
        case DataSource():
            return _data(subject)
        case FrameSource():
            origin = "" if subject.data is None else f" in {_data(subject.data)}"
            return f"frame {subject.number} of channel {subject.channel_id.hex()[:8]}{origin}"
        case ChannelSource():
            frames = plural(len(subject.frames), "frame")
            return f"channel {subject.id.hex()[:8]} of {frames}, {plural(subject.size, 'byte')}"
        case BatchSource():
            return batch_cell(subject).replace(" batch", ", batch")


def _data(data: DataSource) -> str:
    blob = "" if data.blob_index is None else f"blob {data.blob_index} of "
    return f"{blob}transaction {short(data.tx_hash)} of L1 block {data.block.number}"
