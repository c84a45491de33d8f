"""Ordering batches before Holocene."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.batch_queue import BatchQueue
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.errors import CriticalError, EndOfData, NotEnoughData, ResetError
from pyoprollup.errors import Unavailable
from tests.unit.derive.batches import (
    L1,
    L2,
    A,
    B,
    C,
    D,
    E,
    F,
    StageScene,
    check_config,
    singular,
    spanning,
)
from tests.unit.derive.support import l2_block, name_hash, outcome

TX = b"\x02 a transaction"
BEDROCK = check_config("bedrock")
DELTA = check_config("delta")


def scene(cfg: Any = BEDROCK, safe: str = "A0", base: Any = A, **options: Any) -> StageScene:
    return StageScene(BatchQueue, cfg, safe, base, **options)


# --- Singular batches


def test_in_order() -> None:
    at = scene().at(A, *map(singular, ("A1", "A2", "A3")))
    assert at.run() == ["A@1002", "A@1004", "A@1006"]
    assert at.concluding == [True] * 3
    assert at.drops == []


def test_one_step_takes_one_batch() -> None:
    at = scene().at(A, singular("A2"), singular("A1"))
    with pytest.raises(NotEnoughData):
        at.step()
    assert at.feed.asked == 1
    assert at.step() == "A@1002"
    assert at.feed.asked == 2
    assert at.step() == "A@1004"
    with pytest.raises(EndOfData):
        at.step()


@pytest.mark.parametrize(
    "order", [("A3", "A2", "A1"), ("A2", "A3", "A1"), ("A1", "A3", "A2"), ("A3", "A1", "A2")]
)
def test_out_of_order(order: tuple[str, ...]) -> None:
    assert scene().at(A, *map(singular, order)).run() == ["A@1002", "A@1004", "A@1006"]


def test_of_two_for_one_slot_the_first_counts() -> None:
    at = scene().at(A, singular("A2"), singular("A2", transactions=(TX,)), singular("A1"))
    assert at.run() == ["A@1002", "A@1004"]
    assert at.drops.reasons == [DropReason.BATCH_PAST]


def test_invalid_batches_are_passed_over() -> None:
    bad = singular("A1", parent_hash=name_hash("nobody"))
    at = scene().at(A, bad, singular("A1", transactions=(b"",)), singular("A1"))
    assert at.run() == ["A@1002"]
    assert at.drops.reasons == [DropReason.BATCH_PARENT_MISMATCH, DropReason.BATCH_EMPTY_TRANSACTION]


def test_future_batch_that_turns_out_wrong() -> None:
    """It is looked at again when its turn comes, and does not keep the right one from being taken."""
    bad = singular("A2", parent_hash=name_hash("nobody"))
    at = scene().at(A, bad, singular("A1"), singular("A2", transactions=(TX,)))
    assert at.run() == ["A@1002", "A@1004*"]
    assert at.drops.reasons == [DropReason.BATCH_PARENT_MISMATCH]


def test_next_epoch_needs_its_l1_block() -> None:
    """A batch with the next L1 origin waits for that block; meanwhile nothing else is taken."""
    at = scene(safe="A3").at(A, singular("B0"), singular("B1"))
    assert at.run() == []
    at.at(B)
    assert at.run() == ["B@1008", "B@1010"]
    assert at.drops == []


def test_undecided_batch_blocks_those_behind_it() -> None:
    """The empty batch after A3 may be right, if L1 block B comes late. Until that is known, the other
    candidate for the slot has to wait."""
    undecided = singular("B0", epoch_num=A.number, epoch_hash=A.hash)
    at = scene(safe="A3").at(A, undecided, singular("B0"))
    assert at.run() == []
    at.at(B)
    assert at.run() == ["B@1008"]
    assert at.drops.reasons == [DropReason.BATCH_DRIFT_EMPTY]


def test_view_moves_with_the_safe_head() -> None:
    at = scene().at(A, *map(singular, ("A1", "A2", "A3")))
    at.run()
    at.at(B, *map(singular, ("B0", "B1", "B2"))).run()
    # An origin behind that of the safe head is too old.
    late = singular("C0", epoch_num=A.number, epoch_hash=A.hash)
    at.at(C, late, singular("C0"))
    assert at.run() == ["C@1014"]
    assert at.drops.reasons == [DropReason.BATCH_EPOCH_TOO_OLD]


# --- Empty batches


def test_window_passes_without_batches() -> None:
    """At the L1 block that ends the window of epoch A (four blocks later), and only once that block
    has nothing for it, empty blocks fill the epoch up to the time of the next."""
    at = scene()
    for ref in (B, C, D):
        assert at.at(ref).run() == []
    assert at.at(E).run() == ["A@1002", "A@1004", "A@1006"]
    assert at.at(F).run() == ["B@1008", "B@1010", "B@1012"]
    # The next block would belong to C, whose window is open.
    assert at.safe == replace(L2["B2"], hash=at.safe.hash)
    assert at.concluding == [True] * 6


def test_batch_in_the_last_block_of_the_window() -> None:
    """It comes in time: nothing is filled in while there may be more of it."""
    at = scene()
    for ref in (B, C, D):
        at.at(ref).run()
    at.at(E, *(singular(name, transactions=(TX,)) for name in ("A2", "A1")))
    assert at.run() == ["A@1002*", "A@1004*", "A@1006"]


def test_batch_after_the_window() -> None:
    at = scene(config_with_window(2))
    at.at(B).run()
    assert at.at(C).run() == ["A@1002", "A@1004", "A@1006"]
    at.at(D, singular("A1", transactions=(TX,)), singular("B0", transactions=(TX,)))
    assert at.run()[:1] == ["B@1008*"]
    assert at.drops.reasons == [DropReason.BATCH_PAST]


def config_with_window(window: int) -> Any:
    return replace(BEDROCK, seq_window_size=window)


def test_every_epoch_has_a_block() -> None:
    """Also when the time of the next one has come: L2 falls behind L1 rather than skip an epoch."""
    at = scene(config_with_window(1), safe="C0", base=A)
    x, y, z = (replace(ref, time=1015 + index) for index, ref in enumerate((A, B, C)))
    at.stage.reset(x, at.feed.system_config)
    parent = l2_block(50, 1014, x)
    at.at(y)
    # Of X nothing more fits before Y at 1016; Y's own block follows although Z starts at 1017.
    with pytest.raises(EndOfData):
        at.stage.next_batch(parent)
    at.at(z)
    batch, concluding = at.stage.next_batch(parent)
    assert (batch.epoch_num, batch.timestamp, concluding) == (y.number, 1016, True)


def test_filled_epoch_then_a_batch() -> None:
    """Batches for the next epoch are taken as usual on top of empty ones."""
    at = scene()
    for ref in (B, C, D):
        at.at(ref, *([singular("B0")] if ref is C else [])).run()
    assert at.at(E).run() == ["A@1002", "A@1004", "A@1006", "B@1008"]


# --- Where derivation starts


def test_l1_blocks_from_before_the_safe_head() -> None:
    """After a reset the stages start some L1 blocks before the safe head's; what is in those is on
    the safe chain already and is not even looked at."""
    at = scene(safe="C0", base=A)
    batches = [singular("A1"), spanning("B0", "B1"), singular("C1")]
    assert at.at(A, *batches).run() == []
    assert at.at(B, singular("C1")).run() == []
    assert at.drops.reasons == [DropReason.BATCH_ORIGIN_BEHIND] * 4
    assert at.at(C, singular("C1")).run() == ["C@1016"]
    assert at.at(D, singular("C2")).run() == ["C@1018"]


def test_start_at_the_safe_heads_origin() -> None:
    at = scene(safe="B1", base=B)
    assert at.at(B, singular("B2")).run() == ["B@1012"]


def test_view_that_does_not_fit() -> None:
    """The safe head's L1 origin is another than the view's: L1 has changed."""
    at = scene(safe="B1", base=A)
    at.safe = l2_block(105, 1010, replace(C, hash=name_hash("other")))
    at.at(C)
    with pytest.raises(ResetError, match="does not fit"):
        at.step()
    at = scene()
    at.safe = l2_block(100, 1000, replace(A, hash=name_hash("other")))
    with pytest.raises(ResetError):
        at.at(A).step()


def test_safe_head_before_the_view() -> None:
    """The pipeline never starts after the safe head's origin: that is a defect."""
    at = scene(safe="A0", base=C)
    with pytest.raises((ResetError, CriticalError)):
        at.at(C).step()


