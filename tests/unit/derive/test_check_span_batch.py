"""Validity of span batches, rule by rule."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.batch_validity import BatchValidity
from pyoprollup.derive.check_span_batch import (
    check_span_batch,
    check_span_batch_holocene,
    check_span_batch_prefix,
)
from pyoprollup.derive.codec.span_batch import SpanBatch
from pyoprollup.derive.drops import DropReason
from pyoprollup.driver import EngineL2Source
from pyoprollup.engine import BlockNotFound
from pyoprollup.errors import Unavailable
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.reference import Reference
from pyoprollup.rollup.rules import L1InfoFormat
from tests.unit.derive.batches import (
    L1,
    L2,
    A,
    B,
    C,
    D,
    E,
    F,
    bare_payload,
    check_config,
    l2_payload,
    safe_chain,
    spanning,
)
from tests.unit.derive.support import FakeL2, config, l1_chain, name_hash

DROP, ACCEPT = BatchValidity.DROP, BatchValidity.ACCEPT
UNDECIDED, FUTURE, PAST = BatchValidity.UNDECIDED, BatchValidity.FUTURE, BatchValidity.PAST
TX, OTHER_TX = b"\x02 a transaction", b"\x02 another transaction"
LATE_B = replace(B, time=L2["B0"].time + 1)

Outcome = tuple[BatchValidity, DropReason | None]
OK: Outcome = (ACCEPT, None)


def check(
    batch: SpanBatch,
    safe: str,
    view: Sequence[L1BlockRef] = (A, B, C),
    inclusion: L1BlockRef = C,
    cfg: RollupConfig | None = None,
    l2: FakeL2 | None = None,
) -> Outcome:
    source = safe_chain("A0", "A1", "A2", "A3", "B0", "B1") if l2 is None else l2
    verdict = check_span_batch(cfg or check_config(), view, L2[safe], batch, inclusion, source)
    assert (verdict.reason is None) == (verdict.validity is ACCEPT)
    return verdict.validity, verdict.reason


# --- Spans that continue the safe chain


@pytest.mark.parametrize(
    ("batch", "safe"),
    [
        (spanning("A1"), "A0"),
        (spanning("A1", transactions={0: (TX, TX)}), "A0"),
        (spanning("A1", "A2", "A3"), "A0"),
        (spanning("B0"), "A3"),
        (spanning("B0", transactions={0: (TX,)}), "A3"),
        (spanning("A3", "B0", "B1", "B2", "C0"), "A2"),
    ],
)
def test_valid(batch: SpanBatch, safe: str) -> None:
    assert check(batch, safe) == OK


def test_no_l1_block_in_view() -> None:
    assert check(spanning("A1"), "A0", view=()) == (UNDECIDED, DropReason.BATCH_MISSING_L1)


@pytest.mark.parametrize(
    ("delta", "expected"), [(A.time, OK), (A.time + 1, (DROP, DropReason.SPAN_BATCH_BEFORE_DELTA))]
)
def test_delta(delta: int, expected: Outcome) -> None:
    """Delta must be active at the first L1 origin of the span."""
    cfg = check_config("canyon", delta_time=delta)
    assert check(spanning("A1", "A2"), "A0", cfg=cfg) == expected
    assert check(spanning("B0", "B1"), "A3", cfg=cfg) == OK


def test_delta_when_the_origin_is_not_known_yet() -> None:
    cfg = check_config("canyon", delta_time=B.time)
    assert check(spanning("B0"), "A3", (A,), cfg=cfg) == (UNDECIDED, DropReason.BATCH_MISSING_L1)


def test_future() -> None:
    for holocene, expected in ((C.time + 1, FUTURE), (C.time, DROP)):
        cfg = check_config("granite", holocene_time=holocene)
        for batch in (spanning("A2"), spanning("A2", "A3"), spanning("A1", shift=1)):
            assert check(batch, "A0", cfg=cfg) == (expected, DropReason.BATCH_FUTURE)


def test_past() -> None:
    """Nothing new, since the last block is safe already."""
    for holocene, expected in ((C.time + 1, DROP), (C.time, PAST)):
        cfg = check_config("granite", holocene_time=holocene)
        for batch in (spanning("A1", "A2"), spanning("A2"), spanning("A1"), spanning("A3", shift=-1)):
            assert check(batch, "A2", cfg=cfg) == (expected, DropReason.BATCH_PAST)


@pytest.mark.parametrize(
    ("batch", "safe", "options", "expected"),
    [
        (spanning("A1", parent=name_hash("other")), "A0", {}, (DROP, DropReason.BATCH_PARENT_MISMATCH)),
        # the sequencing window of the first block
        (spanning("A1"), "A0", {"inclusion": E, "view": L1}, OK),
        (spanning("A1"), "A0", {"inclusion": F, "view": L1}, (DROP, DropReason.BATCH_WINDOW_EXPIRED)),
        (
            spanning("A3", "B0", "B1", "B2", "C0"),
            "A2",
            {"inclusion": F, "view": L1},
            (DROP, DropReason.BATCH_WINDOW_EXPIRED),
        ),
        # epochs
        (
            spanning("B1", "B2", epochs=(A, B)),
            "B0",
            {"view": (B, C, D)},
            (DROP, DropReason.BATCH_EPOCH_TOO_OLD),
        ),
        (spanning("B0", epochs=(C,)), "A3", {"view": L1}, (DROP, DropReason.BATCH_EPOCH_TOO_NEW)),
        (spanning("B0"), "A3", {"view": (A,)}, (UNDECIDED, DropReason.BATCH_MISSING_L1)),
        (spanning("A3", "B0"), "A2", {"view": (A,)}, (UNDECIDED, DropReason.BATCH_MISSING_L1)),
        # of the origins' hashes only the last is given
        (spanning("B0", origin=A.hash), "A3", {}, (DROP, DropReason.BATCH_EPOCH_HASH_MISMATCH)),
        (spanning("A3", "B0", origin=A.hash), "A2", {}, (DROP, DropReason.BATCH_EPOCH_HASH_MISMATCH)),
        # no block is older than its L1 origin
        (spanning("A3", epochs=(B,)), "A2", {}, (DROP, DropReason.BATCH_BEFORE_L1_ORIGIN)),
        (spanning("A2", "A3", epochs=(A, B)), "A1", {}, (DROP, DropReason.BATCH_BEFORE_L1_ORIGIN)),
        # transactions, in any block
        (spanning("A1", transactions={0: (b"",)}), "A0", {}, (DROP, DropReason.BATCH_EMPTY_TRANSACTION)),
        (
            spanning("A1", "A2", "A3", transactions={0: (TX,), 2: (TX, b"\x7e\x00")}),
            "A0",
            {},
            (DROP, DropReason.BATCH_DEPOSIT_TRANSACTION),
        ),
        (
            spanning("A1", "A2", transactions={1: (b"\x04\x01",)}),
            "A0",
            {},
            (DROP, DropReason.BATCH_SET_CODE_BEFORE_ISTHMUS),
        ),
    ],
)
def test_rules(batch: SpanBatch, safe: str, options: dict[str, Any], expected: Outcome) -> None:
    assert check(batch, safe, **options) == expected


def test_activation_block_with_transactions_does_not_matter_here() -> None:
    """No client checks it for a whole span; from Holocene on it is checked block by block."""
    cfg = check_config("isthmus", jovian_time=1004)
    for position in range(3):
        batch = spanning("A1", "A2", "A3", transactions={position: (TX,)})
        assert check(batch, "A0", cfg=cfg) == OK


def test_post_exec_transactions_since_lagoon() -> None:
    """Each block for itself."""
    batch = spanning("A1", "A2", transactions={1: (b"\x7d\x01",)})
    dropped = (DROP, DropReason.BATCH_POST_EXEC_BEFORE_LAGOON)
    for lagoon, expected in ((1004, OK), (1005, dropped), (None, dropped)):
        assert check(batch, "A0", cfg=check_config("jovian", lagoon_time=lagoon)) == expected
    older = check_config("jovian", reference=Reference.V1_16)
    assert check(batch, "A0", cfg=older) == OK


# --- L1 origins of blocks in the middle: of the span as a whole only the first and the last were looked at


def test_block_whose_origin_is_before_the_safe_heads() -> None:
    """The span begins in the safe chain; its first new block goes back to an origin that has passed."""
    batch = spanning("A3", "B0", "B1", "B2", epochs=(A, A, A, B))
    dropped = (DROP, DropReason.BATCH_EPOCH_TOO_OLD)
    assert check(batch, "B0", view=(B,), inclusion=B) == dropped
    assert check(batch, "B0", view=(A, B), inclusion=B) == dropped


def test_block_whose_origin_is_not_in_view() -> None:
    """Only the last origin is known, so the others cannot be judged."""
    batch = spanning("A1", "A2", "A3", "B0")
    dropped = (DROP, DropReason.SPAN_ORIGIN_UNKNOWN)
    assert check(batch, "A0", view=(B, C), inclusion=C) == dropped
    # An origin that is in view, but before that of the block before.
    batch = spanning("A3", "B0", "B1", epochs=(B, A, B))
    assert check(batch, "A2", view=tuple(replace(ref, time=1000) for ref in (A, B))) == dropped


def test_set_code_transactions_since_isthmus() -> None:
    """Each block for itself."""
    batch = spanning("A1", "A2", transactions={1: (b"\x04\x01",)})
    for isthmus, expected in ((1004, OK), (1005, (DROP, DropReason.BATCH_SET_CODE_BEFORE_ISTHMUS))):
        assert check(batch, "A0", cfg=check_config("holocene", isthmus_time=isthmus)) == expected


# --- Sequencer drift


def late(*transactions: bytes, long: bool = False) -> SpanBatch:
    """A span up to the block after A3, which still has L1 origin A and so exceeds the drift."""
    if long:
        return spanning("A3", "B0", epochs=(A, A), transactions={0: (TX,), 1: transactions})
    return spanning("B0", epochs=(A,), transactions={0: transactions})


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize(
    ("transactions", "view", "expected"),
    [
        ([TX], (A, B), (DROP, DropReason.BATCH_DRIFT_TRANSACTIONS)),
        ([], (A, B), (DROP, DropReason.BATCH_DRIFT_EMPTY)),
        # The next origin could be adopted from its own time on.
        ([], (A, replace(B, time=L2["B0"].time)), (DROP, DropReason.BATCH_DRIFT_EMPTY)),
        ([], (A, LATE_B), OK),
        ([], (A,), (UNDECIDED, DropReason.BATCH_MISSING_L1)),
    ],
)
def test_drift_in_the_same_epoch(
    transactions: list[bytes], view: tuple[L1BlockRef, ...], expected: Outcome, long: bool
) -> None:
    assert check(late(*transactions, long=long), "A2" if long else "A3", view) == expected


def test_drift_in_new_epochs() -> None:
    """All L1 origins are too old; as long as each block advances, empty ones are fine."""
    view = tuple(replace(ref, time=ref.time - 100) for ref in (A, B, C, D))
    batch = spanning("B0", "B1", epochs=(B, C))
    assert check(batch, "A3", view) == OK
    batch = spanning("B0", "B1", epochs=(B, C), transactions={1: (TX,)})
    assert check(batch, "A3", view) == (DROP, DropReason.BATCH_DRIFT_TRANSACTIONS)
    batch = spanning("B0", "B1", epochs=(B, B))
    assert check(batch, "A3", view) == (DROP, DropReason.BATCH_DRIFT_EMPTY)


def test_fjord_widens_the_drift() -> None:
    for fjord, expected in ((A.time, OK), (A.time + 1, (DROP, DropReason.BATCH_DRIFT_TRANSACTIONS))):
        assert check(late(TX), "A3", cfg=check_config("ecotone", fjord_time=fjord)) == expected


# --- Spans that overlap the safe chain


@pytest.mark.parametrize(
    ("names", "safe"),
    [
        (("A2", "A3"), "A2"),
        (("A1", "A2", "A3"), "A2"),
        (("A1", "A2", "A3", "B0", "B1"), "A3"),
        (("B0", "B1"), "B0"),
    ],
)
def test_overlap(names: tuple[str, ...], safe: str) -> None:
    assert check(spanning(*names), safe) == OK


def test_overlap_with_transactions() -> None:
    """They must be those of the safe blocks, the deposits left out."""
    l2 = safe_chain("A0", "A1", "A2", contents={"A1": (TX, OTHER_TX)})
    good = spanning("A1", "A2", "A3", transactions={0: (TX, OTHER_TX), 2: (TX,)})
    assert check(good, "A2", l2=l2) == OK
    for wrong in ((), (TX,), (OTHER_TX, TX), (TX, OTHER_TX, TX), (TX, TX)):
        batch = spanning("A1", "A2", "A3", transactions={0: wrong})
        assert check(batch, "A2", l2=l2) == (DROP, DropReason.SPAN_OVERLAP_TRANSACTIONS)


def test_overlap_with_another_parent() -> None:
    batch = spanning("A2", "A3", parent=L2["A0"].hash)
    assert check(batch, "A2") == (DROP, DropReason.BATCH_PARENT_MISMATCH)


def test_overlap_with_other_origins() -> None:
    assert check(spanning("A2", "A3", "B0", epochs=(B, B, B)), "A3") == (DROP, DropReason.SPAN_OVERLAP_ORIGIN)
    assert check(spanning("B0", "B1", epochs=(A, B)), "B0", view=(A, B)) == (
        DROP,
        DropReason.SPAN_OVERLAP_ORIGIN,
    )


def test_overlap_that_does_not_line_up() -> None:
    """Between the safe head and the next block, or between two safe blocks."""
    for shift in (-1, -3):
        batch = spanning("A1", "A2", "A3", shift=shift)
        assert check(batch, "A0") == (DROP, DropReason.SPAN_MISALIGNED)


def test_overlap_whose_parent_is_not_known() -> None:
    l2 = safe_chain("A1", "A2")
    batch = spanning("A1", "A2", "A3")
    assert check(batch, "A2", l2=l2) == (UNDECIDED, DropReason.SPAN_OVERLAP_UNKNOWN_PARENT)


def test_overlap_whose_blocks_are_not_known() -> None:
    l2 = safe_chain("A0", "A1", "A2")
    del l2.payloads[L2["A2"].number]
    batch = spanning("A1", "A2", "A3")
    assert check(batch, "A2", l2=l2) == (UNDECIDED, DropReason.SPAN_OVERLAP_UNKNOWN_PARENT)


def test_overlap_with_the_first_block_of_the_chain() -> None:
    """A span that would replace genesis has no parent."""
    safe = replace(L2["A1"], number=1)
    verdict = check_span_batch(check_config(), (A, B), safe, spanning("A0", "A1", "A2"), B, safe_chain("A0"))
    assert verdict.validity is UNDECIDED


def test_safe_block_without_l1_attributes() -> None:
    l2 = safe_chain("A0", "A1", "A2")
    l2.payloads[L2["A2"].number] = bare_payload(L2["A2"], TX)
    batch = spanning("A2", "A3", transactions={0: (TX,)})
    assert check(batch, "A2", l2=l2) == (DROP, DropReason.SPAN_OVERLAP_BLOCK_UNREADABLE)
    # Transactions are compared first.
    assert check(spanning("A2", "A3"), "A2", l2=l2) == (DROP, DropReason.SPAN_OVERLAP_TRANSACTIONS)


def test_safe_block_of_another_epoch_than_its_number_says() -> None:
    l2 = safe_chain("A0", "A1", "A2")
    l2.payloads[L2["A2"].number] = l2_payload(L2["A2"], origin=B.number)
    assert check(spanning("A2", "A3"), "A2", l2=l2) == (DROP, DropReason.SPAN_OVERLAP_ORIGIN)


@pytest.mark.parametrize("safe", ["A2", "A3"])
def test_l2_does_not_answer(safe: str) -> None:
    """The check is made again later, instead of a verdict."""
    batch = spanning("A1", "A2", "A3", "B0")
    l2 = safe_chain("A0", "A1", "A2", "A3")
    l2.failing = 0
    with pytest.raises(Unavailable):
        check(batch, safe, l2=l2)
    assert check(batch, safe, l2=l2) == OK


def test_blocks_that_are_safe_are_not_checked_again() -> None:
    """Only compared: a rule that they break now did not hold when they were derived."""
    transactions = (b"\x04 set code",)
    l2 = safe_chain("A0", "A1", "A2", contents={"A1": transactions})
    batch = spanning("A1", "A2", "A3", transactions={0: transactions})
    assert check(batch, "A2", l2=l2) == OK


# --- What Holocene asks of the span


def holocene(batch: SpanBatch, safe: str, l2: FakeL2, reference: Reference = Reference.V1_19) -> Outcome:
    cfg = check_config("holocene", reference=reference)
    verdict = check_span_batch_holocene(cfg, (A, B, C), L2[safe], batch, C, l2)
    return verdict.validity, verdict.reason


def test_holocene_compares_the_overlap() -> None:
    l2 = safe_chain("A0", "A1", "A2", contents={"A1": (TX,)}, layout=L1InfoFormat.ECOTONE)
    good = spanning("A1", "A2", "A3", transactions={0: (TX,), 2: (b"",)})
    assert holocene(good, "A2", l2) == OK
    assert holocene(spanning("A3", transactions={0: (b"",)}), "A2", l2) == OK
    wrong = spanning("A1", "A2", "A3")
    assert holocene(wrong, "A2", l2) == (DROP, DropReason.SPAN_OVERLAP_TRANSACTIONS)
    assert holocene(wrong, "A2", l2, Reference.V1_16) == OK
    wrong = spanning("A1", "A2", "A3", "B0", transactions={0: (TX,)}, epochs=(A, B, B, B))
    assert holocene(wrong, "A2", l2) == (DROP, DropReason.SPAN_OVERLAP_ORIGIN)


def test_holocene_asks_for_the_prefix_first() -> None:
    l2 = safe_chain("A0", "A1", "A2", contents={"A1": (TX,)})
    assert holocene(spanning("A1", "A2", parent=name_hash("other")), "A1", l2) == (
        DROP,
        DropReason.BATCH_PARENT_MISMATCH,
    )


# --- The prefix alone


@pytest.mark.parametrize(
    "batch",
    [
        spanning("A1", "A2", transactions={0: (b"",)}),
        spanning("A1", "A2", epochs=(A, B)),
        spanning("A1", "A2", "A3", "B0", epochs=(A, A, A, A), transactions={3: (TX,)}),
    ],
)
def test_prefix_does_not_look_at_blocks(batch: SpanBatch) -> None:
    cfg = check_config("holocene")
    verdict, parent = check_span_batch_prefix(cfg, (A, B, C), L2["A0"], batch, C, FakeL2())
    assert (verdict.validity, parent) == (ACCEPT, L2["A0"])
    assert check(batch, "A0", cfg=check_config())[0] is not ACCEPT


def test_prefix_finds_the_parent() -> None:
    l2 = safe_chain("A0", "A1", "A2")
    batch = spanning("A1", "A2", "A3", transactions={0: (TX,)})
    verdict, parent = check_span_batch_prefix(check_config(), (A, B), L2["A2"], batch, B, l2)
    assert (verdict.validity, parent) == (ACCEPT, L2["A0"])


# --- Arbitrary spans


@settings(max_examples=150)
@given(
    st.sampled_from(["A0", "A2", "A3", "B1"]),
    st.integers(0, 3),
    st.integers(0, 2**64 - 1) | st.integers(990, 1020),
    st.lists(st.integers(0, 2**64 - 1) | st.integers(9, 14), min_size=1, max_size=6),
    st.booleans(),
    st.sampled_from(L1),
)
def test_never_fails(
    safe: str, first: int, timestamp: int, epochs: list[int], strict: bool, inclusion: L1BlockRef
) -> None:
    parents = [L2[name].hash for name in ("A0", "A1", "A2", "A3", "B0", "B1")]
    position = (timestamp - 1002) // 2
    parent = parents[position] if 0 <= position < len(parents) else bytes(32)
    origin = next((ref.hash for ref in L1 if ref.number == epochs[-1]), bytes(32))
    batch = SpanBatch(parent[:20], origin[:20], timestamp, 2, epochs, [0] * len(epochs), [])
    cfg = check_config("holocene" if strict else "delta")
    validity, _ = check(batch, safe, L1[first:], inclusion, cfg)
    if validity is ACCEPT:
        times = [element.timestamp for element in batch]
        assert L2[safe].time + 2 in times


def test_long_span_of_old_epochs() -> None:
    """A hundred thousand empty blocks, all with an L1 origin that is out of view, are not searched
    for one by one in a long view."""
    count = 100_000
    view = [replace(B, number=B.number + index, time=B.time + 10**9 * index) for index in range(2000)]
    view[0] = B
    epochs = [A.number] * (count - 1) + [B.number]
    batch = SpanBatch(L2["A3"].hash[:20], B.hash[:20], L2["B0"].time, 2, epochs, [0] * count, [])
    validity, _ = check(batch, "B0", view, C, l2=safe_chain("A3", "B0"))
    assert validity is DROP


# --- A chain that was migrated: the engine has blocks from before the rollup's genesis


def test_a_span_that_begins_at_the_genesis_block() -> None:
    """Its parent is a block of before, which has no L1 attributes: no later attempt finds anything else, so
    that the span must not be retried as if a source had failed."""
    l1 = l1_chain(6, first=0)
    genesis = L2BlockRef(name_hash("genesis"), 100, name_hash("legacy 99"), 1000, l1[0].id, 0)
    first = L2BlockRef(name_hash("first"), 101, genesis.hash, 1002, l1[0].id, 1)
    legacy = L2BlockRef(genesis.parent_hash, 99, name_hash("legacy 98"), 998, l1[0].id, 0)

    class Engine:
        def payload_by_number(self, number: int) -> ExecutionPayloadEnvelope:
            if number != legacy.number:
                raise BlockNotFound(f"block {number}")
            return ExecutionPayloadEnvelope(bare_payload(legacy, b"\xc0 a transaction of before"))

    class Readable(FakeL2):
        def l2_block_ref_by_number(self, number: int) -> L2BlockRef:
            return legacy

    cfg = config("holocene")
    cfg = replace(cfg, genesis=replace(cfg.genesis, l1=l1[0].id, l2=genesis.id, l2_time=genesis.time))
    epochs, counts = array("Q", [0, 0, 0]), [0, 0, 0]
    span = SpanBatch(legacy.hash[:20], l1[0].hash[:20], genesis.time, cfg.block_time, epochs, counts, [])
    for source in (EngineL2Source(cfg, Engine()), Readable()):  # type: ignore[arg-type]
        verdict, parent = check_span_batch_prefix(cfg, l1[:3], first, span, l1[2], source)
        assert (verdict.validity, parent) == (UNDECIDED, None)
