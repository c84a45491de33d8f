"""What a rollup reads from outside: L1, the L2 chain and the rollup node, as protocols.

Every service takes the narrowest of them that serves it; a client of a remote node, the embedded L1 and a
recording implement them. All methods are plain and synchronous, and fail in two ways: with
:class:`~pyoprollup.errors.Unavailable` if there is no answer, after which the call is simply made again, and
with :class:`~pyoprollup.errors.NotFound` if the answer is that there is no such block.
:class:`NeedData` is an ``Unavailable`` that names the datum, for shells that fetch what a decision lacks and
then let it run again; :class:`CachedL1` raises it.
"""

from __future__ import annotations

from pyoprollup.sources.cached import CachedL1, CacheLimits, WrongAnswer
from pyoprollup.sources.l1 import (
    AtBlock,
    BlobSource,
    BlockInfo,
    CallFailed,
    CallMsg,
    ExecutionReverted,
    IndexedBlobHash,
    L1Accounts,
    L1Blocks,
    L1Heads,
    L1Receipt,
    L1Sender,
    L1Source,
    LogFilter,
)
from pyoprollup.sources.l2 import L2Blocks, L2Heads, L2Payloads, L2Source, RollupSource
from pyoprollup.sources.requests import DataRequest, Datum, NeedData

__all__ = [
    "AtBlock",
    "BlobSource",
    "BlockInfo",
    "CacheLimits",
    "CachedL1",
    "CallFailed",
    "CallMsg",
    "DataRequest",
    "Datum",
    "ExecutionReverted",
    "IndexedBlobHash",
    "L1Accounts",
    "L1Blocks",
    "L1Heads",
    "L1Receipt",
    "L1Sender",
    "L1Source",
    "L2Blocks",
    "L2Heads",
    "L2Payloads",
    "L2Source",
    "LogFilter",
    "NeedData",
    "RollupSource",
    "WrongAnswer",
]
