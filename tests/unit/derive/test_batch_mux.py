"""Which batch stage works, before and after Holocene."""

from __future__ import annotations

import pytest

from pyoprollup.derive.batch_mux import BatchMux
from pyoprollup.derive.batch_queue import BatchQueue
from pyoprollup.derive.batch_stage import BatchStage
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.errors import EndOfData, NotEnoughData
from tests.unit.derive.batches import L2, A, B, C, D, check_config, safe_chain, singular, spanning
from tests.unit.derive.support import Drops, Feed

CONFIG = check_config("granite", holocene_time=C.time)


def test_reset_decides_by_the_base_block() -> None:
    feed = Feed(origin=A)
    mux = BatchMux(CONFIG, feed, safe_chain("A0"))
    for ref, kind in ((A, BatchQueue), (B, BatchQueue), (C, BatchStage), (D, BatchStage), (B, BatchQueue)):
        mux.reset(ref, feed.system_config)
        assert type(mux.active) is kind


def test_activation() -> None:
    """Queued batches go; the L1 blocks in view stay, since the next blocks build on them."""
    drops = Drops()
    feed = Feed([singular("A2"), singular("A3")], origin=A)
    mux = BatchMux(CONFIG, feed, safe_chain("A0", "A1"), drops)
    mux.reset(A, feed.system_config)
    for _ in range(2):
        with pytest.raises(NotEnoughData):
            mux.next_batch(L2["A0"])
    feed.origin = B
    with pytest.raises(EndOfData):
        mux.next_batch(L2["A0"])
    feed.origin = C
    mux.activate_holocene()
    assert drops.reasons == [DropReason.FORK_ACTIVATION] * 2
    feed.refill([spanning("A1", "A2")])
    batch, concluding = mux.next_batch(L2["A0"])
    assert (batch.timestamp, batch.epoch_num, concluding) == (1002, A.number, True)
    assert mux.origin == C


def test_activation_in_the_middle_of_a_span() -> None:
    drops = Drops()
    feed = Feed([spanning("A1", "A2")], origin=A)
    mux = BatchMux(CONFIG, feed, safe_chain("A0"), drops)
    mux.reset(A, feed.system_config)
    mux.next_batch(L2["A0"])
    mux.activate_holocene()
    assert drops.reasons == [DropReason.SPAN_FLUSHED]


def test_flush_goes_to_the_active_stage() -> None:
    feed = Feed(origin=A)
    mux = BatchMux(CONFIG, feed, safe_chain("A0"))
    mux.reset(A, feed.system_config)
    mux.flush_channel()
    assert feed.flushed == 0
    mux.reset(C, feed.system_config)
    mux.flush_channel()
    assert feed.flushed == 1
