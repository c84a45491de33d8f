from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.batcher import ChannelConfig, ChannelManager, FullReason, NoTxData, ReorgError, TxData
from pyoprollup.batcher.errors import BatcherError, BlockRejected
from pyoprollup.derive.batch_reader import BatchReader
from pyoprollup.derive.codec.frame import parse_frames
from pyoprollup.derive.codec.singular_batch import SingularBatch
from tests.unit.batcher.support import BLOCKS, PAYLOADS, channel_config, l1_block, manager

HEAD = l1_block(10)


class Choice:
    """A provider that a test decides for."""

    def __init__(self, use_blobs: bool, **changes: Any) -> None:
        self.config = channel_config(use_blobs=use_blobs, **{"target_num_frames": 3, **changes})
        self.throttling: list[bool] = []

    def channel_config(self, throttling: bool = False) -> ChannelConfig:
        self.throttling.append(throttling)
        return self.config

    def switch(self) -> None:
        self.config = replace(self.config, use_blobs=not self.config.use_blobs)


def load(channels: ChannelManager, first: int = 0, last: int | None = None) -> ChannelManager:
    for payload in PAYLOADS[first:last]:
        channels.add_l2_block(payload)
    return channels


def drain(channels: ChannelManager, force: bool = False) -> list[TxData]:
    """All that can be sent now."""
    sent = []
    while True:
        try:
            sent.append(channels.tx_data(HEAD, force=force))
        except NoTxData:
            return sent


# --- blocks


def test_blocks_must_build_on_each_other() -> None:
    channels = load(manager(), 3, 6)
    with pytest.raises(ReorgError):
        channels.add_l2_block(PAYLOADS[7])
    with pytest.raises(ReorgError):
        channels.add_l2_block(PAYLOADS[5])
    channels.add_l2_block(PAYLOADS[6])
    assert [block.ref.number for block in channels.blocks] == [4, 5, 6, 7]


def test_the_last_block_counts_even_when_it_is_pruned() -> None:
    channels = load(manager(), 3, 6)
    channels.prune_safe_blocks(3)
    with pytest.raises(ReorgError):
        channels.add_l2_block(PAYLOADS[0])
    channels.clear(HEAD)
    channels.add_l2_block(PAYLOADS[0])


def test_a_malformed_block_is_refused() -> None:
    channels = load(manager(), 0, 2)
    with pytest.raises(BlockRejected):
        channels.add_l2_block(replace(PAYLOADS[2], transactions=()))
    assert len(channels.blocks) == 2


# --- data


def test_nothing_to_send() -> None:
    channels = manager()
    with pytest.raises(NoTxData):
        channels.tx_data(HEAD)
    load(channels, 0, 1)
    with pytest.raises(NoTxData):
        channels.tx_data(HEAD)
    assert (channels.pending_blocks, len(channels.channels)) == (0, 1)


def test_channels_follow_one_another_in_order() -> None:
    channels = load(manager())
    sent = drain(channels)
    order = [frame for data in sent for frame in data.id]
    assert order == sorted(order), "ids count up here"
    assert len(channels.channels) > 3
    assert all(channel.is_full for channel in channels.channels[:-1])
    blocks = [block for channel in channels.channels for block in channel.builder.blocks]
    assert [block.ref for block in blocks] == [block.ref for block in BLOCKS]


def test_older_channels_go_first() -> None:
    channels = load(manager())
    first, second, *_ = drain(channels)
    channels.tx_failed(first.id)
    assert channels.tx_data(HEAD).id == first.id
    assert channels.tx_data(HEAD).id == second.id


def test_the_timeout_is_looked_at_after_blocks_are_added() -> None:
    channels = manager(max_channel_duration=5)
    load(channels, 0, 2)
    with pytest.raises(NoTxData):
        channels.tx_data(l1_block(4))
    load(channels, 2, 4)
    data = channels.tx_data(l1_block(5))
    assert len(channels.channels[0].builder.blocks) == 4
    assert data.frames and channels.metrics.full_reasons[FullReason.MAX_DURATION] == 1


def test_a_channel_ends_in_time_without_new_blocks() -> None:
    channels = load(manager(max_channel_duration=5), 0, 2)
    for number in (3, 4):
        with pytest.raises(NoTxData):
            channels.tx_data(l1_block(number))
    assert channels.tx_data(l1_block(5)).frames
    with pytest.raises(NoTxData):
        channels.tx_data(l1_block(500))
    assert len(channels.channels) == 1


def test_the_next_channels_duration_counts_from_the_last() -> None:
    channels = load(manager(max_channel_duration=50))
    drain(channels)
    first, second = channels.channels[:2]
    origin = first.builder.latest_l1_origin
    assert origin is not None and first.builder.timeout == 50
    assert second.builder.timeout is not None and second.builder.timeout == origin.number + 50
    channels.clear(l1_block(1000))
    channels.add_l2_block(PAYLOADS[0])
    drain(channels)
    assert channels.channels[0].builder.timeout == BLOCKS[0].ref.l1_origin.number + 96


