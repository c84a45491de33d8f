"""``engine_getPayloadBodies…``: what blocks contain, for clients that have their headers.

Specification: execution-apis, engine/shanghai.md, engine_getPayloadBodiesByHashV1 and …ByRangeV1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.types import Hash32, hash_from_hex, quantity_from_hex, to_hex
from pyoprollup.execution.rpc.engine_checks import TOO_LARGE, engine_error
from pyoprollup.execution.store.ports import ChainReader
from pyoprollup.rpc.errors import INVALID_PARAMS

__all__ = ["MAX_BODIES", "bodies_methods"]

MAX_BODIES = 1024


def bodies_methods(chain: ChainReader) -> dict[str, Callable[..., Any]]:
    """The two methods over ``chain``."""

    def by_hash(hashes: Any) -> list[Any]:
        if not isinstance(hashes, list):
            raise DecodeError("hashes: expected a list")
        if len(hashes) > MAX_BODIES:
            raise engine_error(TOO_LARGE, f"requested count too large: {len(hashes)}")
        return [_body(chain, hash_from_hex(item, "hashes")) for item in hashes]

    def by_range(start: Any, count: Any) -> list[Any]:
        first, number = quantity_from_hex(start, "start", 64), quantity_from_hex(count, "count", 64)
        if not first or not number:
            raise engine_error(INVALID_PARAMS, f"invalid start or count, start: {first} count: {number}")
        if number > MAX_BODIES:
            raise engine_error(TOO_LARGE, f"requested count too large: {number}")
        head = chain.header(chain.heads.unsafe)
        last = first + number - 1 if head is None else min(first + number - 1, head.number)
        return [_body(chain, chain.canonical_hash(height)) for height in range(first, last + 1)]

    return {"engine_getPayloadBodiesByHashV1": by_hash, "engine_getPayloadBodiesByRangeV1": by_range}


def _body(chain: ChainReader, block_hash: Hash32 | None) -> dict[str, Any] | None:
    envelope = None if block_hash is None else chain.envelope(block_hash)
    if envelope is None:
        return None
    payload = envelope.payload
    return {
        "transactions": [to_hex(raw) for raw in payload.transactions],
        "withdrawals": None if payload.withdrawals is None else [],
    }
