"""Fetching ahead: in the order of need, as far as there is room, and not in vain."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pyoprollup.errors import Unavailable
from pyoprollup.eth.types import Hash32
from pyoprollup.node import Prefetcher
from pyoprollup.node.fetcher import read
from pyoprollup.sources import CachedL1, CacheLimits, DataRequest, Datum, IndexedBlobHash, NeedData
from tests.unit.derive.support import FakeL1, l1_chain

L1 = l1_chain(40, first=0)
BLOB = IndexedBlobHash(0, Hash32(b"\x01" * 32))


class Source(FakeL1):
    def transactions_by_hash(self, block_hash: Hash32) -> Sequence[bytes]:
        return (b"transaction",)

    def get_blobs(self, _ref: object, hashes: Sequence[IndexedBlobHash]) -> Sequence[bytes]:
        return [bytes(131_072) for _ in hashes]


class Bench:
    def __init__(self, limits: CacheLimits | None = None, depth: int = 8, blobs: bool = False) -> None:
        self.cache = CachedL1(limits)
        self.source = Source(L1)
        self.asked = 0

        def blobs_of(_transactions: Sequence[bytes]) -> Sequence[IndexedBlobHash]:
            self.asked += 1
            return (BLOB,) if blobs else ()

        self.ahead = Prefetcher(self.cache, depth, blobs_of)

    def derive_at(self, number: int) -> None:
        """Derivation reads a block; what it lacks is fetched."""
        ref = L1[number]
        self.cache.put(DataRequest(Datum.REF, ref.hash), ref, self.cache.generation)
        for call in (self.cache.fetch_receipts, self.cache.transactions_by_hash):
            try:
                call(ref.hash)
            except NeedData as need:
                self.fetch(need.request, ahead=False)
                call(ref.hash)
        self.cache.take_wanted()

    def fetch(self, request: DataRequest, ahead: bool = True) -> None:
        answer = read(self.source, self.source, request)
        self.cache.put(request, answer, self.cache.generation, ahead=ahead)

    def run(self) -> list[str]:
        """Fetch all that is to be fetched ahead; a list of what, in order."""
        seen = []
        while requests := self.ahead.next_requests((), 1):
            seen.append(requests[0])
            self.fetch(requests[0])
            assert len(seen) < 1000, "for ever"
        return [f"{request.datum.value} {_number(request)}" for request in seen]


def _number(request: DataRequest) -> int:
    block = request.block
    return block if isinstance(block, int) else next(ref.number for ref in L1 if ref.hash == block)


def test_nothing_is_fetched_before_there_is_a_head() -> None:
    bench = Bench()
    bench.derive_at(1)
    assert bench.run() == []


def test_the_receipts_of_a_new_head_are_fetched_at_once() -> None:
    """A sequencer that takes it as its origin must not wait for them inside the time for a block."""
    bench = Bench()
    bench.ahead.on_l1_head(L1[30])
    assert bench.run() == ["receipts 30"]
    bench.ahead.on_l1_head(L1[31])
    assert bench.run() == ["receipts 31"]


def test_blocks_are_fetched_in_the_order_in_which_derivation_needs_them() -> None:
    bench = Bench(depth=2, blobs=True)
    bench.derive_at(1)
    bench.ahead.on_l1_head(L1[30])
    assert bench.run() == [
        "receipts 30",
        *("block 2", "receipts 2", "transactions 2", "blobs 2"),
        *("block 3", "receipts 3", "transactions 3", "blobs 3"),
    ]
    bench.derive_at(2)
    assert bench.run() == ["block 4", "receipts 4", "transactions 4", "blobs 4"]


def test_derivation_finds_all_of_it_there() -> None:
    bench = Bench()
    bench.derive_at(1)
    bench.ahead.on_l1_head(L1[30])
    for number in range(2, 31):
        bench.run()
        assert bench.cache.l1_block_ref_by_number(number) == L1[number]
        bench.cache.fetch_receipts(L1[number].hash)
        bench.cache.transactions_by_hash(L1[number].hash)
    assert not bench.cache.is_wanting


def test_no_further_than_to_the_head() -> None:
    bench = Bench()
    bench.derive_at(28)
    bench.ahead.on_l1_head(L1[30])
    assert bench.run()[-1] == "transactions 30"


@pytest.mark.parametrize("limits", [CacheLimits(bodies=8), CacheLimits(body_bytes=1500)])
def test_no_further_than_the_cache_holds(limits: CacheLimits) -> None:
    """opBNB fetched 1,000 blocks ahead into a cache of 1,000: what was needed next was pushed out."""
    bench = Bench(limits, depth=30)
    bench.derive_at(1)
    bench.ahead.on_l1_head(L1[35])
    fetched: list[str] = []
    for number in range(2, 36):
        fetched += bench.run()
        bench.derive_at(number)
    bodies = [item for item in fetched if item.startswith("transactions")]
    assert len(bodies) == len(set(bodies)), "nothing is fetched twice"


def test_what_a_reorg_has_passed_by_makes_room() -> None:
    bench = Bench(CacheLimits(bodies=8))
    bench.derive_at(1)
    bench.ahead.on_l1_head(L1[30])
    bench.run()
    bench.derive_at(20)
    assert "transactions 21" in bench.run()


def test_which_blobs_is_asked_once_a_block() -> None:
    bench = Bench(depth=3)
    bench.derive_at(1)
    bench.ahead.on_l1_head(L1[30])
    bench.run()
    bench.run()
    assert bench.asked == 3


def test_transactions_that_cannot_be_are_left_to_derivation() -> None:
    def fails(_transactions: Sequence[bytes]) -> Sequence[IndexedBlobHash]:
        raise Unavailable("no blob transaction")

    bench = Bench()
    bench.ahead = Prefetcher(bench.cache, 2, fails)
    bench.derive_at(1)
    bench.ahead.on_l1_head(L1[30])
    assert bench.run()[-1] == "transactions 3"


def test_what_is_under_way_or_missing_is_not_asked_for() -> None:
    bench = Bench()
    bench.ahead.on_l1_head(L1[30])
    request = DataRequest(Datum.RECEIPTS, L1[30].hash)
    assert bench.ahead.next_requests({request}, 5) == []
    assert bench.ahead.next_requests((), 0) == []
    bench.cache.put_missing(request, "gone", bench.cache.generation)
    assert bench.ahead.next_requests((), 5) == []
