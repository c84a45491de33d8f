"""The client of beacon nodes and archives: where the blobs of L1 come from."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from pyoprollup.errors import ConfigError, NotFound, Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import to_hex
from pyoprollup.events import News, Tell, no_news
from pyoprollup.l1.beacon.endpoint import BeaconEndpoint, SlotClock
from pyoprollup.l1.beacon.options import BeaconOptions
from pyoprollup.l1.failover import Clockwork, EndpointPool
from pyoprollup.l1.rpc.endpoint import endpoint_name
from pyoprollup.sources.l1 import IndexedBlobHash, L1Blocks

__all__ = ["BeaconClient"]


class BeaconClient:
    """Implements ``BlobSource`` with beacon nodes, and archives to fall back to. For several threads.

    ``urls`` and ``fallbacks`` are in the order of preference. A blob that nobody has is ``Unavailable``,
    which says the slot, the L1 block, the hashes and what every endpoint answered: it may come yet. It is
    ``NotFound`` only if ``l1`` is given and has another block at that height by now: nobody will ever have
    it. The rest is as with :class:`~pyoprollup.l1.rpc.L1Client`.
    """

    def __init__(
        self,
        urls: Sequence[str],
        fallbacks: Sequence[str] = (),
        options: BeaconOptions | None = None,
        *,
        l1: L1Blocks | None = None,
        transport: Callable[[str], Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        chance: Callable[[], float] = random.random,
        tell: Tell = no_news,
    ) -> None:
        options = options or BeaconOptions()
        if not [*urls, *fallbacks]:
            raise ConfigError("beacon: no endpoint is given")
        self.options = options
        self._l1 = l1
        endpoints: list[BeaconEndpoint] = []
        for url in [*urls, *fallbacks]:
            name = endpoint_name(url, [endpoint.name for endpoint in endpoints])
            carrier = None if transport is None else transport(url)
            endpoints.append(BeaconEndpoint(name, url, options, carrier))
        works = Clockwork(clock, sleep, chance)
        self.pool = EndpointPool(endpoints, options.patience, works, News("beacon-client", tell))

    def get_blobs(self, ref: L1BlockRef, hashes: Sequence[IndexedBlobHash]) -> Sequence[bytes]:
        """The blobs of an L1 block, checked. Raises :class:`NotFound` and ``Unavailable``."""
        if not hashes:
            return []
        shown = ", ".join(to_hex(item.hash) for item in hashes)
        try:
            return self.pool.ask(
                f"blobs of L1 block {ref} (time {ref.time}), {shown}",
                lambda endpoint: endpoint.blobs(self._clock_of(endpoint).slot(ref.time), hashes),
            )
        except Unavailable as exc:
            self._raise_if_gone(ref, exc)
            raise

    def _clock_of(self, endpoint: BeaconEndpoint) -> SlotClock:
        """The endpoint's own clock; an archive that has none takes that of another."""
        failures: list[str] = []
        for other in (endpoint, *(other for other in self.pool.endpoints if other is not endpoint)):
            try:
                return other.clock()
            except Unavailable as exc:
                failures.append(f"{other.name}: {exc}")
        raise Unavailable(
            "nobody says when slots are (genesis time and slot duration are options): " + "; ".join(failures)
        )

    def _raise_if_gone(self, ref: L1BlockRef, cause: Exception) -> None:
        if self._l1 is None:
            return
        try:
            other = self._l1.l1_block_ref_by_number(ref.number)
        except (NotFound, Unavailable):
            return
        if other.hash != ref.hash:
            raise NotFound(f"L1 block {ref} is not canonical any more: {cause}") from cause

    def check(self) -> dict[str, str]:
        """Ask every endpoint for its clock; returns why each that does not tell does not, by its name.

        An archive of blobs mostly does not. Raises ``Unavailable`` if none does.
        """
        return self.pool.check(lambda endpoint: endpoint.clock(), "no beacon endpoint says when slots are")

    def close(self) -> None:
        """End calls that wait, and all connections."""
        self.pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
