"""Blocks, channels and a manager, for the batcher's tests."""

from __future__ import annotations

import random
from functools import cache
from itertools import count
from typing import Any

from pyoprollup.batcher import ChannelBuilder, ChannelConfig, ChannelManager, SizedBlock, StaticChannelConfig
from pyoprollup.batcher.channel_builder import new_channel_out
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.rollup import RollupConfig
from tests.batching import Sequencer
from tests.flow.rollup import chain_config
from tests.simulated_l1 import SimulatedL1


@cache
def chain(seed: int = 0, length: int = 60) -> tuple[RollupConfig, tuple[ExecutionPayload, ...]]:
    """A rollup and its first blocks, six on each L1 block."""
    l1 = SimulatedL1(seed)
    config = chain_config([l1.tip.ref], "holocene", seq_window_size=100)
    for _ in range(length // 6 + 1):
        l1.mine()
    sequencer = Sequencer(config, l1, random.Random(seed))
    blocks = [sequencer.build() for _ in range(length)]
    return config, tuple(sequencer.chain.payload_by_number(block.number) for block in blocks)


CONFIG, PAYLOADS = chain()
BLOCKS = [SizedBlock(CONFIG, payload) for payload in PAYLOADS]


def l1_block(number: int) -> BlockID:
    return BlockID(ZERO_HASH, number)


def channel_config(**changes: Any) -> ChannelConfig:
    options = {"max_frame_size": 300, "sub_safety_margin": 4, "max_channel_duration": 0, **changes}
    config = ChannelConfig(100, options.pop("channel_timeout", 20), **options)
    config.check()
    return config


def builder(last_origin: int = 0, **changes: Any) -> ChannelBuilder:
    config = channel_config(**changes)
    return ChannelBuilder(config, new_channel_out(config, CONFIG, b"channel".ljust(16, b"\0")), last_origin)


def manager(provider: Any = None, **changes: Any) -> ChannelManager:
    ids = (bytes([number]) * 16 for number in count(1))
    changes = {"target_num_frames": 3, "max_frame_size": 400, **changes}
    provider = provider or StaticChannelConfig(channel_config(**changes))
    return ChannelManager(CONFIG, provider, lambda: next(ids))
