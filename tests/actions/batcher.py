"""A batcher whose every move can be told: which blocks, in what kind of batch, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import pytest

from pyoprollup.batcher.block import SizedBlock
from pyoprollup.derive import CompressionAlgo, SingularBatch, SingularChannelOut, SpanChannelOut
from pyoprollup.derive.codec.frame import Frame
from pyoprollup.derive.compression.channel_compressor import ChannelCompressor
from pyoprollup.derive.params import FRAME_V0_OVERHEAD
from pyoprollup.eth.blobs import blob_from_data
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.eth.transactions import BLOB_TX_TYPE
from pyoprollup.eth.types import Hash32
from pyoprollup.rollup import Fork
from pyoprollup.rollup.time import L2Time
from pyoprollup.txmgr.sidecar import make_sidecar
from tests.actions.harness import GWEI, Miner, User, World, up_to
from tests.actions.nodes import Verifier
from tests.actions.sequencer import SequencerNode

__all__ = ["BATCH_TYPES", "Batcher", "Stage", "frames_of", "stage"]

Modify = Callable[[SingularBatch], SingularBatch]
_VERSION = b"\x00"


def frames_of(channel_id: bytes, data: bytes, count: int = 1) -> list[bytes]:
    """Batcher data, a frame each, for what shall be the content of a channel."""
    size = -(-len(data) // count)
    parts = [data[at : at + size] for at in range(0, max(len(data), 1), max(size, 1))]
    last = len(parts) - 1
    return [_VERSION + Frame(channel_id, n, part, n == last).encode() for n, part in enumerate(parts)]


class Batcher:
    """Takes blocks of a node. Without ``span``, span batches are used as soon as they are allowed."""

    def __init__(
        self,
        world: World,
        node: Verifier,
        *,
        key: bytes | None = None,
        span: bool | None = None,
        blobs: bool = False,
        algo: CompressionAlgo = CompressionAlgo.ZLIB,
        max_tx_size: int = 120_000,
    ) -> None:
        self.world = world
        self.node = node
        self.user = User(world, key or world.keys.batcher)
        self.span = span
        self.blobs = blobs
        self.algo = algo
        self.max_tx_size = max_tx_size
        self.reset()

    def reset(self) -> None:
        """Forget everything: begin at the safe head again."""
        self.channel: SpanChannelOut | SingularChannelOut | None = None
        self.buffered: L2BlockRef | None = None

    # --- blocks into the channel

    def act_buffer(self, count: int = 1, modify: Modify = lambda batch: batch) -> None:
        """Add the next blocks to the channel, changed by ``modify``."""
        for _ in range(count):
            assert self._buffer(modify), "there is no block to buffer"

    def act_buffer_all(self, modify: Modify = lambda batch: batch) -> None:
        """Add all blocks that are not safe yet."""
        while self._buffer(modify):
            pass

    def _buffer(self, modify: Modify) -> bool:
        safe, unsafe = self.node.l2_safe, self.node.l2_unsafe
        last = self.buffered
        on_chain = (
            last is not None and last.number <= unsafe.number and self.node.hash(last.number) == last.hash
        )
        if last is None or last.number < safe.number or not on_chain:
            self.buffered, self.channel = safe, None
            last = safe
        if last.number >= unsafe.number:
            return False
        self.act_add_block(last.number + 1, modify)
        return True

    def act_add_block(self, number: int, modify: Modify = lambda batch: batch) -> None:
        """Add one block, whatever came before."""
        block = SizedBlock(self.world.config, self.node.envelope(number).payload)
        if self.channel is None:
            self.channel = self._new_channel(block.ref)
        self.channel.add_singular_batch(modify(block.batch), block.ref.sequence_number)
        self.buffered = block.ref

    def _new_channel(self, first: L2BlockRef) -> SpanChannelOut | SingularChannelOut:
        config = self.world.config
        span = self.span
        if span is None:
            span = config.rules_at_l2(L2Time(first.time)).span_batches
        if span:
            return SpanChannelOut(config, 1 << 22, self.algo, self.world.new_channel_id())
        return SingularChannelOut(config, ChannelCompressor(self.algo), self.world.new_channel_id())

    # --- frames out of it

    def act_channel_close(self) -> None:
        assert self.channel is not None, "there is no channel to close"
        self.channel.close()

    def next_frame(self, content: int | None = None) -> bytes:
        """The next frame as batcher data, with at most ``content`` bytes of the channel."""
        assert self.channel is not None, "there is no channel to read"
        size = self.max_tx_size if content is None else content + FRAME_V0_OVERHEAD
        frame = self.channel.output_frame(size)
        if frame.is_last:
            self.channel = None
        return _VERSION + frame.encode()

    def all_frames(self, count: int = 1) -> list[bytes]:
        """Close the channel and take all of it, in so many frames."""
        self.act_channel_close()
        assert self.channel is not None
        size = -(-self.channel.ready_bytes() // count)
        return [self.next_frame(size) for _ in range(count)]

    # --- onto L1

    def act_submit(self, content: int | None = None) -> Hash32:
        """Send the next frame to L1."""
        return self.act_submit_raw(self.next_frame(content))

    def act_submit_raw(self, *payloads: bytes, calldata: bytes = b"", **fields: Any) -> Hash32:
        """Send data to L1 in one transaction; more than one piece, and calldata besides, only as blobs."""
        inbox = self.world.config.batch_inbox_address
        if not self.blobs:
            (payload,) = payloads
            gas = 21_000 + 40 * len(payload) + 1000
            return self.user.act_send_l1(inbox, payload, gas=gas, **fields)
        sidecar, hashes = make_sidecar([blob_from_data(payload) for payload in payloads])
        options = {
            "type": BLOB_TX_TYPE,
            "gas": 21_000 + 40 * len(calldata),
            "blob_fee_cap": GWEI,
            "blob_versioned_hashes": hashes,
            "sidecar": sidecar,
        }
        return self.user.act_send_l1(inbox, calldata, **{**options, **fields})

    def act_submit_each(self, payloads: Iterable[bytes]) -> None:
        """Send data to L1, a transaction for each."""
        for payload in payloads:
            self.act_submit_raw(payload)

    def act_submit_all(self, modify: Modify = lambda batch: batch) -> None:
        """Send all blocks that are not safe yet, in one frame of one channel."""
        self.act_buffer_all(modify)
        if self.channel is not None:
            self.act_channel_close()
            self.act_submit()


class Stage(NamedTuple):
    """The usual cast."""

    world: World
    miner: Miner
    sequencer: SequencerNode
    verifier: Verifier
    batcher: Batcher


def stage(forks: Mapping[Fork, int] | Fork | None = None, **options: Any) -> Stage:
    """A sequencer, a verifier and a batcher, at rest at genesis. ``options`` are those of the world."""
    world = World(up_to(forks) if isinstance(forks, Fork) else forks, **options)
    sequencer, verifier = SequencerNode(world), Verifier(world)
    sequencer.act_l2_pipeline_full()
    verifier.act_l2_pipeline_full()
    return Stage(world, world.miner, sequencer, verifier, Batcher(world, sequencer))


BATCH_TYPES = pytest.mark.parametrize(
    "forks",
    [
        pytest.param(Fork.CANYON, id="SingularBatch"),
        pytest.param(Fork.GRANITE, id="SpanBatch"),
        pytest.param(Fork.ISTHMUS, id="SpanBatch-Isthmus"),
    ],
)
"""With singular batches, with span batches, and with span batches under the rules of Holocene and Isthmus."""
