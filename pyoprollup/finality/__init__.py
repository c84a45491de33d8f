"""Finality of L2 blocks, from the finality of the L1 blocks that they were derived from.

Specification: protocol/derivation.md, Engine Queue.
"""

from __future__ import annotations

from pyoprollup.finality.altda import AltDAFinalizer
from pyoprollup.finality.finalizer import (
    DEFAULT_FINALITY_LOOKBACK,
    FINALITY_DELAY,
    FinalityData,
    FinalizeL1Event,
    Finalizer,
    TryFinalizeEvent,
    finality_lookback,
)
from pyoprollup.sources.l1 import L1Blocks

__all__ = [
    "DEFAULT_FINALITY_LOOKBACK",
    "FINALITY_DELAY",
    "AltDAFinalizer",
    "FinalityData",
    "FinalizeL1Event",
    "Finalizer",
    "L1Blocks",
    "TryFinalizeEvent",
    "finality_lookback",
]
