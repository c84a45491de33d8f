from __future__ import annotations

from typing import Any

from pyoprollup.batcher import Channel
from tests.unit.batcher.support import BLOCKS, builder, l1_block


def full_channel(**changes: Any) -> Channel:
    building = builder(**{"target_num_frames": 4, **changes})
    for block in BLOCKS:
        if not building.add_block(block):
            break
    building.output_frames()
    return Channel(building)


def numbers(channel: Channel) -> list[list[int]]:
    """Frame numbers of all transactions that the channel gives out now."""
    sent = []
    while channel.has_tx_data:
        sent.append([frame.id.number for frame in channel.next_tx_data().frames])
    return sent


def test_calldata_has_one_frame_a_transaction() -> None:
    channel = full_channel()
    assert numbers(channel) == [[number] for number in range(channel.builder.total_frames)]


def test_blobs_go_several_to_a_transaction() -> None:
    channel = full_channel(use_blobs=True)
    total = channel.builder.total_frames
    assert total == 4
    assert numbers(channel) == [[0, 1, 2, 3]]
    channel = full_channel(use_blobs=True, target_num_frames=3, compressor="ratio", approx_compr_ratio=0.3)
    total = channel.builder.total_frames
    assert total > 6
    assert numbers(channel)[:2] == [[0, 1, 2], [3, 4, 5]]


def test_an_open_blob_channel_waits_for_a_full_transaction() -> None:
    building = builder(compressor="none", target_num_frames=3, use_blobs=True, target_output_size=10_000)
    channel = Channel(building)
    for block in BLOCKS:
        building.add_block(block)
        building.output_frames()
        if building.pending_frames:
            break
    assert not building.is_full and not channel.has_tx_data
    building.close()
    building.output_frames()
    assert channel.has_tx_data


def test_a_failed_transaction_takes_those_after_it_along() -> None:
    channel = full_channel()
    sent = [channel.next_tx_data() for _ in range(3)]
    assert channel.tx_failed(sent[1].id)
    assert not channel.tx_failed(sent[1].id)
    assert [channel.next_tx_data() for _ in range(2)] == sent[1:]


def test_submitted_means_all_of_it_has_arrived() -> None:
    channel = full_channel()
    assert channel.none_submitted
    sent = []
    while channel.has_tx_data:
        sent.append(channel.next_tx_data())
    assert not channel.none_submitted
    for data in sent:
        assert not channel.is_fully_submitted
        assert not channel.tx_confirmed(data.id, l1_block(50))
    assert channel.is_fully_submitted
    assert (channel.min_inclusion_block, channel.max_inclusion_block) == (50, 50)
    assert not channel.tx_confirmed(sent[0].id, l1_block(500)), "it was confirmed before"


def test_a_channel_times_out_when_its_frames_are_too_far_apart() -> None:
    for distance, expected in ((19, False), (20, True)):
        channel = full_channel()
        first, second = channel.next_tx_data(), channel.next_tx_data()
        assert not channel.tx_confirmed(second.id, l1_block(100 + distance))
        assert channel.tx_confirmed(first.id, l1_block(100)) is expected
        assert channel.is_timed_out is expected


def test_the_first_frame_on_l1_sets_the_timeout() -> None:
    channel = full_channel()
    channel.tx_confirmed(channel.next_tx_data().id, l1_block(70))
    assert channel.builder.timeout == 70 + 20 - 4
