"""The tables of ``pyoprollup decode``."""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.cli.decode_result import (
    MAX_LISTED_BLOCKS,
    DecodedItem,
    Origin,
    block_number,
    blocks_of,
    hash_of,
)
from pyoprollup.cli.output import (
    clean,
    date,
    plural,
    print_head,
    print_line,
    print_table,
    short,
    table,
)
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.compression.stream_end import StreamEnd
from pyoprollup.replay.reassemble import ChannelContent, DecodedBatch, ReassembledChannel
from pyoprollup.rollup import RollupConfig

__all__ = ["print_item"]

_LABEL = 14
_MAX_FRAMES = 50
_ENDS = {
    StreamEnd.CLEAN: "ends cleanly",
    StreamEnd.TRUNCATED: "breaks off",
    StreamEnd.CORRUPT: "is corrupt",
    StreamEnd.EXCESS: "is followed by more data",
    StreamEnd.CLIPPED: "is clipped at the size limit",
}


def print_item(item: DecodedItem, config: RollupConfig, blocks: bool, txs: bool) -> None:
    """Print a channel or a batch, and if asked for its blocks and their transactions' hashes."""
    channel, content = item.channel, item.content
    if channel is not None:
        state = "complete" if channel.is_ready else "incomplete"
        print_head(f"channel {channel.id.hex()}, {state}")
        _fact("frames", _frames_line(channel))
    else:
        kind = "batch" if isinstance(content, DecodedBatch) else "channel"
        print_head(f"{kind} in {item.name}, {plural(item.size, 'byte')}")
    if isinstance(content, ChannelContent):
        _print_stream(item, content)
    _print_contents(item.batches, config)
    if channel is not None:
        _print_frames(channel)
    if item.batches:
        print_line()
        _print_batches(item.batches, config)
    for index, batch in enumerate(item.batches if blocks else ()):
        print_line()
        _print_blocks(index, batch, config, txs)
    print_line()


def _fact(label: str, value: str) -> None:
    print_line(f"{label:<{_LABEL}} {value}", indent=2)


def _frames_line(channel: ReassembledChannel[Origin]) -> str:
    taken = [entry.frame for entry in channel.frames if entry.rejected is None]
    inputs = len({entry.origin for entry in channel.frames})
    line = f"{len(taken)}, {plural(sum(len(frame.data) for frame in taken), 'byte')}"
    line += f", from {plural(inputs, 'input')}"
    rejected = len(channel.frames) - len(taken)
    if rejected:
        line += f"; {rejected} not taken"
    if not channel.is_ready:
        line += f"; {_missing(channel)}"
    return line


def _missing(channel: ReassembledChannel[Origin]) -> str:
    taken = {entry.frame.number: entry.frame for entry in channel.frames if entry.rejected is None}
    last = next((number for number, frame in taken.items() if frame.is_last), None)
    absent = [number for number in range(max(taken, default=0)) if number not in taken]
    parts = [str(number) for number in absent[:10]] + (["..."] if len(absent) > 10 else [])
    if last is None:
        parts.append("the last")
    return "missing: " + ", ".join(parts)


def _print_stream(item: DecodedItem, content: ChannelContent) -> None:
    if content.end is None:
        _fact("compression", f"cannot be opened: {content.end_detail}")
        return
    _fact("compression", f"{content.compression}, {item.size:,} to {plural(content.size, 'byte')}")
    detail = f": {content.end_detail}" if content.end_detail else ""
    _fact("stream", _ENDS[content.end] + detail)
    if content.fault:
        _fact("batches end", content.fault)


def _print_contents(batches: Sequence[DecodedBatch], config: RollupConfig) -> None:
    if not batches:
        return
    singular = sum(isinstance(batch.raw, SingularBatch) for batch in batches)
    kinds = [
        plural(count, f"{kind} batch", f"{kind} batches")
        for kind, count in (("singular", singular), ("span", len(batches) - singular))
        if count
    ]
    _fact("batches", ", ".join(kinds))
    _fact("blocks", _blocks_line(batches, config))
    _fact("transactions", f"{sum(batch.tx_count for batch in batches):,}")


