"""Runs the sync client over a transport: sends its requests and passes it the responses."""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.p2p.req_resp import encode_request, payload_by_number_protocol
from pyoprollup.p2p.sync_client import SyncClient, SyncRequest
from pyoprollup.p2p.transport import PeerID, RequestTransport
from pyoprollup.rollup.config import RollupConfig

__all__ = ["MAX_HEAD_AGE", "AltSync"]

MAX_HEAD_AGE = 12 * 3600
"""Seconds that the head may be old for a gap to be filled this way, unless told otherwise."""


class AltSync:
    """Fetches blocks of the chain from peers.

    ``now`` gives seconds; ``max_head_age`` is for :meth:`fill_gap`. Requests go out when there is something
    new, and when it is stepped.
    """

    def __init__(
        self,
        config: RollupConfig,
        client: SyncClient,
        transport: RequestTransport,
        *,
        now: Callable[[], float],
        max_head_age: float = MAX_HEAD_AGE,
    ) -> None:
        self._max_head_age = max_head_age
        self._client = client
        self._transport = transport
        self._protocol = payload_by_number_protocol(config.l2_chain_id)
        self._now = now

    @property
    def next_due(self) -> float:
        """When a peer may be asked again; never if nothing waits to be asked for."""
        return self._client.next_due

    def add_peer(self, peer: PeerID) -> None:
        """A peer is connected."""
        self._client.add_peer(peer, self._now())
        self.step(self._now())

    def remove_peer(self, peer: PeerID) -> None:
        """A peer is gone."""
        self._client.remove_peer(peer)

    def request_l2_range(self, start: L2BlockRef, end: L2BlockRef | None) -> int:
        """Fetch the blocks between two; see :meth:`SyncClient.request_l2_range`."""
        range_id = self._client.request_l2_range(start, end)
        self.step(self._now())
        return range_id

    def fill_gap(self, head: L2BlockRef, lowest: L2BlockRef | None) -> int:
        """Fetch what is missing between our head and the lowest of the blocks that wait for it.

        To be called now and then: every two block times in which the head stands still. Returns the range's
        id, 0 if there is no gap, or the head is so old that other ways to synchronize are better.
        """
        if lowest is None or lowest.number <= head.number + 1 or head.time < self._now() - self._max_head_age:
            return 0
        return self.request_l2_range(head, lowest)

    def step(self, now: float) -> None:
        """Make the requests that are due."""
        for request in self._client.take_requests(now):
            self._transport.request(
                request.peer, self._protocol, encode_request(request.number), self._receiver(request)
            )

    def wake(self) -> None:
        """Nothing: peers have limits, whatever is new."""

    def _receiver(self, request: SyncRequest) -> Callable[[bytes | None], None]:
        def receive(response: bytes | None) -> None:
            if response is None:
                self._client.on_failure(request, self._now())
            else:
                self._client.on_response(request, response, self._now())
            self.step(self._now())

        return receive
