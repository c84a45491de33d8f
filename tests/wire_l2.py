"""An execution client of L2 on a wire that tests hold in their hands: methods of our engine over a store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.rpc import engine_methods
from pyoprollup.execution.store import ChainStore
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rpc.errors import METHOD_NOT_FOUND, JsonRpcError
from tests.wire_l1 import WireNode


@dataclass
class WireL2(WireNode):
    """Answers from the engine's methods; ``extra`` has methods that it does not have."""

    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, config: RollupConfig, store: ChainStore, **fields: Any) -> WireL2:
        """A node on a chain's database."""
        tables = engine_methods(config, InProcessEngine(config, store), store)
        return cls(tables.authenticated, **fields)

    def truth(self, method: str, params: list[Any]) -> Any:
        call = self.extra.get(method) or self.l1.get(method)
        if call is None:
            raise JsonRpcError(METHOD_NOT_FOUND, f"the method {method} does not exist/is not available")
        return call(*params)