def test_a_channel_that_was_not_sent_in_full_does_not_count_for_the_next_ones_duration() -> None:
    channels = load(manager(compressor="none", max_channel_duration=50, target_output_size=50_000))
    sent = drain(channels)
    assert len(sent) > 2 and not channels.channels[0].is_full
    channels.tx_confirmed(sent[0].id, l1_block(11))
    channels.tx_confirmed(sent[1].id, l1_block(40))
    assert channels.metrics.channels_timed_out == 1
    drain(channels)
    assert channels.channels[0].builder.timeout == 50


def test_force_ends_the_current_channel_and_adds_no_block_to_it() -> None:
    """The reference ends what is open first; blocks that wait go into the channel after it."""
    channels = load(manager(), 0, 1)
    assert drain(channels, force=True) == []
    channels.add_l2_block(PAYLOADS[1])
    assert len({data.id[0].channel for data in drain(channels, force=True)}) == 1
    assert [channel.builder.full_reason for channel in channels.channels] == [FullReason.TERMINATED, None]
    assert [len(channel.builder.blocks) for channel in channels.channels] == [1, 1]


def test_force_leaves_a_channel_alone_of_which_a_part_went_out() -> None:
    channels = load(manager(compressor="none", batch_type=0, target_num_frames=4), 0, 6)
    assert drain(channels)
    assert channels.channels[0].builder.full_reason is None
    assert drain(channels, force=True) == []
    assert channels.channels[0].builder.full_reason is None


def test_force_ends_the_current_channel() -> None:
    channels = load(manager(), 0, 1)
    assert drain(channels) == []
    assert len(drain(channels, force=True)) >= 1
    assert channels.channels[0].builder.full_reason is FullReason.TERMINATED
    assert drain(channels, force=True) == []


def test_a_block_that_no_channel_takes_does_not_leave_a_channel_behind(monkeypatch: Any) -> None:
    from pyoprollup.derive import channel_out

    def refuse(*_: Any) -> None:
        raise channel_out.TooManyRLPBytes("too much")

    monkeypatch.setattr(channel_out, "_check_size", refuse)
    channels = load(manager(), 0, 2)
    for _ in range(3):
        with pytest.raises(BlockRejected):
            channels.tx_data(HEAD)
    assert not channels.channels and channels.pending_blocks == 2
    monkeypatch.undo()
    assert drain(channels) == []
    assert drain(channels, force=True)


# --- blobs or calldata


def test_a_switch_makes_the_channel_again() -> None:
    choice = Choice(use_blobs=True, compressor="none", target_num_frames=2)
    channels = load(manager(choice))
    choice.switch()
    data = channels.tx_data(HEAD)
    assert not data.as_blob and len(data.frames) == 1
    assert channels.metrics.da_switches == 1
    assert channels.channels[0].builder.blocks[0].ref == BLOCKS[0].ref
    choice.switch()
    assert not channels.tx_data(HEAD).as_blob, "what has begun goes on as it was"


def test_a_switch_drops_newer_channels_too() -> None:
    choice = Choice(use_blobs=False)
    channels = load(manager(choice))
    sent = drain(channels)
    ids = [channel.id for channel in channels.channels]
    for data in sent:
        channels.tx_failed(data.id)
    choice.switch()
    assert channels.tx_data(HEAD).as_blob
    assert not set(ids) & {channel.id for channel in channels.channels}
    blocks = [block for channel in channels.channels for block in channel.builder.blocks]
    assert [block.ref for block in blocks] == [block.ref for block in BLOCKS[: len(blocks)]]


def test_a_channel_that_was_tried_in_vain_may_switch() -> None:
    choice = Choice(use_blobs=False)
    channels = load(manager(choice), 0, 20)
    first = channels.tx_data(HEAD)
    choice.switch()
    channels.tx_failed(first.id)
    assert channels.tx_data(HEAD).as_blob


def test_the_provider_learns_of_throttling() -> None:
    choice = Choice(use_blobs=False)
    channels = load(manager(choice))
    channels.tx_data(HEAD, throttling=True)
    assert choice.throttling == [False, True]


# --- results


def test_a_channel_that_timed_out_is_made_again_with_those_after_it() -> None:
    channels = load(manager(target_num_frames=2))
    sent = drain(channels)
    first = [data for data in sent if data.id[0].channel == channels.channels[1].id]
    kept = channels.channels[0]
    channels.tx_confirmed(first[0].id, l1_block(100))
    channels.tx_confirmed(first[1].id, l1_block(120))
    assert channels.metrics.channels_timed_out == 1
    assert channels.channels == [kept] and channels.current_channel is None
    assert channels.pending_blocks == len(BLOCKS) - len(kept.builder.blocks)
    channels.tx_confirmed(sent[-1].id, l1_block(121))
    assert channels.metrics.unknown_txs == 1
    drain(channels)
    blocks = [block for channel in channels.channels for block in channel.builder.blocks]
    assert [block.ref for block in blocks] == [block.ref for block in BLOCKS]


