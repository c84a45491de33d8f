"""Where an execution engine keeps its chain: blocks, state, which blocks are canonical, and the heads.

Content-addressed parts (trie nodes, code, headers) stand under their hash, so that writing them twice is
harmless. Only the index of the canonical chain and the heads change, and they change in one write.
"""

from pyoprollup.execution.store.chain import DatabaseStore, path_to_canonical
from pyoprollup.execution.store.errors import (
    CorruptStore,
    MissingBackend,
    PrunedState,
    StoreError,
    StoreLocked,
    WrongStore,
)
from pyoprollup.execution.store.lmdb import LmdbStore
from pyoprollup.execution.store.memory import MemoryStore
from pyoprollup.execution.store.ports import (
    ChainHeads,
    ChainIdentity,
    ChainReader,
    ChainStore,
    HeadChange,
    TransactionPlace,
)
from pyoprollup.execution.store.sqlite import SqliteStore
from pyoprollup.execution.store.witness import WitnessStore

__all__ = [
    "ChainHeads",
    "ChainIdentity",
    "ChainReader",
    "ChainStore",
    "CorruptStore",
    "DatabaseStore",
    "HeadChange",
    "LmdbStore",
    "MemoryStore",
    "MissingBackend",
    "PrunedState",
    "SqliteStore",
    "StoreError",
    "StoreLocked",
    "TransactionPlace",
    "WitnessStore",
    "WrongStore",
    "path_to_canonical",
]
