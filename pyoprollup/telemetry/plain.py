"""Values of news in the words of JSON."""

from __future__ import annotations

from dataclasses import is_dataclass
from enum import Enum
from typing import Any

from pyoprollup.derive import AttributesWithParent
from pyoprollup.derive.provenance import BatchSource
from pyoprollup.engine import PayloadInfo
from pyoprollup.eth.payload import ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import to_hex

__all__ = ["plain"]


def plain(value: Any) -> Any:
    """A value as JSON: blocks by number and hash, attributes by what they build on, errors by their text."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return to_hex(value)
        case L2BlockRef():
            return {**_block(value.number, value.hash), "l1_origin": value.l1_origin.number}
        case BlockID() | L1BlockRef():
            return _block(value.number, value.hash)
        case ExecutionPayloadEnvelope():
            return _payload(value.payload)
        case PayloadInfo():
            return to_hex(value.id)
        case AttributesWithParent():
            return {**_attributes(value), "source": _source(value.source)}
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _ if hasattr(value, "attributes") and is_dataclass(value):
            return _attributes(value)
    return str(value)


def _block(number: int, block_hash: bytes) -> dict[str, Any]:
    return {"number": number, "hash": to_hex(block_hash)}


def _payload(payload: ExecutionPayload) -> dict[str, Any]:
    block = _block(payload.block_number, payload.block_hash)
    return {**block, "transactions": len(payload.transactions)}


def _attributes(value: Any) -> dict[str, Any]:
    attributes = value.attributes
    return {
        "number": value.parent.number + 1,
        "parent": to_hex(value.parent.hash),
        "timestamp": attributes.timestamp,
        "transactions": len(attributes.transactions),
    }


def _source(source: BatchSource | None) -> dict[str, Any] | None:
    """The channel that a batch came in, and the transactions that the channel came in."""
    channel = None if source is None else source.channel
    if source is None or channel is None:
        return None
    data = [frame.data for frame in channel.frames if frame is not None and frame.data is not None]
    return {
        "channel": channel.id.hex(),
        "compression": source.compression,
        "frames": len(channel.frames),
        "bytes": channel.size,
        "transactions": list(dict.fromkeys(to_hex(each.tx_hash) for each in data)),
        "l1_blocks": sorted({each.block.number for each in data}),
    }
