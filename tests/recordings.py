"""The recorded L1 ranges among the fixtures, and what to do with them in a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyoprollup.derive import DerivationPipeline, Dropped
from pyoprollup.errors import Unavailable
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.replay import PseudoChain, derive_chain
from pyoprollup.replay.pseudo_chain import DerivedBlock
from pyoprollup.replay.recording import Recording, load_recording, read_json
from pyoprollup.vectors.recordings import load_vector_recording

GOLDEN = Path(__file__).resolve().parent.parent / "fixtures" / "golden"


def go_recordings() -> Iterator[tuple[str, Recording]]:
    """All cases of the Go pipeline vectors."""
    for path in sorted(GOLDEN.glob("pipeline_*.json.gz")):
        for case in read_json(path)["cases"]:
            yield case["name"], load_recording(case)


def go_recording(name: str) -> Recording:
    """The case of this name."""
    return next(recording for found, recording in go_recordings() if found == name)


def rust_recordings() -> Iterator[tuple[str, Recording]]:
    """All scenarios of the Rust vectors; their blocks' real hashes come from the pseudo rule here."""
    for path in sorted((GOLDEN / "pipeline_rust").glob("*.json.gz")):
        yield path.name.removesuffix(".json.gz"), load_vector_recording(read_json(path))


@dataclass
class Outcome:
    """All that a derivation produced."""

    blocks: list[DerivedBlock] = field(default_factory=list)
    drops: list[Dropped] = field(default_factory=list)
    head: L2BlockRef | None = None

    def chain(self) -> dict[int, DerivedBlock]:
        """The last block of each number: what is left after reorgs."""
        return {block.block.number: block for block in self.blocks}


def derive(recording: Recording, wrap: Callable[[Any], Any] = lambda source: source) -> Outcome:
    """Derive a recording, its reorg included; ``wrap`` stands between the pipeline and each source.

    Temporary errors are retried at once.
    """
    outcome = Outcome()
    recorded = recording.l1()
    chain = PseudoChain(recording.config, recording.start)
    l1 = wrap(recorded)
    pipeline = DerivationPipeline(recording.config, l1, l1, wrap(chain), drops=outcome.drops.append)
    _drain(pipeline, chain, recorded, outcome)
    if recording.reorg:
        recorded.reorg(recording.reorg)
        _drain(pipeline, chain, recorded, outcome)
    outcome.head = chain.safe_head
    return outcome


def _drain(pipeline: DerivationPipeline, chain: PseudoChain, l1: Any, outcome: Outcome) -> None:
    while True:
        try:
            for block in derive_chain(pipeline, chain, l1):
                outcome.blocks.append(block)
            return
        except Unavailable:
            continue
