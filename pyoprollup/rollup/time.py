"""Two clocks, two types.

A limit that is keyed on the wrong clock is a consensus fault that has shipped elsewhere, so the
time of an L1 block and the time of an L2 block are different types. Both count seconds since the
Unix epoch.
"""

from __future__ import annotations

from typing import NewType

__all__ = ["L1Time", "L2Time"]

L1Time = NewType("L1Time", int)
"""Timestamp of an L1 block: the block being derived from, or the L1 origin of an L2 block."""

L2Time = NewType("L2Time", int)
"""Timestamp of an L2 block."""
