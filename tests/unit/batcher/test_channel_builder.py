from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.batcher import ChannelBuilder, FullReason
from pyoprollup.batcher.errors import BlockRejected
from pyoprollup.batcher.tx_data import FrameData
from pyoprollup.derive import channel_out
from pyoprollup.derive.batch_reader import BatchReader
from pyoprollup.derive.codec.frame import parse_frames
from tests.unit.batcher.support import BLOCKS, builder


def frames(building: ChannelBuilder) -> list[FrameData]:
    return [building.next_frame() for _ in range(building.pending_frames)]


def fill(building: ChannelBuilder) -> None:
    for block in BLOCKS:
        if not building.add_block(block):
            return
    raise AssertionError("the channel never got full")


@pytest.mark.parametrize("batch_type", [0, 1])
@pytest.mark.parametrize("compressor", ["shadow", "ratio", "none"])
def test_all_blocks_are_in_the_frames(batch_type: int, compressor: str) -> None:
    building = builder(batch_type=batch_type, compressor=compressor, target_num_frames=4)
    fill(building)
    assert building.full_reason is FullReason.COMPRESSOR_FULL
    building.output_frames()
    sent = frames(building)
    assert [frame.id.number for frame in sent] == list(range(building.total_frames))
    assert sum(len(frame.data) for frame in sent) == building.output_bytes
    assert all(len(frame.data) <= 300 for frame in sent)
    (parsed,) = [parse_frames(b"\0" + b"".join(frame.data for frame in sent))]
    assert [frame.is_last for frame in parsed] == [False] * (len(sent) - 1) + [True]
    data = b"".join(frame.data for frame in parsed)
    batches = [batch for batch, _ in BatchReader(data, 10_000_000, True)]
    blocks = sum(getattr(batch, "block_count", 1) for batch in batches)
    assert blocks == len(building.blocks) > 1


def test_frames_come_while_the_channel_is_open() -> None:
    building = builder(compressor="none", target_num_frames=10)
    for block in BLOCKS[:8]:
        building.add_block(block)
        building.output_frames()
    assert not building.is_full and building.pending_frames
    assert all(len(frame.data) == 300 for frame in frames(building))


def test_a_span_batch_has_no_frames_before_its_end() -> None:
    building = builder(batch_type=1, target_num_frames=10)
    building.add_block(BLOCKS[0])
    building.output_frames()
    assert not building.pending_frames
    building.close()
    building.output_frames()
    assert building.pending_frames and building.full_reason is FullReason.TERMINATED


def test_closing_again_changes_nothing() -> None:
    building = builder()
    fill(building)
    building.close()
    building.output_frames()
    count = building.total_frames
    building.output_frames()
    assert building.total_frames == count and building.full_reason is FullReason.COMPRESSOR_FULL
    assert not building.add_block(BLOCKS[0])


def test_a_block_larger_than_the_target_goes_out_alone() -> None:
    for batch_type in (0, 1):
        building = builder(batch_type=batch_type, max_frame_size=60)
        assert building.add_block(max(BLOCKS, key=lambda block: block.raw_size))
        assert building.is_full
        building.output_frames()
        assert building.total_frames > 1


def test_heads_are_those_of_the_blocks() -> None:
    building = builder(max_frame_size=10_000)
    assert building.latest_l2 is building.oldest_l2 is building.latest_l1_origin is None
    for block in BLOCKS[:20]:
        building.add_block(block)
    assert (building.oldest_l2, building.latest_l2) == (BLOCKS[0].ref.id, BLOCKS[19].ref.id)
    assert building.oldest_l1_origin == BLOCKS[0].ref.l1_origin
    assert building.latest_l1_origin == BLOCKS[19].ref.l1_origin != building.oldest_l1_origin


# --- reasons to end


def test_duration_counts_from_the_last_channel() -> None:
    building = builder(last_origin=7, max_channel_duration=3)
    assert building.timeout == 10
    building.check_timeout(9)
    assert not building.is_full
    building.check_timeout(10)
    assert building.full_reason is FullReason.MAX_DURATION


def test_without_a_duration_there_is_no_timeout_before_a_block() -> None:
    building = builder()
    assert building.timeout is None
    building.check_timeout(1 << 40)
    assert not building.is_full


def test_the_sequencing_window_counts_from_the_oldest_origin() -> None:
    building = builder(max_frame_size=10_000)
    for block in (BLOCKS[30], BLOCKS[31]):
        building.add_block(block)
    assert building.timeout == BLOCKS[30].ref.l1_origin.number + 100 - 4
    building.check_timeout(building.timeout)
    assert building.full_reason is FullReason.SEQ_WINDOW


def test_the_channel_timeout_counts_from_the_first_frame_on_l1() -> None:
    building = builder(max_frame_size=10_000)
    building.add_block(BLOCKS[0])
    building.frame_published(50)
    building.frame_published(52)
    assert building.timeout == 50 + 20 - 4
    building.check_timeout(66)
    assert building.full_reason is FullReason.CHANNEL_TIMEOUT


def test_the_earliest_timeout_counts() -> None:
    building = builder(last_origin=1000, max_channel_duration=10, max_frame_size=10_000)
    assert building.timeout == 1010
    building.add_block(BLOCKS[0])
    assert building.timeout == BLOCKS[0].ref.l1_origin.number + 96
    building.frame_published(5)
    assert building.timeout == 21


@pytest.mark.parametrize("batch_type", [0, 1])
def test_too_many_rlp_bytes_end_the_channel_with_what_it_has(batch_type: int, monkeypatch: Any) -> None:
    building = builder(batch_type=batch_type, max_frame_size=10_000)
    for block in BLOCKS[:5]:
        building.add_block(block)

    def refuse(*_: Any) -> None:
        raise channel_out.TooManyRLPBytes("too much")

    monkeypatch.setattr(channel_out, "_check_size", refuse)
    assert not building.add_block(BLOCKS[5])
    assert building.full_reason is FullReason.MAX_RLP_BYTES
    building.output_frames()
    parsed = parse_frames(b"\0" + b"".join(frame.data for frame in frames(building)))
    batches = [batch for batch, _ in BatchReader(b"".join(frame.data for frame in parsed), 10**7, True)]
    assert sum(getattr(batch, "block_count", 1) for batch in batches) == 5
    with pytest.raises(BlockRejected):
        builder(batch_type=batch_type).add_block(BLOCKS[5])


def test_frame_numbers_end_with_sixteen_bits() -> None:
    building = builder(compressor="none", max_frame_size=10_000)
    building.add_block(BLOCKS[0])
    building._out._next_frame = 0xFFFF
    building._out.flush()
    building._output_frame()
    assert building.full_reason is FullReason.MAX_FRAME_INDEX


# --- sending again


def test_the_frame_cursor_goes_back_only() -> None:
    building = builder(target_num_frames=4)
    fill(building)
    building.output_frames()
    total = building.total_frames
    sent = frames(building)
    building.rewind_frame_cursor(2)
    building.rewind_frame_cursor(3)
    assert building.pending_frames == total - 2
    assert frames(building) == sent[2:]
