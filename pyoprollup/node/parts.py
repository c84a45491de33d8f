"""What a node is made of, besides its engine and its sources: one value for each optional room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pyoprollup.conductor import Conductor, NoOpConductor
from pyoprollup.driver.sync_start import MAX_REORG_SEQ_WINDOWS
from pyoprollup.engine import SyncMode
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.p2p import BlockSigner, GossipTransport, RequestTransport, RuntimeConfig
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.sequencing import L1OriginSelector, SequencerStateListener
from pyoprollup.sources.l1 import L1Blocks
from pyoprollup.sources.l2 import L2Heads

__all__ = ["GossipParts", "NodeOptions", "SequencerParts"]


def _ignore_block(_envelope: ExecutionPayloadEnvelope) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """What an operator may choose. Depths, lookback and delay are in L1 blocks; defaults are for Ethereum."""

    sync_mode: SyncMode = SyncMode.CL
    verifier_conf_depth: int = 0
    """L1 blocks that must be on top of one that is derived from."""
    sequencer_conf_depth: int = 0
    """The same for an L1 origin of a new block."""
    skip_sync_start_check: bool = False
    max_reorg_seq_windows: int = MAX_REORG_SEQ_WINDOWS
    """How far the unsafe head may go back at once, in sequencing windows."""
    finality_lookback: int | None = None
    finality_delay: int | None = None


@dataclass(frozen=True, slots=True)
class GossipParts:
    """A connection with other nodes.

    ``requests`` is the connection for requests: without it the node neither serves blocks nor asks for them.
    ``signer`` is for a node that publishes. ``served`` is the chain that is served, by default that of the
    node's engine. ``on_published`` is told of each block that went out.
    """

    transport: GossipTransport
    runtime: RuntimeConfig
    requests: RequestTransport | None = None
    signer: BlockSigner | None = None
    served: L2Heads | None = None
    on_published: Callable[[ExecutionPayloadEnvelope], None] = _ignore_block


@dataclass(frozen=True, slots=True)
class SequencerParts:
    """What makes a node a sequencer. ``max_safe_lag`` is in L2 blocks, 0 for no limit."""

    conductor: Conductor = field(default_factory=NoOpConductor)
    listener: SequencerStateListener | None = None
    max_safe_lag: int = 0
    origins: Callable[[RollupConfig, L1Blocks], L1OriginSelector] = L1OriginSelector
