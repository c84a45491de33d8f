"""The rollup node: :class:`NodeCore` puts it together from parts.

The core has no thread, clock or socket. Around it, :class:`Service` runs a schedule in a thread,
:class:`Fetcher` reads a slow L1 in others, with :class:`Prefetcher` ahead of derivation, and
:class:`L1Follower` its heads. Specification: protocol/rollup-node.md.
"""

from __future__ import annotations

from pyoprollup.node.backend import CoreBackend
from pyoprollup.node.core import NodeCore, NodeStopped
from pyoprollup.node.fetcher import Fetcher
from pyoprollup.node.l1_follower import L1Follower
from pyoprollup.node.parts import GossipParts, NodeOptions, SequencerParts
from pyoprollup.node.prefetcher import Prefetcher
from pyoprollup.node.safe_heads import NoSafeHead, NoSafeHeads, SafeHeadDB, SafeHeadReader
from pyoprollup.node.service import Health, Service, ServiceFailed

__all__ = [
    "CoreBackend",
    "Fetcher",
    "GossipParts",
    "Health",
    "L1Follower",
    "NoSafeHead",
    "NoSafeHeads",
    "NodeCore",
    "NodeOptions",
    "NodeStopped",
    "Prefetcher",
    "SafeHeadDB",
    "SafeHeadReader",
    "SequencerParts",
    "Service",
    "ServiceFailed",
]
