"""Looks at the uploads of all known oracles, once for each L1 block."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pyoprollup.challenger.keccak.challenger import PreimageChallenger
from pyoprollup.challenger.keccak.metrics import KeccakMetrics
from pyoprollup.challenger.keccak.ports import LargePreimageOracle
from pyoprollup.challenger.sender import InFlight
from pyoprollup.errors import RollupError
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.events import News, Tell, no_news

__all__ = ["LargePreimageScheduler"]


class LargePreimageScheduler:
    """The keccak challenger. One L1 block waits at most; others that come meanwhile are left out.

    ``oracles`` gives the oracle contracts of all games that are known, ``now`` the time on L1 in seconds.
    :meth:`schedule` and :meth:`step` may be called by different threads, each by one.
    """

    def __init__(
        self,
        oracles: Callable[[], Iterable[LargePreimageOracle]],
        challenger: PreimageChallenger,
        now: Callable[[], int],
        metrics: KeccakMetrics,
        tell: Tell = no_news,
    ) -> None:
        self._oracles = oracles
        self._challenger = challenger
        self._now = now
        self._metrics = metrics
        self._news = News("keccak", tell)
        self._waiting: Hash32 | None = None

    def schedule(self, block: Hash32) -> bool:
        """Ask for a look at the state after an L1 block; whether there was room for that."""
        if self._waiting is not None:
            self._metrics.skipped += 1
            return False
        self._waiting = block
        return True

    @property
    def is_due(self) -> bool:
        """Whether a block waits."""
        return self._waiting is not None

    def step(self) -> None:
        """Look at the uploads after the block that waits, if there is one.

        One oracle that fails never stops the others: what went wrong is told.
        """
        block, self._waiting = self._waiting, None
        if block is None:
            return
        self._metrics.passes += 1
        for oracle in self._oracles():
            try:
                self.verify_oracle_preimages(oracle, block)
            except InFlight:
                continue  # Challenges are on their way, for which nobody waits.
            except RollupError as error:
                self._news.failed("preimages-unverified", error, oracle=to_hex(oracle.address))

    def verify_oracle_preimages(self, oracle: LargePreimageOracle, block: Hash32) -> None:
        """Look at one oracle's uploads after an L1 block. Raises what its reads and the sender raise."""
        preimages = oracle.get_active_preimages(block)
        self._metrics.large_preimage_count = len(preimages)
        period = oracle.challenge_period()
        now = self._now()
        to_verify = [preimage for preimage in preimages if preimage.should_verify(now, period)]
        self._challenger.challenge(block, oracle, to_verify)
