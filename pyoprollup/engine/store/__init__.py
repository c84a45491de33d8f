"""Where an execution engine keeps its chain: blocks, state, which blocks are canonical, and the heads.

Content-addressed parts (trie nodes, code, headers) stand under their hash, so that writing them twice is
harmless. Only the index of the canonical chain and the heads change, and they change in one write.
"""

from pyoprollup.engine.store.api import ChainHeads, ChainReader, ChainStore, TransactionPlace

__all__ = ["ChainHeads", "ChainReader", "ChainStore", "TransactionPlace"]
