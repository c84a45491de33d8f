"""The check of ``batcher_v2``: the newest channel manager, driven by a script.

A script is compared to its end unless the sizes of two encoders come into it: Go's compressors give a few
bytes more or less than ours, so a channel that just fills a frame, or just reaches its target, may have one
frame or one block more there. Such a script is compared up to that point.
"""

from __future__ import annotations

from itertools import count

from pyoprollup.batcher.channel import Channel
from pyoprollup.batcher.channel_config import ChannelConfig, CompressorKind
from pyoprollup.batcher.channel_config_provider import StaticChannelConfig
from pyoprollup.batcher.channel_manager import ChannelManager
from pyoprollup.batcher.errors import BatcherError, NoTxData
from pyoprollup.batcher.tx_data import FrameID, TxID
from pyoprollup.derive.compression.channel_compressor import CompressionAlgo
from pyoprollup.derive.params import FRAME_V0_OVERHEAD
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.vectors.batcher_formats import script_payload
from pyoprollup.vectors.core import Case, Mismatch, expect, register

__all__ = ["replay_script"]

_EDGE = 8
"""Bytes by which Go's compressors may differ from ours on the small channels of the scripts."""


@register("batcher_v2")
def check_script(case: Case) -> None:
    """Run a case's script with :func:`replay_script` and compare its outcome."""
    replay_script(case)


def replay_script(case: Case) -> int:
    """How many operations of a script were compared: all of them, or those up to an encoder's edge.

    Raises :class:`~pyoprollup.vectors.core.Mismatch` when the manager does otherwise without that excuse.
    """
    manager = _manager(case)
    payloads = [script_payload(block) for block in case["blocks"]]
    for compared, op in enumerate(case["ops"]):
        try:
            match op["op"]:
                case "add_block":
                    expect("ok", op["error"] is None, _added(manager, payloads[op["block"]]))
                case "tx_data":
                    _check_tx_data(manager, op)
                case "tx_failed":
                    manager.tx_failed(_tx_id(op["tx_id"]))
                case "tx_confirmed":
                    manager.tx_confirmed(_tx_id(op["tx_id"]), BlockID(ZERO_HASH, op["inclusion_block"]))
                case "prune_channels":
                    manager.prune_channels(op["count"])
                case other:
                    raise Mismatch(f"operation {other!r} is not known")
            _check_state(manager, op)
        except Mismatch as exc:
            if any(_is_at_an_edge(channel) for channel in manager.channels):
                return compared
            raise Mismatch(f"ops[{compared}] {op['op']}: {exc}") from exc
    return len(case["ops"])


def _manager(case: Case) -> ChannelManager:
    names = case["channel_config"]
    kinds = {
        "compressor": CompressorKind(names["compressor"]),
        "compression_algo": CompressionAlgo(names["compression_algo"]),
    }
    config = ChannelConfig(**{**names, **kinds})
    ids = (bytes((0xC0, number)) + bytes(14) for number in count(1))
    rollup = RollupConfig.from_json(case["rollup_config"])
    return ChannelManager(rollup, StaticChannelConfig(config), lambda: next(ids))


def _added(manager: ChannelManager, payload: ExecutionPayload) -> bool:
    try:
        manager.add_l2_block(payload)
    except BatcherError:
        return False
    return True


def _check_tx_data(manager: ChannelManager, op: Case) -> None:
    try:
        tx = manager.tx_data(BlockID(ZERO_HASH, op["l1_head"]), force=op["force"])
    except NoTxData:
        expect("eof", op["eof"], True)
        return
    expect("eof", op["eof"], False)
    expect("tx_id", op["tx_id"], str(tx.id))
    expect("as_blob", op["as_blob"], tx.as_blob)


def _check_state(manager: ChannelManager, op: Case) -> None:
    expect("pending_blocks", op["pending_blocks"], manager.pending_blocks)
    submitted = [channel["fully_submitted"] for channel in op["channels"] or []]
    expect("channels", submitted, [channel.is_fully_submitted for channel in manager.channels])
    expect("current", op["current"], manager.current_channel is not None)


def _tx_id(text: str) -> TxID:
    """A transaction by its text: ``channel:number+number``, for several channels joined with ``|``."""
    frames: list[FrameID] = []
    for part in text.split("|"):
        channel, _, numbers = part.partition(":")
        frames += [FrameID(bytes.fromhex(channel), int(number)) for number in numbers.split("+")]
    return TxID(frames)


def _is_at_an_edge(channel: Channel) -> bool:
    """Whether the channel's compressed size is just at the end of a frame or at its target."""
    builder, config = channel.builder, channel.config
    size = builder.output_bytes - FRAME_V0_OVERHEAD * builder.total_frames
    room = config.max_frame_size - FRAME_V0_OVERHEAD
    past_frame = (size + _EDGE) % room
    return past_frame <= 2 * _EDGE or abs(size - config.target_output_size) <= _EDGE
