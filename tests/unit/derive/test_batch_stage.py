"""Batches in strict order, from Holocene on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.derive.batch_stage import BatchStage
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.errors import CriticalError, EndOfData, NotEnoughData, ResetError
from pyoprollup.errors import Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.rollup.reference import Reference
from tests.unit.derive.batches import (
    L2,
    A,
    B,
    C,
    D,
    E,
    F,
    StageScene,
    check_config,
    safe_chain,
    singular,
    spanning,
)
from tests.unit.derive.support import l2_block, name_hash, outcome

TX = b"\x02 a transaction"
CONFIG = check_config("holocene")


def scene(safe: str = "A0", base: L1BlockRef = A, cfg: Any = CONFIG, **options: Any) -> StageScene:
    """Unlike the queue, the stage needs a look beyond the safe head's origin before it works."""
    return StageScene(BatchStage, cfg, safe, base, **options)


def at_b(*batches: Any, **options: Any) -> StageScene:
    at = scene(**options)
    at.at(at.feed.origin).run()
    return at.at(B, *batches)


# --- Singular batches


def test_in_order() -> None:
    at = at_b(*map(singular, ("A1", "A2", "A3", "B0")))
    assert at.run() == ["A@1002", "A@1004", "A@1006", "B@1008"]
    assert at.concluding == [True] * 4
    assert (at.drops, at.feed.flushed) == ([], 0)


def test_past_batch_is_passed_over() -> None:
    at = at_b(singular("A1"), singular("A1", transactions=(TX,)), singular("A2"))
    assert at.run() == ["A@1002", "A@1004"]
    assert (at.drops.reasons, at.feed.flushed) == ([DropReason.BATCH_PAST], 0)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (singular("A2"), DropReason.BATCH_FUTURE),
        (singular("A1", parent_hash=name_hash("nobody")), DropReason.BATCH_PARENT_MISMATCH),
        (singular("A1", epoch_hash=name_hash("nobody")), DropReason.BATCH_EPOCH_HASH_MISMATCH),
        (singular("A1", transactions=(b"",)), DropReason.BATCH_EMPTY_TRANSACTION),
    ],
)
def test_invalid_batch_ends_its_channel(bad: Any, reason: DropReason) -> None:
    """There is no waiting: a batch is the next one, or the rest of the channel goes with it."""
    at = at_b(bad)
    with pytest.raises(NotEnoughData):
        at.step()
    assert (at.drops.reasons, at.feed.flushed) == ([reason], 1)
    # The next channel may go on.
    assert at.at(B, singular("A1")).run() == ["A@1002"]


# --- L1 blocks that cannot hold anything new


@pytest.mark.parametrize(("safe", "base"), [("A0", A), ("A3", A), ("B1", A), ("B1", B)])
def test_blocks_up_to_the_safe_heads_origin(safe: str, base: L1BlockRef) -> None:
    """A batch for the next block cannot be in the L1 block that the safe head names as its origin,
    nor in one before; all that is there is skipped, whatever it says."""
    at = scene(safe, base)
    for ref in (A, B)[base.number - A.number : L2[safe].l1_origin.number - A.number + 1]:
        at.at(ref, singular("A1"), spanning("B1", "B2"))
        assert at.run() == []
        with pytest.raises(EndOfData):
            at.step()
    assert set(at.drops.reasons) == {DropReason.BATCH_ORIGIN_BEHIND}
    assert at.feed.flushed == 0
    following = B if safe.startswith("A") else C
    name = {"A0": "A1", "A3": "B0", "B1": "B2"}[safe]
    assert at.at(following, singular(name)).run() == [f"{name[0]}@{L2[name].time}"]


def test_view_that_lacks_the_safe_heads_origin() -> None:
    at = scene("A0", A)
    at.stage.reset(B, at.feed.system_config)
    with pytest.raises(CriticalError):
        at.at(B).step()


def test_view_that_does_not_fit() -> None:
    at = at_b()
    at.safe = l2_block(100, 1000, replace(A, hash=name_hash("other")))
    with pytest.raises(ResetError):
        at.step()


