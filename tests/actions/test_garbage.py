"""Nonsense in the inbox, from the batcher itself: none of it counts, and all of it is accounted for."""

from __future__ import annotations

import gzip
import random
import zlib
from enum import Enum, auto

import pytest

from pyoprollup.derive import DropReason
from pyoprollup.rollup import Fork
from tests.actions.batcher import BATCH_TYPES, Batcher, frames_of, stage


class Garbage(Enum):
    """The kinds that the reference knows, by its names."""

    STRIP_VERSION = auto()
    RANDOM = auto()
    TRUNCATE_END = auto()
    DIRTY_APPEND = auto()
    INVALID_COMPRESSION = auto()
    MALFORM_RLP = auto()


REASONS = {
    Garbage.INVALID_COMPRESSION: DropReason.CHANNEL_UNREADABLE,
    Garbage.MALFORM_RLP: DropReason.CHANNEL_CUT_SHORT,
}
"""Why each kind is dropped; the others are no frames."""


def spoil(batcher: Batcher, kind: Garbage) -> bytes:
    """Batcher data of the blocks that are buffered, spoilt."""
    if kind in (Garbage.INVALID_COMPRESSION, Garbage.MALFORM_RLP):
        batcher.act_channel_close()
        assert batcher.channel is not None
        frame = batcher.channel.output_frame(1_000_000)
        content = zlib.decompress(frame.data)
        batcher.channel = None
        if kind is Garbage.INVALID_COMPRESSION:
            return frames_of(frame.id, gzip.compress(content))[0]
        # A string that goes on beyond the end.
        return frames_of(frame.id, zlib.compress(b"\xbb\xff\xff\xff\xff" + content))[0]
    batcher.act_channel_close()
    data = batcher.next_frame()
    if kind is Garbage.STRIP_VERSION:
        return data[1:]
    if kind is Garbage.RANDOM:
        rng = random.Random(1234)
        return rng.randbytes(rng.randrange(1, 513))
    if kind is Garbage.TRUNCATE_END:
        return data[:-4]
    return data + bytes.fromhex("bad0c0de")


@BATCH_TYPES
@pytest.mark.parametrize("kind", Garbage)
def test_garbage_batch(forks: Fork, kind: Garbage) -> None:
    """TestL2BatcherBatchType/GarbageBatch: six kinds of garbage. The safe head stays, until it comes
    right."""
    world, miner, sequencer, verifier, batcher = stage(forks)
    miner.act_l1_empty_block()
    sequencer.act_l1_head_signal()
    world.alice.act_send_l2(sequencer.pool, data=bytes(200))
    sequencer.act_build_to_l1_head()
    assert (sequencer.l2_safe.l1_origin.number, sequencer.l2_unsafe.l1_origin.number) == (0, 1)

    batcher.act_buffer_all()
    batcher.act_submit_raw(spoil(batcher, kind))
    miner.act_l1_block()
    for node in (sequencer, verifier):
        node.act_sync()
        assert node.l2_safe.number == 0
        assert node.drop_reasons == [REASONS.get(kind, DropReason.FRAMES_UNPARSABLE)]
    sequencer.act_build_to_l1_head()
    assert sequencer.l2_unsafe.l1_origin.number == 2

    batcher.reset()
    batcher.act_submit_all()
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe


@BATCH_TYPES
def test_garbage_channel(forks: Fork) -> None:
    """Test_ProgramAction_GarbageChannel: garbage, and right behind it in the same L1 block, what was
    meant."""
    _world, miner, sequencer, verifier, batcher = stage(forks)
    for kind in Garbage:
        sequencer.act_build_l2_blocks(3)
        batcher.act_buffer_all()
        batcher.act_submit_raw(spoil(batcher, kind))
        batcher.reset()
        batcher.act_submit_all()
        miner.act_l1_block()
        verifier.act_sync()
        sequencer.act_sync()
        assert verifier.l2_safe == sequencer.l2_unsafe
        assert sequencer.l2_safe == sequencer.l2_unsafe
    assert len(verifier.drops) == len(Garbage)


def test_strangers_do_not_count() -> None:
    """Batches of somebody else's, and the batcher's in another inbox, are not even looked at."""
    world, miner, sequencer, verifier, batcher = stage(Fork.ISTHMUS)
    stranger = Batcher(world, sequencer, key=world.alice.key)
    sequencer.act_build_l2_blocks(2)
    stranger.act_submit_all()
    batcher.act_buffer_all()
    batcher.act_channel_close()
    frame = batcher.next_frame()
    batcher.user.act_send_l1(world.bob.address, frame)
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe.number == 0
    assert verifier.drops == []
    batcher.act_submit_raw(frame)
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe


def test_garbage_after_a_batch() -> None:
    """What comes before the garbage in a channel counts."""
    _world, miner, sequencer, verifier, batcher = stage(Fork.ISTHMUS)
    sequencer.act_build_l2_blocks(2)
    batcher.span = False
    batcher.act_buffer_all()
    batcher.act_channel_close()
    assert batcher.channel is not None
    content = zlib.decompress(batcher.channel.output_frame(1_000_000).data)
    batcher.act_submit_raw(frames_of(bytes(16), zlib.compress(content + b"\xff\xff"))[0])
    miner.act_l1_block()
    verifier.act_sync()
    assert verifier.l2_safe == sequencer.l2_unsafe
    assert set(verifier.drop_reasons) <= {DropReason.CHANNEL_CUT_SHORT}
