"""A small rollup that has run: its L1, to be served over a wire, and the L2 blocks that must come out of
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from pyoprollup.devnet import BatchType, Devnet, DevnetOptions
from pyoprollup.eth.types import Hash32
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.rollup import RollupConfig


@dataclass(frozen=True)
class Grown:
    """``hashes`` are those of the safe chain, from genesis on."""

    l1: EmbeddedL1
    config: RollupConfig
    genesis: Any
    hashes: tuple[Hash32, ...]


@cache
def grown(l1_blocks: int = 4) -> Grown:
    """Blobs and span batches, deposits and changes of the configuration."""
    devnet = Devnet(
        DevnetOptions(
            l1_blocks=l1_blocks,
            transactions=1,
            system_config_every=2,
            batch_type=BatchType.SPAN,
            silent_verifier=False,
        )
    )
    devnet.run()
    engine = devnet.sequencer.engine
    safe = engine.store.header(engine.store.heads.safe)
    assert safe is not None
    hashes = tuple(engine.store.canonical_hash(number) for number in range(safe.number + 1))
    assert all(hashes)
    return Grown(devnet.l1, devnet.config, devnet.genesis.l2_genesis, hashes)  # type: ignore[arg-type]