def test_reset() -> None:
    at = scene(DELTA).at(A, singular("A3"), spanning("A1", "A2"))
    assert at.run()[:1] == ["A@1002"]
    at.stage.reset(A, at.feed.system_config)
    at.safe = L2["A0"]
    assert at.at(A, singular("A1")).run() == ["A@1002"]
    assert at.at(A).run() == []


# --- Span batches


def test_span() -> None:
    """Handed out block by block; the last one concludes it."""
    at = scene(DELTA).at(A, spanning("A1", "A2", "A3", transactions={1: (TX,)}))
    assert at.run() == ["A@1002", "A@1004*", "A@1006"]
    assert at.concluding == [False, False, True]


def test_span_is_handed_out_without_asking_the_stage_before() -> None:
    at = scene(DELTA).at(A, spanning("A1", "A2", "A3"), singular("B0"))
    assert at.step() == "A@1002"
    asked = at.feed.asked
    assert [at.step(), at.step()] == ["A@1004", "A@1006"]
    assert at.feed.asked == asked


def test_span_across_epochs() -> None:
    at = scene(DELTA, safe="A2").at(A, spanning("A3", "B0", "B1", "B2", "C0"))
    assert at.run() == []
    assert at.at(B).run() == []
    assert at.at(C).run() == ["A@1006", "B@1008", "B@1010", "B@1012", "C@1014"]
    assert at.at(C, singular("C1")).run() == ["C@1016"]


