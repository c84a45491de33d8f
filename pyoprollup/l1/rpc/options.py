"""What an operator may choose about a client of L1."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyoprollup.errors import ConfigError
from pyoprollup.eth.refs import BlockID
from pyoprollup.l1.failover import Patience
from pyoprollup.rollup.l1_chain_config import L1ChainConfig

__all__ = ["L1ClientOptions"]


@dataclass(frozen=True, slots=True)
class L1ClientOptions:
    """Options of :class:`~pyoprollup.l1.rpc.L1Client`. Times in seconds, sizes in bytes.

    Raises :class:`ConfigError` for values that make no sense.
    """

    chain_id: int | None = None
    """The chain that every endpoint must serve; ``None`` for that of the endpoint that answers first."""
    genesis: BlockID | None = None
    """An L1 block that every endpoint must have at its height, mostly the rollup's genesis origin."""
    max_batch_size: int = 20
    """Calls in one request; an endpoint that takes fewer gets fewer."""
    rate_limit: float = 0.0
    """Calls a second for each endpoint, each of a batch counted; 0 for no limit."""
    timeout: float = 10.0
    """Limit for a request as a whole, from the connection to the last byte."""
    patience: Patience = field(default_factory=Patience)
    recheck: float = 60.0
    """How long an endpoint of another chain is left alone."""
    cache_size: int = 64 << 20
    """Verified headers, transactions and receipts that are kept."""
    max_answer_size: int = 128 << 20
    l1_chain: L1ChainConfig | None = None
    """L1's blob schedule, if the chain is none that is known; without it, the node is asked for its fees."""

    def __post_init__(self) -> None:
        if self.max_batch_size < 1:
            raise ConfigError(f"max_batch_size: at least 1, not {self.max_batch_size}")
        for name in ("timeout", "recheck", "cache_size", "max_answer_size"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name}: must be above 0, not {getattr(self, name)}")
        if self.rate_limit < 0:
            raise ConfigError(f"rate_limit: must not be below 0, but is {self.rate_limit}")
