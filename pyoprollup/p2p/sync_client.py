"""Fetches a range of blocks from peers, backwards from a block that is trusted.

Specification: protocol/rollup-node-p2p.md, ``payload_by_number``. Blocks are asked for by number, from the
end of the range down, of several peers at once. They are handed on along the chain's links, the newest
first, each as soon as a block handed on before vouches for its hash. This is for gaps between the chain and
what gossip brings, not for long ranges: asking again is up to the user, with the end that is still missing.

The client has no clock, thread or network: :meth:`SyncClient.take_requests` says which requests are to be
made now.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from pyoprollup.errors import RollupError
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.p2p.errors import BadResponse
from pyoprollup.p2p.peer_scores import ApplicationScorer
from pyoprollup.p2p.quarantine import Quarantine, SyncResult
from pyoprollup.p2p.rate_limit import TokenBucket
from pyoprollup.p2p.req_resp import RequestRefused, ResultCode, decode_response
from pyoprollup.p2p.sync_server import GLOBAL_BURST, GLOBAL_RATE, PEER_BURST, PEER_RATE
from pyoprollup.p2p.transport import PeerID
from pyoprollup.rollup.config import RollupConfig

__all__ = ["SyncClient", "SyncRequest"]

_MAX_QUEUED = 128
_ERROR_COST = PEER_BURST
"""Tokens of a peer that a failure takes: others are asked for a while."""


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """A block to ask a peer for, on behalf of a range."""

    peer: PeerID
    number: int
    range_id: int


class _Peer:
    """A peer serves one request at a time. It is free from ``ready_at`` on, unless ``request`` is set."""

    def __init__(self) -> None:
        self.bucket = TokenBucket(PEER_RATE, PEER_BURST)
        self.ready_at = 0.0
        self.request: SyncRequest | None = None


class SyncClient:
    """The state of all requests.

    ``receive`` gets peer and block of what turns out to be linked to a trusted block; if it raises a
    :class:`RollupError`, the block stays until it is asked for again. ``scorer`` learns how peers behave.
    """

    def __init__(
        self,
        config: RollupConfig,
        receive: Callable[[PeerID, ExecutionPayloadEnvelope], None],
        scorer: ApplicationScorer,
    ) -> None:
        self._config = config
        self._receive = receive
        self._scorer = scorer
        self._quarantine = Quarantine(scorer.on_rejected_payload)
        self._peers: dict[PeerID, _Peer] = {}
        self._queue: deque[tuple[int, int]] = deque()
        self._in_flight: set[int] = set()
        self._results: deque[SyncResult] = deque()
        self._bucket = TokenBucket(GLOBAL_RATE, GLOBAL_BURST)
        self._last_range_id = 0
        self._processing = False

    # --- peers

    @property
    def peers(self) -> tuple[PeerID, ...]:
        """Those that may be asked."""
        return tuple(self._peers)

    def add_peer(self, peer: PeerID, now: float) -> None:
        """A peer that serves blocks is connected."""
        if peer not in self._peers:
            self._peers[peer] = _Peer()
            self._next_turn(self._peers[peer], now)

    def remove_peer(self, peer: PeerID) -> None:
        """A peer is gone, and with it the answer that it owes."""
        gone = self._peers.pop(peer, None)
        if gone is not None and gone.request is not None:
            self._in_flight.discard(gone.request.number)

    # --- ranges

    def request_l2_range(self, start: L2BlockRef, end: L2BlockRef | None) -> int:
        """Fetch the blocks between two, without both. Returns the range's id.

        Blocks that are in flight, or here already, are not asked for again. At most 128 requests wait at a
        time; what is left of the range then has to be requested again. Without ``end`` there is nothing to
        trust, so nothing is done and the id is 0.
        """
        if end is None:
            return 0
        self._last_range_id += 1
        self._quarantine.trust(end.hash)
        self._quarantine.trust(end.parent_hash)
        self._make_way(end.number - 1, end.parent_hash)
        for number in range(end.number - 1, start.number, -1):
            known = self._quarantine.hash_at(number)
            if known is not None:
                if self._quarantine.is_trusted(known):
                    self._try_promote(known)
            elif number not in self._in_flight:
                if len(self._queue) >= _MAX_QUEUED:
                    break
                self._queue.append((number, self._last_range_id))
                self._in_flight.add(number)
        self._process_results()
        return self._last_range_id

    def is_in_flight(self, number: int) -> bool:
        """Whether a block is asked for, or about to be."""
        return number in self._in_flight

    # --- requests

    @property
    def next_due(self) -> float:
        """When :meth:`take_requests` would have a request; infinite if it depends on something new."""
        free = (peer.ready_at for peer in self._peers.values() if peer.request is None)
        return min(free, default=inf) if self._queue else inf

    def take_requests(self, now: float) -> list[SyncRequest]:
        """The requests to make now. Each is to be followed by :meth:`on_response` or :meth:`on_failure`."""
        requests = []
        ready = [
            (peer.ready_at, name)
            for name, peer in self._peers.items()
            if peer.request is None and peer.ready_at <= now
        ]
        for _, name in sorted(ready):
            if not self._queue:
                break
            request = SyncRequest(name, *self._queue.popleft())
            self._peers[name].request = request
            requests.append(request)
        return requests

    def on_response(self, request: SyncRequest, data: bytes, now: float) -> RollupError | None:
        """A peer has answered. Returns what is wrong with the answer, if something is."""
        peer = self._take(request)
        if peer is None:
            return None
        try:
            envelope = decode_response(data, request.number, self._config)
        except RequestRefused as exc:
            if exc.code == ResultCode.NOT_FOUND:
                self._cancel(request.range_id)
            else:
                self._scorer.on_response_error(request.peer)
            self._failed(peer, request, now)
            return exc
        except BadResponse as exc:
            self._scorer.on_response_error(request.peer)
            self._failed(peer, request, now)
            return exc
        self._scorer.on_valid_response(request.peer)
        self._next_turn(peer, now)
        self._results.append(SyncResult(envelope, request.peer))
        self._process_results()
        return None

    def on_failure(self, request: SyncRequest, now: float) -> None:
        """A peer could not be asked, or has not answered in time."""
        peer = self._take(request)
        if peer is not None:
            self._scorer.on_response_error(request.peer)
            self._failed(peer, request, now)

    def _take(self, request: SyncRequest) -> _Peer | None:
        """The peer, if this is what it was asked."""
        peer = self._peers.get(request.peer)
        if peer is None or peer.request is not request:
            return None
        peer.request = None
        return peer

    def _failed(self, peer: _Peer, request: SyncRequest, now: float) -> None:
        self._in_flight.discard(request.number)
        wait = peer.bucket.reserve(now, _ERROR_COST) or 0.0
        self._next_turn(peer, now + wait)

    def _next_turn(self, peer: _Peer, now: float) -> None:
        """When the peer may be asked again: as the peer itself, and those that it shares with, allow."""
        now += self._bucket.reserve(now) or 0.0
        peer.ready_at = now + (peer.bucket.reserve(now) or 0.0)

    def _cancel(self, range_id: int) -> None:
        """A peer does not have a block of the range: the end may not exist, so do not insist."""
        self._in_flight.difference_update(number for number, of in self._queue if of == range_id)
        self._queue = deque(entry for entry in self._queue if entry[1] != range_id)

    # --- results

    def _process_results(self) -> None:
        if self._processing:  # the receiver has requested a range
            return
        self._processing = True
        try:
            while self._results:
                self._process(self._results.popleft())
        finally:
            self._processing = False

    def _process(self, result: SyncResult) -> None:
        block = result.envelope.payload.id
        self._in_flight.discard(block.number)
        # First into quarantine, in case nobody takes it now.
        self._quarantine.put(result)
        if self._quarantine.is_trusted(block.hash):
            self._promote(result)

    def _try_promote(self, block_hash: Hash32) -> None:
        """Have a block looked at again, as it is trusted now."""
        result = self._quarantine.get(block_hash)
        if result is not None and len(self._results) < _MAX_QUEUED:
            self._results.append(result)

    def _promote(self, result: SyncResult) -> None:
        payload = result.envelope.payload
        try:
            self._receive(result.peer, result.envelope)
        except RollupError:
            return
        self._quarantine.trust(payload.block_hash)
        self._quarantine.remove(payload.block_hash)
        self._quarantine.trust(payload.parent_hash)
        self._try_promote(payload.parent_hash)
        self._make_way(payload.block_number - 1, payload.parent_hash)

    def _make_way(self, number: int, block_hash: Hash32) -> None:
        """Let go of a block that is not the one that belongs there: it is in the way of fetching that."""
        candidate = self._quarantine.hash_at(number)
        if candidate is not None and candidate != block_hash:
            self._quarantine.remove(candidate)
