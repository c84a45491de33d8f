"""Several rollup nodes of one chain: the one whose sequencer is active is asked, and no other.

It knows the newest blocks. Which one that is is looked up now and then, and after a call that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Protocol, TypeVar

from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.events import News, Tell, no_news
from pyoprollup.rollupapi.client import DEFAULT_NETWORK_TIMEOUT, RollupClient
from pyoprollup.rollupapi.errors import NoActiveSequencer
from pyoprollup.rollupapi.values import OutputResponse

__all__ = ["DEFAULT_CHECK_DURATION", "ActiveRollupProvider", "RollupOutputs", "dial_rollup"]

T = TypeVar("T")

DEFAULT_CHECK_DURATION = 120.0
"""Seconds for which the endpoint that was found active is not asked again whether it is."""


def dial_rollup(
    urls: Sequence[str],
    now: Callable[[], float],
    check_duration: float = DEFAULT_CHECK_DURATION,
    timeout: float = DEFAULT_NETWORK_TIMEOUT,
    on_changed: Callable[[RollupClient], None] = lambda _client: None,
    tell: Tell = no_news,
) -> RollupClient | ActiveRollupProvider:
    """A client of one node, which need not be a sequencer, or the choice among several. Times in seconds.

    ``on_changed`` hears of another of several being used. Nothing is asked yet.
    Raises :class:`~pyoprollup.errors.ConfigError` without a URL.
    """
    clients = [RollupClient.dial(url, timeout) for url in urls]
    if len(clients) == 1:
        return clients[0]
    return ActiveRollupProvider(clients, now, check_duration, on_changed, tell)


class RollupOutputs(Protocol):
    """A rollup node, or several of which one answers, that tells its heads and outputs."""

    def sync_status(self) -> SyncStatus: ...

    def output_at_block(self, number: int) -> OutputResponse: ...


class ActiveRollupProvider:
    """Asks the first endpoint with an active sequencer, beginning with the one that was so last.

    ``now`` gives seconds. ``on_changed`` hears of another endpoint being used from now on. Keeps no
    answers: when no endpoint is active there is none, rather than an old one.
    """

    def __init__(
        self,
        clients: Sequence[RollupClient],
        now: Callable[[], float],
        check_duration: float = DEFAULT_CHECK_DURATION,
        on_changed: Callable[[RollupClient], None] = lambda _client: None,
        tell: Tell = no_news,
    ) -> None:
        if not clients:
            raise ConfigError("rollup-rpc: no endpoint is given")
        self._clients = tuple(clients)
        self._now = now
        self._check_duration = check_duration
        self._on_changed = on_changed
        self._news = News("rollup-provider", tell)
        self._index = 0
        self._checked_until = -inf

    def rollup_client(self) -> RollupClient:
        """The endpoint to ask; raises :class:`NoActiveSequencer`."""
        if self._now() > self._checked_until:
            self._find_active()
            self._checked_until = self._now() + self._check_duration
        return self._clients[self._index]

    def sync_status(self) -> SyncStatus:
        """Its heads; raises :class:`~pyoprollup.errors.Unavailable`."""
        return self._ask(RollupClient.sync_status)

    def output_at_block(self, number: int) -> OutputResponse:
        """The output of an L2 block; raises what :meth:`RollupClient.output_at_block` does."""
        return self._ask(lambda client: client.output_at_block(number))

    def close(self) -> None:
        """Close the connections to all of them."""
        for client in self._clients:
            client.close()

    def _ask(self, question: Callable[[RollupClient], T]) -> T:
        client = self.rollup_client()
        try:
            return question(client)
        except Unavailable:
            self._checked_until = -inf
            raise

    def _find_active(self) -> None:
        failures = []
        for offset in range(len(self._clients)):
            index = (self._index + offset) % len(self._clients)
            client = self._clients[index]
            try:
                active = client.sequencer_active()
            except Unavailable as exc:
                self._news.failed("endpoint-failed", exc, endpoint=client.name)
                failures.append(str(exc))
                continue
            if active:
                if offset:
                    self._index = index
                    self._news("endpoint-changed", endpoint=client.name)
                    self._on_changed(client)
                return
            failures.append(f"{client.name}: the sequencer is not active")
        raise NoActiveSequencer(f"no active sequencer: {'; '.join(failures)}")
