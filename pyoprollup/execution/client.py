"""An execution client: an engine, and the pool that its blocks are made from, on one store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyoprollup.events import Tell, no_news
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.open_chain import open_chain
from pyoprollup.execution.pace import Pace
from pyoprollup.execution.pool import PoolConfig, StateHead, TxPool
from pyoprollup.execution.store import ChainStore, StoreError
from pyoprollup.rollup.config import RollupConfig

__all__ = ["ExecutionClient"]


@dataclass(frozen=True, slots=True)
class ExecutionClient:
    """An engine and its pool. Blocks of the engine are made from the pool, and the pool follows its head."""

    engine: InProcessEngine
    pool: TxPool

    @classmethod
    def open(
        cls,
        config: RollupConfig,
        genesis: Any,
        store: ChainStore,
        *,
        now: Callable[[], float],
        pool_config: PoolConfig | None = None,
        pace: Pace | None = None,
        tell: Tell = no_news,
    ) -> ExecutionClient:
        """On a store that is opened, or begun, with this genesis; ``now`` gives the pool's seconds.

        Raises what ``open_chain`` does, and :class:`StoreError` for a store without a head.
        """
        open_chain(config, genesis, store)
        header = store.header(store.heads.unsafe)
        if header is None:
            raise StoreError("the store has no head")
        pool = TxPool(StateHead(config, header, store.state), pool_config, now)
        return cls(InProcessEngine(config, store, pool=pool, pace=pace, tell=tell), pool)
