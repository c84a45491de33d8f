"""Derivation on recorded data: run it, explain it, take it apart.

A ``recording`` is a range of L1 blocks with their blobs and the L2 block to start after. ``pseudo_chain``
is an L2 chain that nobody executes, enough for the pipeline to run on; ``executed`` drives a real engine
along instead (and is not exported here, as loading the EVM takes a second). ``explain`` goes back from an
L2 block to the bytes on L1 that it came from, ``reassemble`` decodes batcher data without any chain.
"""

from __future__ import annotations

from pyoprollup.replay.pseudo_chain import DerivedBlock, PseudoChain, derive_chain
from pyoprollup.replay.recording import RecordedL1, Recording, load_recording

__all__ = ["DerivedBlock", "PseudoChain", "RecordedL1", "Recording", "derive_chain", "load_recording"]
