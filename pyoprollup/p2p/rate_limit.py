"""Token buckets without a clock: the caller passes the time."""

from __future__ import annotations

from math import inf

__all__ = ["TokenBucket"]


class TokenBucket:
    """``rate`` tokens come each second, up to ``burst``, with which it starts.

    Tokens can be taken before they are there; who takes them has to wait until they would be.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._last = -inf

    def reserve(self, now: float, count: int = 1, max_wait: float = inf) -> float | None:
        """Take tokens, and return the seconds to wait for them.

        Takes none and returns ``None`` if the wait would be longer than ``max_wait``, or if the bucket never
        holds as many. A ``now`` before an earlier one counts as that.
        """
        now = max(now, self._last)
        tokens = min(self._tokens + (now - self._last) * self._rate, self._burst) - count
        wait = max(-tokens / self._rate, 0.0)
        if count > self._burst or wait > max_wait:
            return None
        self._tokens, self._last = tokens, now
        return wait