# --- Empty batches


def test_window_passes_without_batches() -> None:
    at = scene()
    for ref in (A, B, C, D):
        assert at.at(ref).run() == []
    assert at.at(E).run() == ["A@1002", "A@1004", "A@1006"]
    assert at.at(F).run() == ["B@1008", "B@1010", "B@1012"]
    assert at.concluding == [True] * 6


def test_batches_come_before_filling_in() -> None:
    at = scene()
    for ref in (A, B, C, D):
        at.at(ref).run()
    assert at.at(E, singular("A1", transactions=(TX,))).run() == ["A@1002*", "A@1004", "A@1006"]


# --- Span batches


def test_span() -> None:
    at = at_b(spanning("A1", "A2", "A3", "B0", transactions={1: (TX,)}))
    assert at.run() == ["A@1002", "A@1004*", "A@1006", "B@1008"]
    assert at.concluding == [True] * 4


def test_span_that_overlaps() -> None:
    at = at_b(singular("A1"), spanning("A1", "A2", "A3", transactions={1: (TX,)}))
    assert at.run() == ["A@1002", "A@1004*", "A@1006"]
    assert at.drops == []


def test_span_whose_overlap_differs_is_dropped() -> None:
    """It tells another history; its new blocks do not belong on this one."""
    at = at_b(singular("A1"), spanning("A1", "A2", "A3", transactions={0: (TX,)}), singular("A2"))
    assert at.step() == "A@1002"
    with pytest.raises(NotEnoughData):
        at.step()
    assert (at.drops.reasons, at.feed.flushed) == ([DropReason.SPAN_OVERLAP_TRANSACTIONS], 1)


def test_span_whose_overlap_differs_in_the_older_reference() -> None:
    """op-node up to v1.16.11 does not compare the blocks that are safe already."""
    older = check_config("holocene", reference=Reference.V1_16)
    at = at_b(singular("A1"), spanning("A1", "A2", "A3", transactions={0: (TX,)}), cfg=older)
    assert at.run() == ["A@1002", "A@1004", "A@1006"]
    assert at.drops == []


def test_span_whose_overlap_cannot_be_read_is_skipped() -> None:
    """Nothing is flushed: the fault is not the channel's."""
    at = at_b(spanning("A1", "A2", "A3"), singular("A3"), safe="A2", base=A, l2=safe_chain("A0"))
    at.l2.payloads.clear()
    with pytest.raises(NotEnoughData):
        at.step()
    assert (at.drops.reasons, at.feed.flushed) == ([DropReason.SPAN_OVERLAP_UNKNOWN_PARENT], 0)
    assert at.run() == ["A@1006"]


def test_valid_part_of_a_span_counts() -> None:
    """The blocks before the invalid one are handed out; the rest of span and channel is dropped."""
    at = at_b(spanning("A1", "A2", "A3", transactions={1: (b"\x7e",)}), singular("A2"))
    assert at.step() == "A@1002"
    with pytest.raises(NotEnoughData):
        at.step()
    assert at.drops.reasons == [DropReason.BATCH_DEPOSIT_TRANSACTION, DropReason.SPAN_FLUSHED]
    assert at.feed.flushed == 1
    assert at.run() == ["A@1004"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (spanning("A2", "A3"), DropReason.BATCH_FUTURE),
        (spanning("A1", "A2", parent=name_hash("nobody")), DropReason.BATCH_PARENT_MISMATCH),
        (spanning("A1", "A2", origin=name_hash("nobody")), DropReason.BATCH_EPOCH_HASH_MISMATCH),
        (spanning("A1", "A2", shift=-1), DropReason.SPAN_MISALIGNED),
    ],
)
def test_invalid_span_ends_its_channel(bad: Any, reason: DropReason) -> None:
    at = at_b(bad)
    with pytest.raises(NotEnoughData):
        at.step()
    assert (at.drops.reasons, at.feed.flushed) == ([reason], 1)