def test_mixed_kinds() -> None:
    at = scene(DELTA).at(B, spanning("A2", "A3"), singular("A1"), singular("B0"))
    assert at.run() == ["A@1002", "A@1004", "A@1006", "B@1008"]


def test_overlapping_span() -> None:
    """The blocks that are safe already are left out."""
    at = scene(DELTA).at(A, singular("A1"), spanning("A1", "A2", "A3"))
    assert at.run() == ["A@1002", "A@1004", "A@1006"]
    assert at.concluding == [True, False, True]


def test_overlap_that_differs_drops_the_whole_span() -> None:
    at = scene(DELTA).at(A, singular("A1"), spanning("A1", "A2", transactions={0: (TX,)}), singular("A2"))
    assert at.run() == ["A@1002", "A@1004"]
    assert at.drops.reasons == [DropReason.SPAN_OVERLAP_TRANSACTIONS]


def test_invalid_block_spoils_the_whole_span() -> None:
    at = scene(DELTA).at(A, spanning("A1", "A2", transactions={1: (b"\x7e",)}), singular("A1"))
    assert at.run() == ["A@1002"]
    assert at.drops.reasons == [DropReason.BATCH_DEPOSIT_TRANSACTION]


def test_rest_of_a_span_after_an_invalid_block() -> None:
    """The engine did not take the block: the safe head stays, and the rest of the span is dropped."""
    at = scene(DELTA).at(A, spanning("A1", "A2", "A3"), singular("A1", transactions=(TX,)))
    assert at.step() == "A@1002"
    at.safe = L2["A0"]
    assert at.run() == ["A@1002*"]
    assert at.drops.reasons == [DropReason.SPAN_PARENT_CHANGED]


def test_span_for_the_future() -> None:
    at = scene(DELTA).at(A, spanning("A2", "A3"), singular("A1"))
    assert at.run() == ["A@1002", "A@1004", "A@1006"]


# --- Waiting for L2


def test_l2_does_not_answer() -> None:
    """Wherever the check of an overlapping span has to wait, the step can be made again: the batch is
    neither lost nor doubled, and no other one is taken from the stage before meanwhile."""
    batches = [singular("A1"), spanning("A1", "A2", "A3"), singular("B0")]
    expected = scene(DELTA).at(B, *batches)
    wanted = expected.run()
    assert expected.l2.reads > 3
    for point in range(expected.l2.reads):
        at = scene(DELTA).at(B, *batches)
        at.l2.failing = point
        got = [item for item in at.run() if item is not Unavailable]
        assert at.l2.failing is None
        assert (got, at.drops, at.concluding) == (wanted, expected.drops, expected.concluding)
        assert at.feed.asked == expected.feed.asked


def test_errors_of_the_stage_before_pass_through() -> None:
    at = scene().at(A, Unavailable("later"), NotEnoughData("nothing"), singular("A1"))
    with pytest.raises(Unavailable):
        at.step()
    with pytest.raises(NotEnoughData):
        at.step()
    assert at.step() == "A@1002"


# --- The end of the queue


def test_discard_records_what_is_left() -> None:
    at = scene(DELTA).at(A, singular("A3"), singular("B0"), spanning("A1", "A2"))
    assert [outcome(at.step) for _ in range(3)] == [NotEnoughData, NotEnoughData, "A@1002"]
    at.stage.discard()
    assert at.drops.reasons == [DropReason.SPAN_FLUSHED] + [DropReason.FORK_ACTIVATION] * 2


def test_flush_does_nothing() -> None:
    at = scene(DELTA).at(A, spanning("A1", "A2"))
    at.step()
    at.stage.flush_channel()
    assert at.run() == ["A@1004"]
    assert at.feed.flushed == 0


# --- Any order


names = ["A1", "A2", "A3", "B0", "B1", "B2", "C0"]


@settings(max_examples=100)
@given(st.permutations(names), st.lists(st.integers(0, 3), min_size=7, max_size=7))
def test_order_within_the_window_does_not_matter(order: list[str], blocks: list[int]) -> None:
    """Whatever the order and the L1 block (within the window) in which they come, the same chain."""
    at = scene()
    got: list[Any] = []
    for index, ref in enumerate(L1[:5]):
        chosen = [singular(name) for name, block in zip(order, blocks, strict=True) if block == index]
        got += at.at(ref, *chosen).run()
    assert got[:7] == ["A@1002", "A@1004", "A@1006", "B@1008", "B@1010", "B@1012", "C@1014"]


def test_many_future_batches() -> None:
    """Twenty thousand batches that wait for one that is missing."""
    count = 20_000
    batches = [SingularBatch(name_hash(index), A.number, A.hash, 1004 + 2 * index) for index in range(count)]
    at = scene().at(A, *batches)
    assert at.run() == []
    at.at(A, singular("A1"))
    assert at.run() == ["A@1002"]
    assert at.drops.reasons == [DropReason.BATCH_PARENT_MISMATCH]
