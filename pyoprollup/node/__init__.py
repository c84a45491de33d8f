"""The rollup node: :class:`NodeCore` puts it together from parts.

The core has no thread, clock or socket. Around it, :class:`Service` runs a schedule in a thread, and
:class:`Fetcher` reads a slow L1 in others. Specification: protocol/rollup-node.md.
"""

from __future__ import annotations

from pyoprollup.node.core import NodeCore, NodeStopped
from pyoprollup.node.fetcher import Fetcher
from pyoprollup.node.parts import GossipParts, NodeOptions, SequencerParts
from pyoprollup.node.service import Health, Service, ServiceFailed

__all__ = [
    "Fetcher",
    "GossipParts",
    "Health",
    "NodeCore",
    "NodeOptions",
    "NodeStopped",
    "SequencerParts",
    "Service",
    "ServiceFailed",
]
