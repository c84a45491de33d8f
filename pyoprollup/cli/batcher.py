"""``pyoprollup batcher``: puts the blocks of a sequencer on L1."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoprollup.cli.log_options import LogOptions
from pyoprollup.cli.options import choice, option, service_command
from pyoprollup.cli.service_options import (
    L1Options,
    MetricsOptions,
    RollupRpcOptions,
    ServerOptions,
    TxOptions,
    listed,
    read_l1_chain,
)
from pyoprollup.cli.services import run_service, service_log
from pyoprollup.derive.params import SINGULAR_BATCH_TYPE, SPAN_BATCH_TYPE
from pyoprollup.rollup import RollupConfig

if TYPE_CHECKING:
    from pyoprollup.services import BatcherServiceConfig, Waiting
    from pyoprollup.services.sending import RollupEndpoints

__all__ = ["BATCHER_OPTIONS", "BatcherOptions", "batcher_command"]

_BATCH_TYPES = {"0": SINGULAR_BATCH_TYPE, "1": SPAN_BATCH_TYPE}
_BATCH_TYPES |= {"singular": SINGULAR_BATCH_TYPE, "span": SPAN_BATCH_TYPE}


def _batch_type(text: str) -> int:
    try:
        return _BATCH_TYPES[text.lower()]
    except KeyError:
        raise ValueError(f"{text!r} is none of {', '.join(_BATCH_TYPES)}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatcherOptions:
    """What is put on L1, and how. The defaults are op-batcher's."""

    l2: tuple[str, ...] = option(
        "--l2-eth-rpc",
        "JSON-RPC of the execution client; as many as there are rollup nodes, in the same order.",
        metavar="URL",
    )
    stopped: bool = option("--stopped/--no-stopped", "Wait for admin_startBatcher.", default=False)
    poll_interval: float = option(
        "--poll-interval", "Time between looks at the node.", default=6.0, metavar="SECONDS", unit="s"
    )
    max_pending_tx: int = option(
        "--max-pending-tx", "Transactions on their way at a time; 0: any number.", default=1, metavar="N"
    )
    max_channel_duration: int = option(
        "--max-channel-duration",
        "L1 blocks that a channel stays open; 0: until it is full.",
        default=0,
        metavar="N",
    )
    sub_safety_margin: int = option(
        "--sub-safety-margin",
        "L1 blocks by which to be early for channel timeout and sequencing window.",
        default=10,
        metavar="N",
    )
    batch_type: int = option(
        "--batch-type",
        "How blocks are grouped: 0 (singular) or 1 (span).",
        default=SINGULAR_BATCH_TYPE,
        metavar="TYPE",
        parse=_batch_type,
    )
    max_blocks_per_span_batch: int = option(
        "--max-blocks-per-span-batch", "Blocks in a span batch; 0: any number.", default=0, metavar="N"
    )
    data_availability: str = option(
        "--data-availability-type",
        "Where the data goes: calldata, blobs or auto.",
        default="calldata",
        metavar="KIND",
        parse=choice("calldata", "blobs", "auto"),
    )
    target_num_frames: int = option(
        "--target-num-frames", "Frames of a channel, and so blobs of a transaction.", default=1, metavar="N"
    )
    max_l1_tx_size: int = option(
        "--max-l1-tx-size-bytes", "Calldata of one transaction.", default=120_000, metavar="BYTES", unit="B"
    )
    compressor: str = option(
        "--compressor",
        "When a channel is full: shadow, ratio or none.",
        default="shadow",
        metavar="KIND",
        parse=choice("shadow", "ratio", "none"),
    )
    approx_compr_ratio: float = option(
        "--approx-compr-ratio", "Expected by the ratio compressor.", default=0.6, metavar="RATIO"
    )
    compression_algo: str = option(
        "--compression-algo",
        "zlib, brotli, brotli-9, brotli-10 or brotli-11.",
        default="zlib",
        metavar="NAME",
        parse=choice("zlib", "brotli", "brotli-9", "brotli-10", "brotli-11"),
    )
    check_recent_txs_depth: int = option(
        "--check-recent-txs-depth",
        "L1 blocks to look back for the batcher's own last transaction at the start.",
        default=0,
        metavar="N",
    )
    wait_node_sync: bool = option(
        "--wait-node-sync/--no-wait-node-sync",
        "Begin when the node has derived all of L1.",
        default=False,
    )
    prefer_local_safe_l2: bool = option(
        "--prefer-local-safe-l2/--no-prefer-local-safe-l2",
        "Whether a block counts as safe before those of other chains that it depends on do.",
        default=True,
    )
    throttle_lower: int = option(
        "--throttle-unsafe-da-bytes-lower-threshold",
        "Bytes not on L1 yet above which engines are told to make smaller blocks; 0: never.",
        default=3_200_000,
        metavar="BYTES",
        unit="B",
        alias="--throttle.unsafe-da-bytes-lower-threshold",
    )
    throttle_upper: int = option(
        "--throttle-unsafe-da-bytes-upper-threshold",
        "Bytes from which on they are throttled to the full; 0: four times the lower threshold.",
        default=0,
        metavar="BYTES",
        unit="B",
        alias="--throttle.unsafe-da-bytes-upper-threshold",
    )
    throttle_controller: str = option(
        "--throttle-controller-type",
        "How throttling grows: step, linear, quadratic or pid.",
        default="quadratic",
        metavar="KIND",
        parse=choice("step", "linear", "quadratic", "pid"),
        alias="--throttle.controller-type",
    )
    throttling_endpoints: tuple[str, ...] = option(
        "--additional-throttling-endpoints",
        "Further execution clients to throttle.",
        default=(),
        metavar="URL",
    )


