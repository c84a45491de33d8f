"""What derivation will want next, so that it is there when it is wanted.

Derivation goes from L1 block to L1 block and reads receipts and transactions of each, and of some blobs. So
the blocks after the one that it is at are fetched ahead, in this order, as far as the cache has room for
what was not used yet; and of each new head the receipts, which a sequencer needs at once when it takes that
block as its origin.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Container, Iterator, Sequence
from itertools import islice

from pyoprollup.errors import RollupError
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Hash32
from pyoprollup.sources.cached import CachedL1
from pyoprollup.sources.l1 import IndexedBlobHash
from pyoprollup.sources.requests import DataRequest, Datum

__all__ = ["BlobsOf", "Prefetcher"]

BlobsOf = Callable[[Sequence[bytes]], Sequence[IndexedBlobHash]]
"""Which blobs are wanted of an L1 block with these transactions."""

_DEPTH = 16


def _no_blobs(_transactions: Sequence[bytes]) -> Sequence[IndexedBlobHash]:
    return ()


class Prefetcher:
    """Decides what to fetch ahead into a cache, up to ``depth`` blocks. It is told of heads, and reads
    nothing.

    ``blobs_of`` says which blobs derivation will want, mostly
    :func:`~pyoprollup.derive.data_source.batcher_blobs` with the batcher of now.
    """

    def __init__(self, cache: CachedL1, depth: int = _DEPTH, blobs_of: BlobsOf = _no_blobs) -> None:
        self._cache = cache
        self._depth = depth
        self._blobs_of = blobs_of
        self._head: L1BlockRef | None = None
        self._known_blobs: OrderedDict[Hash32, tuple[IndexedBlobHash, ...]] = OrderedDict()

    def on_l1_head(self, head: L1BlockRef) -> None:
        """L1 has another head; the cache has been told."""
        self._head = head

    def next_requests(self, under_way: Container[DataRequest], count: int) -> list[DataRequest]:
        """At most so many requests that should be made now."""
        if count <= 0 or self._head is None:
            return []
        wanted = (
            request
            for request in self._in_order(self._head)
            if request not in under_way
            and not self._cache.has(request)
            and self._cache.has_room_ahead(request.datum)
        )
        return list(islice(wanted, count))

    def _in_order(self, head: L1BlockRef) -> Iterator[DataRequest]:
        """What will be wanted, as far as it is known."""
        yield DataRequest(Datum.RECEIPTS, head.hash)
        position = self._cache.position
        at = None if position is None else self._cache.known_ref(position)
        if at is None:
            return
        last = min(at.number + self._depth, head.number)
        self._cache.pass_by(at.number, max(last, head.number))
        for number in range(at.number + 1, last + 1):
            ref = self._cache.known_ref(number)
            if ref is None:
                yield DataRequest(Datum.REF, number)
                continue
            yield DataRequest(Datum.RECEIPTS, ref.hash)
            yield DataRequest(Datum.TRANSACTIONS, ref.hash)
            transactions = self._cache.known_transactions(ref.hash)
            if transactions is not None and (blobs := self._blobs(ref, transactions)):
                yield DataRequest(Datum.BLOBS, ref.hash, blobs)

    def _blobs(self, ref: L1BlockRef, transactions: Sequence[bytes]) -> tuple[IndexedBlobHash, ...]:
        """The blobs of a block. Telling them takes signatures, so it is done once."""
        if ref.hash not in self._known_blobs:
            try:
                self._known_blobs[ref.hash] = tuple(self._blobs_of(transactions))
            except RollupError:  # derivation will say it, when it gets there
                self._known_blobs[ref.hash] = ()
            while len(self._known_blobs) > 2 * self._depth:
                self._known_blobs.popitem(last=False)
        return self._known_blobs[ref.hash]
