"""The rollup node: :class:`NodeCore` puts it together from parts.

The core has no thread, clock or socket. Around it, :class:`Service` runs a schedule in a thread,
:class:`Fetcher` reads a slow L1 in others, with :class:`Prefetcher` ahead of derivation, and
:class:`L1Follower` its heads. Specification: protocol/rollup-node.md.
"""

from __future__ import annotations

from pyoprollup.node.core import NodeCore, NodeStopped
from pyoprollup.node.fetcher import Fetcher
from pyoprollup.node.l1_follower import L1Follower
from pyoprollup.node.parts import GossipParts, NodeOptions, SequencerParts
from pyoprollup.node.prefetcher import Prefetcher
from pyoprollup.node.service import Health, Service, ServiceFailed

__all__ = [
    "Fetcher",
    "GossipParts",
    "Health",
    "L1Follower",
    "NodeCore",
    "NodeOptions",
    "NodeStopped",
    "Prefetcher",
    "SequencerParts",
    "Service",
    "ServiceFailed",
]
