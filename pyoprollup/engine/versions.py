"""Which version of an Engine API method a timestamp calls for.

Specification: protocol/exec-engine.md, Engine API; protocol/isthmus/exec-engine.md.
"""

from __future__ import annotations

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.evm_rules import BaseEvm
from pyoprollup.rollup.time import L2Time

__all__ = ["forkchoice_updated_method", "get_payload_method", "new_payload_method"]


def forkchoice_updated_method(config: RollupConfig, attributes: PayloadAttributes | None) -> str:
    """By the attributes' time; without attributes all versions are the same and the newest will do."""
    if attributes is None:
        return "engine_forkchoiceUpdatedV3"
    rules = config.rules_at_l2(L2Time(attributes.timestamp))
    if rules.parent_beacon_block_root:
        return "engine_forkchoiceUpdatedV3"
    # Engines refuse version 2 before Shanghai, although the specification would allow it.
    return "engine_forkchoiceUpdatedV2" if rules.withdrawals else "engine_forkchoiceUpdatedV1"


def new_payload_method(config: RollupConfig, timestamp: int) -> str:
    """By the payload's time."""
    return f"engine_newPayloadV{_payload_version(config, timestamp)}"


def get_payload_method(config: RollupConfig, timestamp: int) -> str:
    """By the time of the block being built. Karst has a version of its own here only."""
    if config.rules_at_l2(L2Time(timestamp)).evm.base >= BaseEvm.OSAKA:
        return "engine_getPayloadV5"
    return f"engine_getPayloadV{_payload_version(config, timestamp)}"


def _payload_version(config: RollupConfig, timestamp: int) -> int:
    rules = config.rules_at_l2(L2Time(timestamp))
    if rules.requests_hash:
        return 4
    return 3 if rules.parent_beacon_block_root else 2
