"""A small devnet that has run, and all that was recorded of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pyoprollup.devnet import BatchType, DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.life import BlockLife, LifeRecorder
from pyoprollup.devnet.watch import Happening, Watch

__all__ = ["NUMBER", "Lived", "lived"]

NUMBER = 8
"""The block whose life is recorded."""


@dataclass(frozen=True)
class Lived:
    """A devnet after its run."""

    devnet: Devnet
    happened: list[Happening]
    life: BlockLife


@cache
def lived(gossip_loss: float = 0.0) -> Lived:
    """Two L1 blocks of a rollup with calldata, since loading the blobs' trusted setup takes seconds."""
    happened: list[Happening] = []
    recorder = LifeRecorder(NUMBER)
    options = DevnetOptions(
        l1_blocks=2,
        transactions=2,
        data_availability=DataAvailability.CALLDATA,
        batch_type=BatchType.SINGULAR,
        gossip_loss=gossip_loss,
    )
    devnet = Devnet(options, watch=Watch(happened.append, recorder))
    devnet.run()
    return Lived(devnet, happened, recorder.life(devnet))
