"""Which topic a block is published on, and which topics a node joins.

Specification: protocol/rollup-node-p2p.md, Gossip Topics. A topic is ``/optimism/<L2 chain id>/<n>/blocks``;
``n`` is the encoding of payloads on it: one less than their version.
"""

from __future__ import annotations

from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L2Time

__all__ = ["blocks_topic", "blocks_topics", "published_version"]


def blocks_topic(chain_id: int, version: BlockVersion) -> str:
    """The topic for payloads of a version."""
    return f"/optimism/{chain_id}/{version - 1}/blocks"


def blocks_topics(chain_id: int) -> dict[str, BlockVersion]:
    """The topics that a node joins, with the version of the payloads on them.

    All of them, whatever the chain's forks: nothing has to change at an activation, and what is sent on a
    topic of the wrong fork fails validation.
    """
    return {blocks_topic(chain_id, version): version for version in BlockVersion}


def published_version(config: RollupConfig, timestamp: int) -> BlockVersion:
    """The version whose topic a payload of this time (seconds) is published on."""
    return config.rules_at_l2(L2Time(timestamp)).payload_version