BATCHER_OPTIONS = (
    L1Options,
    RollupRpcOptions,
    BatcherOptions,
    TxOptions,
    ServerOptions,
    MetricsOptions,
    LogOptions,
)
"""The classes of its options."""


@service_command("batcher", *BATCHER_OPTIONS)
def batcher_command(
    l1: L1Options,
    node: RollupRpcOptions,
    options: BatcherOptions,
    txs: TxOptions,
    server: ServerOptions,
    metrics: MetricsOptions,
    logs: LogOptions,
) -> None:
    """Run a batcher: blocks of the sequencer go into channels, and these onto L1.

    The rollup's configuration is asked of the rollup node. Stops at SIGINT or SIGTERM.
    """
    from pyoprollup.services import BatcherService

    key = txs.key()
    nodes = node.endpoints()
    log = service_log(logs)

    def build(waiting: Waiting) -> BatcherService:
        rollup = waiting.until("rollup", nodes.config)
        config = service_config(rollup, nodes, key, l1, options, txs, node)
        return BatcherService(config, server.observability(metrics), log)

    run_service(build, log, "batcher")


def service_config(
    rollup: RollupConfig,
    nodes: RollupEndpoints,
    key: bytes,
    l1: L1Options,
    options: BatcherOptions,
    txs: TxOptions,
    node: RollupRpcOptions,
) -> BatcherServiceConfig:
    """What the service is given."""
    from pyoprollup.batcher import BatcherConfig, ChannelConfig, CompressorKind
    from pyoprollup.batcher.throttle_rules import ThrottleConfig, ThrottleControllerType
    from pyoprollup.derive.compression.channel_compressor import CompressionAlgo
    from pyoprollup.rollup.time import L1Time
    from pyoprollup.services import BatcherServiceConfig
    from pyoprollup.services.sending import Account

    channel = ChannelConfig(
        seq_window_size=rollup.seq_window_size,
        channel_timeout=rollup.channel_timeout_at(L1Time(int(time.time()))),
        max_channel_duration=options.max_channel_duration,
        sub_safety_margin=options.sub_safety_margin,
        max_blocks_per_span_batch=options.max_blocks_per_span_batch,
        target_num_frames=options.target_num_frames,
        batch_type=options.batch_type,
        compressor=CompressorKind(options.compressor),
        approx_compr_ratio=options.approx_compr_ratio,
        compression_algo=CompressionAlgo(options.compression_algo),
    )
    return BatcherServiceConfig(
        rollup=rollup,
        l1=l1.endpoints(rounds=1),
        l2_urls=listed(options.l2),
        nodes=nodes,
        account=Account(key=key, config=txs.tx_config(rollup.l1_chain_id)),
        batcher=BatcherConfig(
            poll_interval=options.poll_interval,
            max_pending_txs=options.max_pending_tx,
            wait_node_sync=options.wait_node_sync,
            check_recent_txs_depth=options.check_recent_txs_depth,
            prefer_local_safe_l2=options.prefer_local_safe_l2,
        ),
        channel=channel,
        data_availability=options.data_availability,
        max_l1_tx_size=options.max_l1_tx_size,
        throttle=ThrottleConfig(
            lower_threshold=options.throttle_lower,
            upper_threshold=options.throttle_upper,
            controller=ThrottleControllerType(options.throttle_controller),
        ),
        throttling_urls=listed(options.throttling_endpoints),
        stopped=options.stopped,
        l1_chain=read_l1_chain(l1.l1_chain_config),
        l2_timeout=node.network_timeout,
    )
