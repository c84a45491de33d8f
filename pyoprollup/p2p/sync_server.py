"""Serves blocks by number to peers, not too many at a time.

Specification: protocol/rollup-node-p2p.md, ``payload_by_number``.
"""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.errors import DecodeError, NotFound, RollupError
from pyoprollup.p2p.errors import RateLimited
from pyoprollup.p2p.rate_limit import TokenBucket
from pyoprollup.p2p.req_resp import ResultCode, decode_request, encode_refusal, encode_response
from pyoprollup.p2p.transport import PeerID
from pyoprollup.rollup.config import BeforeGenesisError, RollupConfig
from pyoprollup.rollup.time import L2Time
from pyoprollup.sources.l2 import L2Heads
from pyoprollup.sources.lru import Lru

__all__ = ["GLOBAL_BURST", "GLOBAL_RATE", "PEER_BURST", "PEER_RATE", "ReqRespServer"]

GLOBAL_RATE, GLOBAL_BURST = 20, 40
"""Requests a second, and at once."""

PEER_RATE, PEER_BURST = 4, 15
"""The same for a single peer."""

_MAX_THROTTLE = 20.0
_MAX_PEERS = 1000


class ReqRespServer:
    """Answers requests. ``now`` gives seconds since the Unix epoch."""

    def __init__(self, config: RollupConfig, l2: L2Heads, *, now: Callable[[], float]) -> None:
        self._config = config
        self._l2 = l2
        self._now = now
        self._all = TokenBucket(GLOBAL_RATE, GLOBAL_BURST)
        self._peers: Lru[PeerID, TokenBucket] = Lru(_MAX_PEERS)

    def admit(self, peer: PeerID) -> float:
        """Seconds that a peer's request has to wait; raises :class:`RateLimited` if these are over 20."""
        now = self._now()
        wait = self._all.reserve(now, max_wait=_MAX_THROTTLE)
        if wait is None:
            raise RateLimited("too many requests")
        bucket = self._peers.get(peer)
        if bucket is None:
            bucket = TokenBucket(PEER_RATE, PEER_BURST)
            self._peers.put(peer, bucket)
        peer_wait = bucket.reserve(now + wait, max_wait=_MAX_THROTTLE - wait)
        if peer_wait is None:
            raise RateLimited(f"too many requests of peer {peer}")
        return wait + peer_wait

    def respond(self, request: bytes) -> bytes:
        """The response to a request that was admitted and has waited."""
        try:
            number = decode_request(request)
        except DecodeError:
            return encode_refusal(ResultCode.UNKNOWN_ERROR)
        if not self._may_exist(number):
            return encode_refusal(ResultCode.INVALID_REQUEST)
        try:
            return encode_response(self._l2.envelope_by_number(number), self._config)
        except NotFound:
            return encode_refusal(ResultCode.NOT_FOUND)
        except RollupError:
            return encode_refusal(ResultCode.UNKNOWN_ERROR)

    def handle(self, peer: PeerID, request: bytes) -> tuple[float, bytes]:
        """Both in one: seconds to wait before the response is sent, and the response."""
        try:
            wait = self.admit(peer)
        except RateLimited:
            return 0.0, encode_refusal(ResultCode.UNKNOWN_ERROR)
        return wait, self.respond(request)

    def _may_exist(self, number: int) -> bool:
        if number < self._config.genesis.l2.number:
            return False
        try:
            return number <= self._config.target_block_number(L2Time(int(self._now())))
        except BeforeGenesisError:
            return False
