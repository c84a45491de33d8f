"""The L1 in memory: what it serves, what it asks for, and what it forgets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.errors import NotFound
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.sources import (
    CachedL1,
    CacheLimits,
    DataRequest,
    Datum,
    IndexedBlobHash,
    NeedData,
    WrongAnswer,
)
from pyoprollup.sources.l1 import BlockInfo
from tests.unit.derive.support import l1_chain, name_hash

L1 = l1_chain(8, first=0)
BLOBS = (IndexedBlobHash(0, name_hash("blob 0")), IndexedBlobHash(3, name_hash("blob 3")))


def info(number: int) -> BlockInfo:
    return BlockInfo(L1[number], ZERO_HASH, 7)


def needed(cache: CachedL1, call: object, *arguments: object) -> DataRequest:
    """What a read lacks; it is asked for, too."""
    with pytest.raises(NeedData) as raised:
        call(*arguments)  # type: ignore[operator]
    assert cache.is_wanting
    assert raised.value.request in cache.take_wanted()
    return raised.value.request


def test_each_read_asks_for_what_it_lacks_and_gets_it() -> None:
    cache = CachedL1()
    block = L1[3]
    blobs = [bytes(131_072), bytes([1]) * 131_072]
    for call, arguments, answer in (
        (cache.l1_block_ref_by_number, (3,), block),
        (cache.l1_block_ref_by_hash, (L1[2].hash,), L1[2]),
        (cache.info_by_hash, (block.hash,), info(3)),
        (cache.fetch_receipts, (block.hash,), (info(3), [])),
        (cache.transactions_by_hash, (block.hash,), [b"\x02tx"]),
        (cache.get_blobs, (block, BLOBS), blobs),
    ):
        request = needed(cache, call, *arguments)
        cache.put(request, answer, cache.generation)
        assert call(*arguments) == answer  # type: ignore[operator]
    assert not cache.is_wanting


def test_a_thing_is_wanted_once_however_often_it_is_asked_for() -> None:
    cache = CachedL1()
    for _ in range(3):
        with pytest.raises(NeedData):
            cache.l1_block_ref_by_number(1)
    assert cache.take_wanted() == (DataRequest(Datum.REF, 1),)
    assert cache.take_wanted() == ()


def test_headers_tell_references_and_receipts_tell_headers() -> None:
    cache = CachedL1()
    cache.put(DataRequest(Datum.RECEIPTS, L1[3].hash), (info(3), []), 0)
    assert cache.info_by_hash(L1[3].hash) == info(3)
    assert cache.l1_block_ref_by_hash(L1[3].hash) == L1[3]
    needed(cache, cache.l1_block_ref_by_number, 3)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (DataRequest(Datum.REF, 3), L1[4]),
        (DataRequest(Datum.REF, L1[3].hash), L1[4]),
        (DataRequest(Datum.REF, 3), None),
        (DataRequest(Datum.INFO, L1[3].hash), info(4)),
        (DataRequest(Datum.RECEIPTS, L1[3].hash), (info(4), [])),
        (DataRequest(Datum.RECEIPTS, L1[3].hash), info(3)),
        (DataRequest(Datum.BLOBS, L1[3].hash, BLOBS), [bytes(131_072)]),
        (DataRequest(Datum.BLOBS, L1[3].hash, BLOBS), [bytes(131_072), bytes(131_071)]),
    ],
)
def test_an_answer_to_something_else_is_refused(request_: DataRequest, answer: object) -> None:
    cache = CachedL1()
    with pytest.raises(WrongAnswer):
        cache.put(request_, answer, 0)
    with pytest.raises(NeedData):
        cache.l1_block_ref_by_hash(L1[3].hash)


def test_which_block_is_canonical_counts_until_there_is_another_head() -> None:
    cache = CachedL1()
    cache.put(DataRequest(Datum.REF, 3), L1[3], 0)
    assert cache.l1_block_ref_by_number(3) == L1[3]
    cache.on_l1_head()
    needed(cache, cache.l1_block_ref_by_number, 3)
    assert cache.l1_block_ref_by_hash(L1[3].hash) == L1[3], "what belongs to a hash stays true"


def test_an_answer_from_before_the_head_says_nothing_of_what_is_canonical_now() -> None:
    cache = CachedL1()
    asked = cache.generation
    cache.on_l1_head()
    cache.put(DataRequest(Datum.REF, 3), L1[3], asked)
    cache.put_missing(DataRequest(Datum.REF, 5), "no block 5", asked)
    needed(cache, cache.l1_block_ref_by_number, 3)
    needed(cache, cache.l1_block_ref_by_number, 5)
    assert cache.l1_block_ref_by_hash(L1[3].hash) == L1[3]


def test_what_l1_does_not_have_is_not_found_until_there_is_another_head() -> None:
    cache = CachedL1()
    cache.put_missing(DataRequest(Datum.REF, 9), "no block 9", cache.generation)
    with pytest.raises(NotFound, match="no block 9"):
        cache.l1_block_ref_by_number(9)
    assert not cache.is_wanting
    cache.on_l1_head()
    needed(cache, cache.l1_block_ref_by_number, 9)


def test_memory_is_bounded_and_what_was_used_last_stays() -> None:
    cache = CachedL1(CacheLimits(refs=3))
    for ref in L1[:3]:
        cache.put(DataRequest(Datum.REF, ref.hash), ref, 0)
    cache.l1_block_ref_by_hash(L1[0].hash)
    cache.put(DataRequest(Datum.REF, L1[3].hash), L1[3], 0)
    assert cache.l1_block_ref_by_hash(L1[0].hash) == L1[0]
    needed(cache, cache.l1_block_ref_by_hash, L1[1].hash)


def test_a_block_whose_contents_are_gone_was_not_canonical() -> None:
    """Derivation would come to it again by its number, at once, until L1 has another head."""
    cache = CachedL1()
    ref = L1[3]
    cache.put(DataRequest(Datum.REF, 3), ref, cache.generation)
    cache.put_missing(DataRequest(Datum.RECEIPTS, ref.hash), "replaced", cache.generation)
    with pytest.raises(NeedData):
        cache.l1_block_ref_by_number(3)
    assert cache.l1_block_ref_by_hash(ref.hash) == ref


@pytest.mark.parametrize("first", [3, 5])
def test_blocks_that_do_not_follow_each_other_are_asked_for_again(first: int) -> None:
    """L1 has reorged between two answers: derivation would find the gap at once, and again."""
    cache = CachedL1()
    other = replace(L1[4], hash=name_hash("other"), parent_hash=name_hash("its parent"))
    cache.put(DataRequest(Datum.REF, first), L1[first], cache.generation)
    cache.put(DataRequest(Datum.REF, 4), other, cache.generation)
    assert cache.l1_block_ref_by_number(4) == other
    with pytest.raises(NeedData):
        cache.l1_block_ref_by_number(first)
