"""A devnet: L1, a sequencer, a batcher, verifiers and users in one process, on a virtual clock.

:class:`Devnet` puts the packages of phases 1 to 3 together and makes time pass; :class:`DevnetOptions` say
what it is like. The same options give the same hashes. Nothing of it is part of the specification.
"""

from pyoprollup.devnet.datadir import DevnetDir
from pyoprollup.devnet.devnet import Devnet, DevnetStuck
from pyoprollup.devnet.genesis import DevnetGenesis, GenesisOptions
from pyoprollup.devnet.options import BatchType, DataAvailability, DevnetOptions
from pyoprollup.devnet.rollup_node import NodeSetup, RollupNode
from pyoprollup.devnet.traffic import Traffic

__all__ = [
    "BatchType",
    "DataAvailability",
    "Devnet",
    "DevnetDir",
    "DevnetGenesis",
    "DevnetOptions",
    "DevnetStuck",
    "GenesisOptions",
    "NodeSetup",
    "RollupNode",
    "Traffic",
]
