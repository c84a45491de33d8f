"""The rollup node: :class:`NodeCore` puts it together from parts.

The core has no thread, clock or socket. Specification: protocol/rollup-node.md.
"""

from __future__ import annotations

from pyoprollup.node.core import NodeCore, NodeStopped
from pyoprollup.node.parts import GossipParts, NodeOptions, SequencerParts

__all__ = ["GossipParts", "NodeCore", "NodeOptions", "NodeStopped", "SequencerParts"]
