"""Checks of ``batcher``, ``channel_out`` and ``txmgr_fees``: what the batcher makes, and what it pays.

Compressed bytes are not part of the protocol and differ between compressors; blocks, channels, frame
numbers and reasons do not, where a case's sizes leave room for the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from pyoprollup.batcher.channel_builder import new_channel_out
from pyoprollup.batcher.channel_config import ChannelConfig, CompressorKind
from pyoprollup.batcher.channel_config_provider import (
    CALLDATA_GAS_PER_BYTE,
    DynamicEthChannelConfig,
    StaticChannelConfig,
)
from pyoprollup.batcher.channel_manager import ChannelManager
from pyoprollup.batcher.errors import BatcherError, NoTxData
from pyoprollup.batcher.tx_data import FrameID, TxID
from pyoprollup.derive.batch_reader import BatchReader
from pyoprollup.derive.channel_out import ChannelOutError
from pyoprollup.derive.codec.batch import decode_batch
from pyoprollup.derive.codec.frame import Frame, parse_frames
from pyoprollup.derive.codec.raw_span_batch import RawSpanBatch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch_txs import full_transactions
from pyoprollup.derive.compression.channel_compressor import CompressionAlgo
from pyoprollup.derive.params import SPAN_BATCH_TYPE
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, hash_from_hex, quantity_from_hex
from pyoprollup.rollup.fork import Fork
from pyoprollup.txmgr import fees
from pyoprollup.txmgr.crafter import GasPriceCaps
from pyoprollup.txmgr.errors import FeeLimitError
from pyoprollup.vectors.core import Case, Mismatch, expect, register
from pyoprollup.vectors.fields import config_of, data

__all__ = ["replay_manager", "script_payload"]

_number = quantity_from_hex


# --- fees


@register("txmgr_fees", "update_fees")
def check_update_fees(case: Case) -> None:
    old_tip, old_fee, tip, base_fee = (
        _number(case[key]) for key in ("old_tip", "old_fee_cap", "new_tip", "new_base_fee")
    )
    bumped = fees.update_fees(old_tip, old_fee, tip, base_fee, case["is_blob"])
    expect("fees", (_number(case["tip"]), _number(case["fee_cap"])), bumped)


@register("txmgr_fees", "threshold")
def check_threshold(case: Case) -> None:
    threshold = fees.calc_threshold_value(_number(case["x"]), case["is_blob"])
    expect("threshold", _number(case["threshold"]), threshold)


@register("txmgr_fees", "check_limits")
def check_fee_limits(case: Case) -> None:
    tip, base_fee, bumped_tip, bumped_fee = (
        _number(case[key]) for key in ("tip", "base_fee", "bumped_tip", "bumped_fee")
    )
    threshold = None if case["threshold"] is None else _number(case["threshold"])
    ok = True
    try:
        multiplier = case["fee_limit_multiplier"]
        fees.check_limits(tip, base_fee, bumped_tip, bumped_fee, multiplier, threshold)
    except FeeLimitError:
        ok = False
    expect("ok", case["ok"], ok)


@register("txmgr_fees", "blob_fee_cap")
def check_blob_fee_cap(case: Case) -> None:
    cap = fees.calc_blob_fee_cap(_number(case["blob_base_fee"]), _number(case["min_blob_fee"]))
    expect("cap", _number(case["cap"]), cap)


def _prices(case: Case) -> Callable[[], GasPriceCaps]:
    """An L1 with the prices of a case."""
    caps = GasPriceCaps(*(_number(case[key]) for key in ("tip", "base_fee", "blob_base_fee")))
    return lambda: caps


@register("batcher", "dynamic")
def check_dynamic(case: Case) -> None:
    base = ChannelConfig(30, 20)
    provider = DynamicEthChannelConfig(
        _prices(case),
        base.for_blobs(case["blob_target_num_frames"]),
        base.for_calldata(case["calldata_max_frame_size"] + 1),
        CALLDATA_GAS_PER_BYTE,
    )
    expect("use_blobs", case["use_blobs"], provider.channel_config().use_blobs)


# --- channels


@register("channel_out")
def check_channel_out(case: Case) -> None:
    config = config_of(
        {"delta_time": 0, "fjord_time": case["fjord_time"]},
        l2_chain_id=case["chain_id"],
        genesis={"l2_time": case["genesis_l2_time"]},
    )
    kind = CompressorKind.NONE if case["span"] else CompressorKind(case["compressor"])
    channel_config = ChannelConfig(
        30,
        20,
        max_frame_size=case["max_frame_size"],
        max_blocks_per_span_batch=case["max_blocks_per_span"],
        batch_type=SPAN_BATCH_TYPE if case["span"] else 0,
        compressor=kind,
        approx_compr_ratio=case["approx_ratio"],
        compression_algo=CompressionAlgo(case["compr_algo"]),
        target_output_size=case["target_output_size"],
    )
    out = new_channel_out(channel_config, config, data(case["id"]))
    batches = [_singular(block["encoded"]) for block in case["blocks"]]
    accepted = 0
    for block, batch in zip(case["blocks"], batches, strict=True):
        try:
            out.add_singular_batch(batch, block["seq_num"])
        except ChannelOutError:
            break
        accepted += 1
        if block["error"] is None:
            expect("input_bytes", block["input_bytes"], out.input_bytes)
    if kind is CompressorKind.RATIO and not case["span"]:
        # This one goes by what is put in, so the compressor does not matter.
        expect("accepted", case["accepted"], accepted)
        expect("full", case["blocks"][-1]["full"], out.is_full())
    out.close()
    frames = [out.output_frame(case["max_frame_size"])]
    while not frames[-1].is_last:
        frames.append(out.output_frame(case["max_frame_size"]))
    rules = (case["chain_id"], case["fjord_time"] is not None)
    expect("content", _blocks(batches[:accepted]), _content(frames, *rules))
    theirs = [parse_frames(b"\0" + data(frame))[0] for frame in case["frames"]]
    expect("their content", _blocks(batches[: case["accepted"]]), _content(theirs, *rules))


def _singular(encoded: str) -> SingularBatch:
    batch = decode_batch(data(encoded))
    assert isinstance(batch, SingularBatch)
    return batch


def _blocks(batches: list[SingularBatch]) -> list[tuple[bytes, ...]]:
    return [batch.transactions for batch in batches]


def _content(frames: list[Frame], chain_id: int, fjord: bool) -> list[tuple[bytes, ...]]:
    """The transactions of each block in a channel."""
    expect("frame numbers", list(range(len(frames))), [frame.number for frame in frames])
    blocks: list[tuple[bytes, ...]] = []
    for batch, _ in BatchReader(b"".join(frame.data for frame in frames), 100_000_000, fjord):
        if isinstance(batch, RawSpanBatch):
            txs = iter(full_transactions(batch.txs, chain_id))
            blocks += [tuple(next(txs) for _ in range(size)) for size in batch.block_tx_counts]
        else:
            blocks.append(batch.transactions)
    return blocks


# --- the manager


@register("batcher", "manager")
def check_manager(case: Case) -> None:
    """Replay a script, see :func:`replay_manager`."""
    replay_manager(case)


def replay_manager(case: Case) -> int:
    """How many operations of a script were compared.

    It ends early at the first event that the reference treats otherwise today: since Holocene a failed
    transaction's frames go before those behind them, not after; a channel that timed out takes those after
    it along; and there is no closing for good.
    """
    manager = _manager(case)
    payloads = [script_payload(block) for block in case["blocks"]]
    for compared, op in enumerate(case["ops"]):
        match op["op"]:
            case "add_block":
                expect("error", op["error"] is not None, not _added(manager, payloads[op["block"]]))
            case "tx_data":
                if not _check_tx_data(manager, op):
                    return compared
            case "tx_failed":
                if not _is_last_sent(manager, op["tx_id"]):
                    return compared
                manager.tx_failed(_tx_id(op["tx_id"]))
            case "tx_confirmed":
                timed_out = manager.metrics.channels_timed_out
                newest = manager.channels[-1].id.hex() == op["tx_id"].partition(":")[0]
                manager.tx_confirmed(_tx_id(op["tx_id"]), BlockID(ZERO_HASH, op["inclusion_block"]))
                if manager.metrics.channels_timed_out > timed_out and not newest:
                    return compared
            case _:
                return compared
        _check_state(manager, op)
    return len(case["ops"])


def _manager(case: Case) -> ChannelManager:
    names, rollup = case["channel_config"], case["rollup"]
    last_fork = Fork[rollup["all_forks_at_0_up_to"].upper()]
    config = config_of(
        {fork.config_key: 0 for fork in Fork if Fork.BEDROCK < fork <= last_fork},
        l2_chain_id=rollup["chain_id"],
        block_time=rollup["block_time"],
        genesis={"l2_time": rollup["genesis_l2_time"]},
    )
    channel_config = ChannelConfig(
        **{
            **names,
            "compressor": CompressorKind(names["compressor"]),
            "compression_algo": CompressionAlgo(names["compression_algo"]),
        }
    )
    ids = (bytes([0xC0, number]) + bytes(14) for number in count(1))
    return ChannelManager(config, StaticChannelConfig(channel_config), lambda: next(ids))


def script_payload(block: Case) -> ExecutionPayload:
    """A block of a script, with what the batcher reads of it."""
    return ExecutionPayload(
        parent_hash=hash_from_hex(block["parentHash"]),
        fee_recipient=ZERO_ADDRESS,
        state_root=ZERO_HASH,
        receipts_root=ZERO_HASH,
        logs_bloom=bytes(256),
        prev_randao=ZERO_HASH,
        block_number=block["number"],
        gas_limit=0,
        gas_used=0,
        timestamp=block["timestamp"],
        extra_data=b"",
        base_fee_per_gas=0,
        block_hash=hash_from_hex(block["hash"]),
        transactions=tuple(map(data, block["transactions"])),
    )


def _added(manager: ChannelManager, payload: ExecutionPayload) -> bool:
    try:
        manager.add_l2_block(payload)
    except BatcherError:
        return False
    return True


def _check_tx_data(manager: ChannelManager, op: Case) -> bool:
    """Whether the comparison can go on."""
    if op["error"] is not None and op["error"].startswith("PANIC"):
        return False
    try:
        tx = manager.tx_data(BlockID(ZERO_HASH, op["l1_head"]))
    except NoTxData:
        expect("eof", op["eof"], True)
        return True
    expect("eof", op["eof"], False)
    expect("tx_id", op["tx_id"], str(tx.id))
    expect("as_blob", op["as_blob"], tx.as_blob)
    return True


def _tx_id(text: str) -> TxID:
    """A transaction of one channel by its text."""
    channel, _, numbers = text.partition(":")
    return TxID(FrameID(bytes.fromhex(channel), int(number)) for number in numbers.split("+"))


def _is_last_sent(manager: ChannelManager, text: str) -> bool:
    """Whether the transaction's channel has sent nothing after it, and has nothing more to send."""
    tx_id = _tx_id(text)
    for channel in manager.channels:
        if channel.id == tx_id[0].channel:
            return channel.builder.total_frames == tx_id[-1].number + 1
    raise Mismatch(f"tx_id: no channel for {text}")


def _check_state(manager: ChannelManager, op: Case) -> None:
    expect("pending_blocks", op["pending_blocks"], manager.pending_blocks)
    live = [channel for channel in manager.channels if not channel.is_fully_submitted]
    expect("channels", op["channels"], len(live))
    current = manager.current_channel
    reason = None if current is None or current not in live else current.builder.full_reason
    expect("full_reason", op["full_reason"], "" if reason is None else f"channel full: {reason}")
