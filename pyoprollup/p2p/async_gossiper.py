"""Publishes the sequencer's blocks, and keeps the last one until it is inserted.

A block that is in the buffer was published: when its insertion fails for the moment, it is inserted again
instead of being sealed again. A block whose publication failed is not there, and is sealed again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pyoprollup.errors import RollupError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.events import News, Tell, no_news
from pyoprollup.p2p.errors import GossiperNotRunning

__all__ = ["AsyncGossiper", "NoOpGossiper", "SimpleAsyncGossiper"]


class AsyncGossiper(Protocol):
    """What a sequencer needs to publish blocks."""

    def gossip(self, envelope: ExecutionPayloadEnvelope) -> None: ...

    def get(self) -> ExecutionPayloadEnvelope | None: ...

    def clear(self) -> None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


class SimpleAsyncGossiper:
    """Publishes with ``publish``. A :class:`RollupError` of it is told as news, and goes no further.

    Publishing happens within :meth:`gossip`; ``publish`` may hand over to a thread. While the gossiper is not
    running, a block that is handed over raises :class:`GossiperNotRunning` (the reference would block for
    ever). The buffer can be read and cleared at any time.
    """

    def __init__(
        self,
        publish: Callable[[ExecutionPayloadEnvelope], None],
        tell: Tell = no_news,
    ) -> None:
        self._publish = publish
        self._news = News("gossip", tell)
        self._current: ExecutionPayloadEnvelope | None = None
        self._running = False

    @property
    def running(self) -> bool:
        return self._running

    def start(self) -> None:
        """Take blocks from now on; nothing happens if that is so already."""
        self._running = True

    def stop(self) -> None:
        """Take no more blocks; nothing happens if that is so already. The buffer keeps what it holds."""
        self._running = False

    def gossip(self, envelope: ExecutionPayloadEnvelope) -> None:
        """Publish a block, and buffer it if that works. If not, the buffer keeps what it held."""
        if not self._running:
            raise GossiperNotRunning(f"block {envelope.payload.id} is for a gossiper that does not run")
        try:
            self._publish(envelope)
        except RollupError as exc:
            self._news.failed("publish-failed", exc, block=envelope)
        else:
            self._current = envelope

    def get(self) -> ExecutionPayloadEnvelope | None:
        """The block that was published last, if the buffer was not cleared since."""
        return self._current

    def clear(self) -> None:
        """Empty the buffer: the block is inserted, or is no longer wanted."""
        self._current = None


class NoOpGossiper:
    """For nodes that do not sequence."""

    def gossip(self, envelope: ExecutionPayloadEnvelope) -> None:
        """Ignore the payload; nothing is published."""

    def get(self) -> ExecutionPayloadEnvelope | None:
        return None

    def clear(self) -> None:
        """Return at once: no payload is kept."""

    def start(self) -> None:
        """Return at once: nothing has to run."""

    def stop(self) -> None:
        """Return at once: nothing is running."""
