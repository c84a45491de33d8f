"""An L1 chain in process, with everything that a rollup touches: headers, receipts, blobs, fees, reorgs.

It runs on the library's EVM with the rules of Cancun or Prague. There are no validators: its owner
mines blocks and rewinds the chain. It is kept in memory, or in a file by which it can be gone on with.
"""

from __future__ import annotations

from pyoprollup.l1.embedded.block import BlockFees, L1Block
from pyoprollup.l1.embedded.chain import EmbeddedL1Error, Reorg
from pyoprollup.l1.embedded.config import EmbeddedL1Config, L1Fork
from pyoprollup.l1.embedded.embedded import EmbeddedL1
from pyoprollup.l1.embedded.journal import L1Journal
from pyoprollup.l1.embedded.mempool import Mempool
from pyoprollup.l1.embedded.store import L1Store, MemoryL1Store, TransactionPlace

__all__ = [
    "BlockFees",
    "EmbeddedL1",
    "EmbeddedL1Config",
    "EmbeddedL1Error",
    "L1Block",
    "L1Fork",
    "L1Journal",
    "L1Store",
    "MemoryL1Store",
    "Mempool",
    "Reorg",
    "TransactionPlace",
]