def test_a_submitted_channel_stays_until_it_is_safe() -> None:
    channels = load(manager())
    sent = drain(channels)
    for data in sent:
        channels.tx_confirmed(data.id, l1_block(20))
    submitted = [channel for channel in channels.channels if channel.is_fully_submitted]
    assert submitted == [channel for channel in channels.channels if channel.is_full]
    assert len(submitted) == channels.metrics.channels_submitted > 3
    total = len(channels.channels)
    channels.prune_channels(2)
    channels.prune_safe_blocks(5)
    assert len(channels.channels) == total - 2
    assert channels.blocks[0].ref == BLOCKS[5].ref and channels.pending_blocks == 0


def test_unknown_transactions_do_no_harm() -> None:
    channels = load(manager(), 0, 20)
    data = drain(channels)[0]
    channels.clear(HEAD)
    channels.tx_failed(data.id)
    channels.tx_confirmed(data.id, HEAD)
    assert channels.metrics.unknown_txs == 2 and not channels.channels


def test_pruning_has_limits() -> None:
    channels = load(manager(), 0, 5)
    for count in (6, -1):
        with pytest.raises(BatcherError):
            channels.prune_safe_blocks(count)
        with pytest.raises(BatcherError):
            channels.prune_channels(count)


def test_blocks_may_be_safe_before_they_are_in_a_channel() -> None:
    channels = load(manager(), 0, 10)
    channels.prune_safe_blocks(4)
    assert channels.pending_blocks == 6
    drain(channels)
    assert channels.channels[0].builder.blocks[0].ref == BLOCKS[4].ref


def test_a_timed_out_channel_may_have_safe_blocks() -> None:
    channels = load(manager(target_num_frames=2))
    sent = drain(channels)
    channels.prune_safe_blocks(2)
    channels.tx_confirmed(sent[0].id, l1_block(100))
    channels.tx_confirmed(sent[1].id, l1_block(130))
    assert channels.pending_blocks == len(BLOCKS) - 2 and not channels.channels


def test_load_is_what_has_not_arrived() -> None:
    channels = load(manager())
    total = sum(block.da_size for block in BLOCKS)
    assert channels.unsubmitted_da_bytes() == total
    sent = drain(channels)
    assert channels.unsubmitted_da_bytes() == total
    for data in sent:
        channels.tx_confirmed(data.id, l1_block(20))
    rest = sum(
        block.da_size
        for channel in channels.channels
        if not channel.is_full
        for block in channel.builder.blocks
    )
    assert channels.unsubmitted_da_bytes() == rest < total


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_l1_gets_all_blocks_in_order(seed: int) -> None:
    """Random successes, failures, delays and switches; what arrived is read as derivation does."""
    rng = random.Random(seed)
    choice = Choice(rng.random() < 0.5, target_num_frames=rng.randint(1, 3), batch_type=0)
    channels = manager(choice)
    waiting = list(PAYLOADS)
    flying: list[TxData] = []
    arrived: list[tuple[int, TxData]] = []
    number = 10
    for _ in range(5_000):
        match rng.randrange(6):
            case 0 if waiting:
                channels.add_l2_block(waiting.pop(0))
            case 1 | 2:
                try:
                    flying.append(channels.tx_data(l1_block(number), force=not waiting))
                except NoTxData:
                    current = channels.current_channel
                    done = not channels.pending_blocks and (current is None or current.is_full)
                    if done and not waiting and not flying:
                        break
            case 3 if flying:
                number += rng.choice([0, 0, 0, 0, 30])
                data = flying.pop(0)
                arrived.append((number, data))
                channels.tx_confirmed(data.id, l1_block(number))
            case 4 if flying and rng.random() < 0.3:
                # One fails, and so do those after it.
                lost = flying[rng.randrange(len(flying)) :]
                del flying[-len(lost) :]
                for data in lost:
                    channels.tx_failed(data.id)
            case 5 if rng.random() < 0.1:
                choice.switch()
    assert not waiting and not flying
    assert read(arrived) == [block.batch.timestamp for block in BLOCKS]


def read(arrived: list[tuple[int, TxData]]) -> list[int]:
    """Times of the blocks in the channels that are complete in time and build on those before them."""
    parts: dict[bytes, dict[int, bytes]] = {}
    first: dict[bytes, int] = {}
    seen: list[int] = []
    for number, data in arrived:
        for frame in parse_frames(data.call_data()):
            opened = first.setdefault(frame.id, number)
            got = parts.setdefault(frame.id, {})
            if number - opened >= 20:
                continue
            got[frame.number] = frame.data + (b"!" if frame.is_last else b"")
            if not any(part.endswith(b"!") for part in got.values()) or len(got) <= max(got):
                continue
            stream = b"".join(got[index] for index in sorted(got))[:-1]
            for batch, _ in BatchReader(stream, 10**7, True):
                assert isinstance(batch, SingularBatch)
                if batch.timestamp == 1000 + 2 * (len(seen) + 1):
                    seen.append(batch.timestamp)
    return seen