def test_past_span_is_passed_over() -> None:
    at = at_b(singular("A1"), singular("A2"), spanning("A1", "A2", transactions={0: (TX,)}), singular("A3"))
    assert at.run() == ["A@1002", "A@1004", "A@1006"]
    assert (at.drops.reasons, at.feed.flushed) == ([DropReason.BATCH_PAST], 0)


def test_undecided_span_is_passed_over() -> None:
    """Its last L1 origin lies after the L1 block that it is in: that can never be right."""
    at = at_b(spanning("A1", "A2", "A3", "B0", "B1", "B2", "C0"), singular("A1"))
    assert at.run() == ["A@1002"]
    assert (at.drops.reasons, at.feed.flushed) == ([DropReason.BATCH_MISSING_L1], 0)


def test_span_that_leaves_an_epoch_out() -> None:
    """The first and the last origin are fine, the one in the middle is not on L1's way."""
    at = scene("A0")
    for ref in (A, B, C):
        at.at(ref).run()
    at.at(D, spanning("A1", "A2", "A3", "B0", epochs=(A, A, A, C)))
    assert at.step() == "A@1002"
    assert [at.step(), at.step()] == ["A@1004", "A@1006"]
    with pytest.raises(NotEnoughData):
        at.step()
    assert at.drops.reasons == [DropReason.BATCH_EPOCH_TOO_NEW]


def test_span_with_an_origin_out_of_view() -> None:
    """Epochs that go back and forth: nothing of the span is taken."""
    at = at_b(spanning("A1", "A2", "A3", epochs=(A, B, A), origin=A.hash))
    assert outcome(at.step) is NotEnoughData
    assert (at.drops.reasons, at.feed.flushed) == ([DropReason.SPAN_ORIGIN_UNKNOWN], 1)


def test_rest_of_a_span_after_a_deposits_only_block() -> None:
    """An invalid payload is replaced, and the driver flushes: the rest of the span is gone."""
    at = at_b(spanning("A1", "A2", "A3"))
    at.step()
    at.stage.flush_channel()
    assert at.run() == []
    assert (at.drops.reasons, at.feed.flushed) == ([DropReason.SPAN_FLUSHED], 1)


def test_rest_of_a_span_for_another_parent() -> None:
    at = at_b(spanning("A1", "A2", "A3"))
    at.step()
    at.safe = L2["A0"]
    assert at.run() == []
    assert at.drops.reasons == [DropReason.SPAN_PARENT_CHANGED]


# --- Waiting, and starting over


def test_l2_does_not_answer() -> None:
    """The span stays until its check could be made."""
    at = at_b(spanning("A1", "A2", "A3"), spanning("A2", "A3", "B0"), safe="A2", base=A)
    for expected in ("A@1006", "B@1008"):
        # Neither the parent of the span nor the blocks that it repeats can be read at first.
        for failing in (0, 1):
            at.l2.failing = failing
            with pytest.raises(Unavailable):
                at.step()
        assert at.step() == expected
    assert at.drops == []
    assert at.concluding == [True, True]


def test_errors_of_the_stage_before_pass_through() -> None:
    at = at_b(Unavailable("later"), NotEnoughData("nothing"), singular("A1"))
    assert [outcome(at.step) for _ in range(4)] == [Unavailable, NotEnoughData, "A@1002", EndOfData]


def test_reset() -> None:
    at = at_b(spanning("A1", "A2", "A3"))
    at.step()
    at.stage.reset(A, at.feed.system_config)
    at.safe = L2["A0"]
    assert at.at(A).run() == []
    assert at.at(B, singular("A1")).run() == ["A@1002"]
    assert at.drops == []


def test_flush_while_a_span_waits_for_l2() -> None:
    at = at_b(spanning("A1", "A2", "A3", "B0"), safe="A2", base=A, l2=safe_chain("A0"))
    at.l2.failing = 0
    assert outcome(at.step) is Unavailable
    at.stage.flush_channel()
    assert outcome(at.step) is EndOfData
