"""Turns the sequencer's blocks into transactions to the batch inbox on L1.

The package reads no clock and starts no thread: its owner calls ``step`` when something is due.

Specification: protocol/batcher.md.
"""

from pyoprollup.batcher.block import SizedBlock
from pyoprollup.batcher.channel import Channel
from pyoprollup.batcher.channel_builder import ChannelBuilder, FullReason, new_channel_out
from pyoprollup.batcher.channel_config import ChannelConfig, CompressorKind
from pyoprollup.batcher.channel_config_provider import DynamicEthChannelConfig, StaticChannelConfig
from pyoprollup.batcher.channel_manager import ChannelManager
from pyoprollup.batcher.config import BatcherConfig
from pyoprollup.batcher.driver import BatchSubmitter
from pyoprollup.batcher.errors import BatcherError, NoTxData, ReorgError, ThrottlingUnsupported
from pyoprollup.batcher.metrics import BatcherMetrics
from pyoprollup.batcher.ports import AltDAClient, ThrottlingEndpoint
from pyoprollup.batcher.publisher import Publisher, TxPoolState
from pyoprollup.batcher.sync_actions import SyncActions, compute_sync_actions
from pyoprollup.batcher.throttle_rules import (
    PIDConfig,
    ThrottleConfig,
    ThrottleController,
    ThrottleControllerType,
    ThrottleParams,
)
from pyoprollup.batcher.throttler import Throttler
from pyoprollup.batcher.tx_data import FrameData, FrameID, TxData, TxID
from pyoprollup.errors import Unavailable
from pyoprollup.sources.l2 import L2Payloads, RollupSource

__all__ = [
    "AltDAClient",
    "BatchSubmitter",
    "BatcherConfig",
    "BatcherError",
    "BatcherMetrics",
    "Channel",
    "ChannelBuilder",
    "ChannelConfig",
    "ChannelManager",
    "CompressorKind",
    "DynamicEthChannelConfig",
    "FrameData",
    "FrameID",
    "FullReason",
    "L2Payloads",
    "NoTxData",
    "PIDConfig",
    "Publisher",
    "ReorgError",
    "RollupSource",
    "SizedBlock",
    "StaticChannelConfig",
    "SyncActions",
    "ThrottleConfig",
    "ThrottleController",
    "ThrottleControllerType",
    "ThrottleParams",
    "Throttler",
    "ThrottlingEndpoint",
    "ThrottlingUnsupported",
    "TxData",
    "TxID",
    "TxPoolState",
    "Unavailable",
    "compute_sync_actions",
    "new_channel_out",
]
