"""The version of each Engine API method at a timestamp.

The version of the payload decides (``Rules.payload_version``). Specification: protocol/exec-engine.md,
Engine API; protocol/isthmus/exec-engine.md.
"""

from __future__ import annotations

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.evm_rules import BaseEvm
from pyoprollup.rollup.time import L2Time

__all__ = [
    "forkchoice_updated_method",
    "forkchoice_updated_version",
    "get_payload_method",
    "new_payload_method",
    "payload_version_at",
]

_METHODS = {
    BlockVersion.V1: (1, 2),
    # Engines refuse version 2 of the update before Shanghai, although the specification would allow it.
    BlockVersion.V2: (2, 2),
    BlockVersion.V3: (3, 3),
    BlockVersion.V4: (3, 4),
}
"""For each version of a payload that of the forkchoice update with attributes, and of ``newPayload`` and
``getPayload``."""


def payload_version_at(config: RollupConfig, timestamp: int) -> BlockVersion:
    """The version of the payload of a block of this time, in seconds."""
    return config.rules_at_l2(L2Time(timestamp)).payload_version


def forkchoice_updated_version(config: RollupConfig, attributes: PayloadAttributes | None) -> int:
    """By the attributes' time; without attributes all versions are the same and the newest will do."""
    return 3 if attributes is None else _METHODS[payload_version_at(config, attributes.timestamp)][0]


def forkchoice_updated_method(config: RollupConfig, attributes: PayloadAttributes | None) -> str:
    """The name of the method in :func:`forkchoice_updated_version`'s version."""
    return f"engine_forkchoiceUpdatedV{forkchoice_updated_version(config, attributes)}"


def new_payload_method(config: RollupConfig, timestamp: int) -> str:
    """By the payload's time."""
    return f"engine_newPayloadV{_METHODS[payload_version_at(config, timestamp)][1]}"


def get_payload_method(config: RollupConfig, timestamp: int) -> str:
    """By the time of the block being built. Karst has a version of its own here only."""
    rules = config.rules_at_l2(L2Time(timestamp))
    version = 5 if rules.evm.base >= BaseEvm.OSAKA else _METHODS[rules.payload_version][1]
    return f"engine_getPayloadV{version}"
