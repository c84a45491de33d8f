"""Checks of ``frames`` and ``channel_assembly``: frames, channels, frame queue, channel stages."""

from __future__ import annotations

from collections import deque
from typing import Any

from pyoprollup.derive.channel import Channel, FrameRejected
from pyoprollup.derive.channel_assembler import ChannelAssembler
from pyoprollup.derive.channel_bank import ChannelBank
from pyoprollup.derive.codec.frame import Frame, FrameError, parse_frames
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.errors import EndOfData
from pyoprollup.derive.frame_queue import FrameQueue, prune_frame_queue
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.vectors.core import Case, expect, register
from pyoprollup.vectors.fields import config_of, data, optional_hex

__all__: list[str] = []


def _frame(value: Case) -> Frame:
    return Frame(data(value["id"]), value["number"], data(value["data"]), value["is_last"])


def _l1(number: int, time: int = 0) -> L1BlockRef:
    return L1BlockRef(ZERO_HASH, number, ZERO_HASH, time)


@register("frames", "parse")
def check_parse(case: Case) -> None:
    payload = data(case["data"])
    try:
        frames = parse_frames(payload)
    except FrameError:
        expect("ok", case["ok"], False)
        return
    expect("ok", case["ok"], True)
    expect("frames", [_frame(item) for item in case["frames"]], [_plain(frame) for frame in frames])
    encoded = ["0x" + frame.encode().hex() for frame in frames]
    expect("encoded", [item["encoded"] for item in case["frames"]], encoded)
    expect("round trip", payload, b"\0" + b"".join(frame.encode() for frame in frames))


def _plain(frame: Frame) -> Frame:
    return Frame(frame.id, frame.number, frame.data, frame.is_last)


@register("frames", "big")
def check_big(case: Case) -> None:
    frame = Frame(data(case["id"]), case["number"], data(case["fill"]) * case["len"], case["is_last"])
    try:
        parsed = parse_frames(b"\0" + frame.encode())
    except FrameError:
        expect("ok", case["ok"], False)
        return
    expect("ok", case["ok"], True)
    expect("frame", [frame], [_plain(item) for item in parsed])


@register("channel_assembly", "channel")
def check_channel(case: Case) -> None:
    channel = Channel(data(case["id"]), _l1(case["open_block"]), case["require_in_order"])
    for index, step in enumerate(case["steps"]):
        where = f"steps[{index}]"
        reason: DropReason | None = None
        try:
            channel.add_frame(_frame(step["frame"]), _l1(step["l1_inclusion_number"]))
        except FrameRejected as exc:
            reason = exc.reason
        expect(f"{where}.error", step["error"] is not None, reason is not None)
        expect(f"{where}.duplicate", step["duplicate"], reason is DropReason.FRAME_DUPLICATE)
        expect(f"{where}.size", step["size"], channel.size)
        expect(f"{where}.ready", step["ready"], channel.is_ready())
        highest = channel.highest_block.number if channel.highest_block else 0
        expect(f"{where}.highest_block", step["highest_block"], highest)
        if step["ready"]:
            expect(f"{where}.data", data(step["data"]), channel.data())


@register("channel_assembly", "frame_queue_prune")
def check_prune(case: Case) -> None:
    frames = [_frame(item) for item in case["frames"]]
    positions = {id(frame): index for index, frame in enumerate(frames)}
    kept = [positions[id(frame)] for frame in prune_frame_queue(frames)]
    expect("kept_indices", case["kept_indices"] or [], kept)


class _Frames(FrameQueue):
    """Stands in for the frame queue: its frames are given."""

    origin = _l1(0)

    def __init__(self) -> None:
        self.frames: deque[Frame] = deque()

    def next_frame(self) -> Frame:
        if not self.frames:
            raise EndOfData("no frame")
        return self.frames.popleft()


def _config(case: Case, **forks: Any) -> Any:
    return config_of(forks, channel_timeout=case["channel_timeout"])


@register("channel_assembly", "channel_bank")
def check_bank(case: Case) -> None:
    source = _Frames()
    config = _config(case, canyon_time=case["canyon_time"], granite_time=case["granite_time"])
    bank = ChannelBank(config, source)
    if "fill_steps" in case:
        _check_full_bank(case, source, bank)
        return
    for index, step in enumerate(case["steps"]):
        source.origin = _l1(step["origin_number"], step["origin_time"])
        bank.ingest_frame(_frame(step["frame"]))
        _check_reads(f"steps[{index}].reads", step["reads"], bank)
    _check_reads("final_reads", case["final_reads"], bank)


def _check_full_bank(case: Case, source: _Frames, bank: ChannelBank) -> None:
    """Frames of one repeated byte, as many as it takes to fill the bank."""
    source.origin = _l1(case["origin_number"], case["origin_time"])
    for step in case["fill_steps"]:
        content = data(step["fill"]) * step["len"]
        bank.ingest_frame(Frame(data(step["id"]), step["number"], content, step["is_last"]))
    for index, read in enumerate(case["final_reads"]):
        content = b""
        try:
            channel = bank.read()
            content = b"" if channel is None else channel.data
        except EndOfData:
            expect(f"final_reads[{index}].error", read["error"], "EOF")
        expect(f"final_reads[{index}].data_len", read["data_len"], len(content))
        expect(f"final_reads[{index}].first_byte", data(read["first_byte"]), content[:1])


def _check_reads(where: str, expected: list[Case] | None, bank: ChannelBank) -> None:
    for index, read in enumerate(expected or []):
        found: bytes | None = None
        eof = False
        try:
            channel = bank.read()
            found = None if channel is None else channel.data
        except EndOfData:
            eof = True
        expect(f"{where}[{index}].eof", read["eof"], eof)
        expect(f"{where}[{index}].data", read["data"], optional_hex(found))


@register("channel_assembly", "channel_assembler")
def check_assembler(case: Case) -> None:
    source = _Frames()
    # The Holocene stage needs no fork time here; Fjord's and Granite's limits go by their own.
    assembler = ChannelAssembler(_config(case), source)
    for index, step in enumerate(case["rounds"]):
        source.origin = _l1(step["origin_number"], step["origin_time"])
        source.frames.extend(_frame(item) for item in step["frames"] or [])
        found: list[str | None] = []
        try:
            while True:
                found.append(optional_hex(assembler.next_data().data))
        except EndOfData:
            pass
        expect(f"rounds[{index}].channels_out", step["channels_out"] or [], found)
        expect(f"rounds[{index}].end", step["end"], "EOF")
