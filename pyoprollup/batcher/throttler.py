"""Sets the DA limits of the engines, repeatedly, as an engine loses them when it restarts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pyoprollup.batcher.ports import ThrottlingEndpoint
from pyoprollup.batcher.throttle_rules import ThrottleController
from pyoprollup.errors import Unavailable
from pyoprollup.events import NEVER, Level, News, Tell, no_news

if TYPE_CHECKING:  # it loads the EVM, which a batcher on its own has no use for
    from pyoprollup.execution.pool import TxPool

__all__ = ["RETRY_INTERVAL", "PoolEndpoint", "Throttler"]

RETRY_INTERVAL = 10.0
"""Seconds until an engine that did not take its limits is told again."""


class PoolEndpoint:
    """The transaction pool of an engine in the same process, as an endpoint."""

    def __init__(self, pool: TxPool) -> None:
        self._pool = pool

    def set_max_da_size(self, max_tx_size: int, max_block_size: int) -> bool:
        self._pool.config = replace(
            self._pool.config, max_da_tx_size=max_tx_size, max_da_block_size=max_block_size
        )
        return True


class Throttler:
    """Keeps engines to the limits of a controller. Without a lower threshold it does nothing.

    A restarted engine has no limits and does not report it, so each update is sent to all engines.
    """

    def __init__(
        self, controller: ThrottleController, endpoints: Sequence[ThrottlingEndpoint], tell: Tell = no_news
    ) -> None:
        self.controller = controller
        self._news = News("throttler", tell)
        self._endpoints = list(endpoints)
        self._deaf: list[ThrottlingEndpoint] = []
        """Those that did not take their limits."""
        self._retry_at = NEVER

    @property
    def is_enabled(self) -> bool:
        return self.controller.config.lower_threshold > 0 and bool(self._endpoints)

    @property
    def next_due(self) -> float:
        """When to tell an engine, should no update come before."""
        return self._retry_at

    def resend(self) -> None:
        """Tell all engines at the next opportunity, without waiting for an update."""
        if self.is_enabled:
            self._deaf, self._retry_at = self._endpoints, 0.0

    def update(self, load: int, now: float) -> None:
        """Take note of the load, and tell the engines their limits.

        Raises :class:`~pyoprollup.batcher.errors.ThrottlingUnsupported`: with such an engine the
        batcher should not go on as if all was well.
        """
        if self.is_enabled:
            self.controller.update(load, now)
            self._tell(self._endpoints, now)

    def step(self, now: float) -> None:
        """Tell engines again that did not listen, when it is time; raises like :meth:`update`."""
        if now >= self._retry_at:
            self._tell(self._deaf, now)

    def wake(self) -> None:
        """Tell engines that did not listen at once."""
        if self._deaf:
            self._retry_at = 0.0

    def _tell(self, endpoints: Sequence[ThrottlingEndpoint], now: float) -> None:
        params = self.controller.params
        deaf: list[ThrottlingEndpoint] = []
        for endpoint in endpoints:
            try:
                taken = endpoint.set_max_da_size(params.max_tx_size, params.max_block_size)
            except Unavailable as error:
                self._news.failed("engine-not-told", error)
                taken = False
            else:
                if not taken:
                    self._news("limits-refused", Level.WARNING, max_block_size=params.max_block_size)
            if not taken:
                deaf.append(endpoint)
        self._deaf = deaf
        self._retry_at = now + RETRY_INTERVAL if deaf else NEVER