def _blocks_line(batches: Sequence[DecodedBatch], config: RollupConfig) -> str:
    line = f"{sum(batch.block_count for batch in batches):,}"
    edges = [_edges(batch) for batch in batches]
    times = [time for edge in edges if edge is not None for time in edge[0]]
    if times:
        line += f", {date(min(times))} to {date(max(times))} (chain id {config.l2_chain_id})"
    return line


def _edges(batch: DecodedBatch) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Timestamps and L1 origins of a batch's first and last block."""
    raw, span = batch.raw, batch.span
    if isinstance(raw, SingularBatch):
        return (raw.timestamp, raw.timestamp), (raw.epoch_num, raw.epoch_num)
    if span is None:
        return None
    last = len(span) - 1
    return (span.timestamp, span.block_timestamp(last)), (span.start_epoch_num, span.end_epoch_num)


def _print_frames(channel: ReassembledChannel[Origin]) -> None:
    complaints = ["NOT TAKEN"] if channel.invalid_frames else []
    rows = table(">FRAME", ">BYTES", "LAST", "INPUT", *complaints)
    for entry in channel.frames[:_MAX_FRAMES]:
        frame, origin = entry.frame, entry.origin
        note = "" if entry.rejected is None else f"{entry.rejected.value}: {entry.detail}"
        rows.add_row(
            str(frame.number),
            f"{len(frame.data):,}",
            "last" if frame.is_last else "",
            clean(origin.name) if origin.tx_hash is None else f"transaction {short(origin.tx_hash)}",
            *([note] if complaints else []),
        )
    print_line()
    print_table(rows, indent=2)
    if len(channel.frames) > _MAX_FRAMES:
        print_line(f"... and {len(channel.frames) - _MAX_FRAMES:,} more (all of them with --json)", indent=2)


def _print_batches(batches: Sequence[DecodedBatch], config: RollupConfig) -> None:
    rows = table(">BATCH", "TYPE", "BYTES", ">BLOCKS", ">TXS", "BLOCK NUMBERS", "L1 ORIGINS")
    for index, batch in enumerate(batches):
        source, edges = batch.source, _edges(batch)
        numbers = origins = "-"
        if edges is not None:
            numbers = _range(*(block_number(config, time) for time in edges[0]))
            origins = _range(*edges[1])
        rows.add_row(
            str(index),
            "singular" if isinstance(batch.raw, SingularBatch) else "span",
            "-" if source is None else f"{source.start:,} to {source.end:,}",
            f"{batch.block_count:,}",
            f"{batch.tx_count:,}",
            numbers,
            origins,
        )
    print_table(rows, indent=2)
    for index, batch in enumerate(batches):
        if batch.fault:
            print_line(f"batch {index} cannot be rebuilt: {batch.fault}", indent=2)


def _range(first: int | None, last: int | None) -> str:
    if first is None or last is None:
        return "-"
    return str(first) if first == last else f"{first} to {last}"


def _print_blocks(index: int, batch: DecodedBatch, config: RollupConfig, txs: bool) -> None:
    print_head(f"  blocks of batch {index}")
    rows = table(">NUMBER", ">TIME", "DATE", ">L1 ORIGIN", ">TXS")
    for block in blocks_of(batch):
        number = block_number(config, block.timestamp)
        cells = (
            "-" if number is None else str(number),
            str(block.timestamp),
            date(block.timestamp),
            str(block.epoch_num),
            str(len(block.transactions)),
        )
        if txs:
            print_line("  ".join(cells), indent=2)
            for tx in block.transactions:
                print_line(hash_of(tx) or f"malformed: {short(tx)}", indent=4)
        else:
            rows.add_row(*cells)
    if not txs:
        print_table(rows, indent=2)
    if batch.block_count > MAX_LISTED_BLOCKS:
        print_line(f"... and {batch.block_count - MAX_LISTED_BLOCKS:,} more", indent=2)
