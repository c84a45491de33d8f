"""Sequencing: new blocks at the tip of the unsafe chain.

:class:`Sequencer` schedules them and takes each through build, commitment, gossip and insertion;
:class:`L1OriginSelector` finds the L1 block that each belongs to. Both are components of the driver and
deterministic, given a clock. Specification: protocol/derivation.md (L1 origins and the sequencer drift),
protocol/rollup-node.md.
"""

from pyoprollup.sequencing.errors import (
    HeadMismatch,
    NextOriginOrphaned,
    NextOriginRequired,
    NoPrestate,
    NotLeader,
    SequencerAlreadyStarted,
    SequencerAlreadyStopped,
    SequencingError,
)
from pyoprollup.sequencing.origin_selector import L1OriginSelector
from pyoprollup.sequencing.ports import NoListener, SequencerStateListener
from pyoprollup.sequencing.sequencer import Sequencer
from pyoprollup.sources.l1 import L1Blocks

__all__ = [
    "HeadMismatch",
    "L1Blocks",
    "L1OriginSelector",
    "NextOriginOrphaned",
    "NextOriginRequired",
    "NoListener",
    "NoPrestate",
    "NotLeader",
    "Sequencer",
    "SequencerAlreadyStarted",
    "SequencerAlreadyStopped",
    "SequencerStateListener",
    "SequencingError",
]
