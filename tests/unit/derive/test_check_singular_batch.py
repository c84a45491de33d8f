"""Validity of singular batches, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.batch_validity import BatchValidity
from pyoprollup.derive.check_singular_batch import check_singular_batch, check_transactions
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.drops import DropReason
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.reference import Reference
from tests.unit.derive.batches import L1, L2, A, B, C, D, E, F, check_config, singular
from tests.unit.derive.support import forks_until, name_hash

DROP, ACCEPT = BatchValidity.DROP, BatchValidity.ACCEPT
UNDECIDED, FUTURE, PAST = BatchValidity.UNDECIDED, BatchValidity.FUTURE, BatchValidity.PAST
TX = b"\x02 a transaction"
LATE_B = replace(B, time=L2["B0"].time + 1)
"""Too late to be adopted by the block after A3."""


def check(
    batch: SingularBatch,
    safe: str,
    view: Sequence[L1BlockRef] = (A, B, C),
    inclusion: L1BlockRef = C,
    cfg: RollupConfig | None = None,
) -> tuple[BatchValidity, DropReason | None]:
    verdict = check_singular_batch(cfg or check_config("bedrock"), view, L2[safe], batch, inclusion)
    assert (verdict.reason is None) == (verdict.validity is ACCEPT)
    return verdict.validity, verdict.reason


def after_a3(*transactions: bytes) -> SingularBatch:
    """The block after A3, still with L1 origin A, beyond the drift of six seconds."""
    return singular("B0", epoch_num=A.number, epoch_hash=A.hash, transactions=transactions)


@pytest.mark.parametrize(
    ("batch", "safe"),
    [
        (singular("A1"), "A0"),
        (singular("A1", transactions=(TX, b"\x00", b"\x7f\x7e")), "A0"),
        (singular("B0"), "A3"),
        (singular("B0", transactions=(TX,)), "A3"),
    ],
)
def test_valid(batch: SingularBatch, safe: str) -> None:
    assert check(batch, safe) == (ACCEPT, None)


def test_no_l1_block_in_view() -> None:
    assert check(singular("A1"), "A0", view=()) == (UNDECIDED, DropReason.BATCH_MISSING_L1)


@pytest.mark.parametrize(
    ("time", "before", "since"),
    [
        (1003, FUTURE, DROP),
        (1004, FUTURE, DROP),
        (2**64 - 1, FUTURE, DROP),
        (1001, DROP, PAST),
        (1000, DROP, PAST),
        (0, DROP, PAST),
    ],
)
def test_time(time: int, before: BatchValidity, since: BatchValidity) -> None:
    """Before Holocene a future batch waits and a past one is wrong; from then on it is the other way
    round. The L1 block that holds the batch decides."""
    batch = singular("A1", timestamp=time)
    reason = DropReason.BATCH_FUTURE if time > 1002 else DropReason.BATCH_PAST
    for holocene, expected in ((C.time + 1, before), (C.time, since)):
        cfg = check_config("granite", holocene_time=holocene)
        assert check(batch, "A0", cfg=cfg) == (expected, reason)


@pytest.mark.parametrize(
    ("changes", "safe", "options", "expected"),
    [
        ({"parent_hash": name_hash("other")}, "A0", {}, (DROP, DropReason.BATCH_PARENT_MISMATCH)),
        # the sequencing window is four L1 blocks
        ({}, "A0", {"inclusion": E, "view": L1}, (ACCEPT, None)),
        ({}, "A0", {"inclusion": F, "view": L1}, (DROP, DropReason.BATCH_WINDOW_EXPIRED)),
        # epochs
        (
            {"epoch_num": A.number, "epoch_hash": A.hash},
            "B0",
            {"view": (B, C, D)},
            (DROP, DropReason.BATCH_EPOCH_TOO_OLD),
        ),
        (
            {"epoch_num": C.number, "epoch_hash": C.hash},
            "A3",
            {"view": (A, B, C, D)},
            (DROP, DropReason.BATCH_EPOCH_TOO_NEW),
        ),
        ({}, "A3", {"view": (A,)}, (UNDECIDED, DropReason.BATCH_MISSING_L1)),
        ({"epoch_hash": A.hash}, "A3", {}, (DROP, DropReason.BATCH_EPOCH_HASH_MISMATCH)),
        ({"epoch_hash": B.hash}, "A0", {}, (DROP, DropReason.BATCH_EPOCH_HASH_MISMATCH)),
        # no block is older than its L1 origin
        (
            {"epoch_num": B.number, "epoch_hash": B.hash},
            "A2",
            {},
            (DROP, DropReason.BATCH_BEFORE_L1_ORIGIN),
        ),
    ],
)
def test_rules(
    changes: dict[str, Any], safe: str, options: dict[str, Any], expected: tuple[BatchValidity, DropReason]
) -> None:
    names = list(L2)
    following = names[names.index(safe) + 1]
    assert check(singular(following, **changes), safe, **options) == expected


# --- Sequencer drift


@pytest.mark.parametrize(
    ("transactions", "view", "expected"),
    [
        ([TX], (A, B), (DROP, DropReason.BATCH_DRIFT_TRANSACTIONS)),
        ([TX], (A, LATE_B), (DROP, DropReason.BATCH_DRIFT_TRANSACTIONS)),
        ([], (A, B), (DROP, DropReason.BATCH_DRIFT_EMPTY)),  # it could have taken B
        ([], (A, LATE_B), (ACCEPT, None)),
        ([], (A, replace(B, time=L2["B0"].time)), (DROP, DropReason.BATCH_DRIFT_EMPTY)),
        ([], (A,), (UNDECIDED, DropReason.BATCH_MISSING_L1)),
    ],
)
def test_drift_in_the_same_epoch(
    transactions: list[bytes],
    view: tuple[L1BlockRef, ...],
    expected: tuple[BatchValidity, DropReason | None],
) -> None:
    assert check(after_a3(*transactions), "A3", view) == expected


def test_drift_at_its_limit() -> None:
    cfg = check_config("bedrock")
    assert check(after_a3(TX), "A3", cfg=replace(cfg, max_sequencer_drift=8)) == (ACCEPT, None)
    assert check(after_a3(TX), "A3", cfg=replace(cfg, max_sequencer_drift=7))[0] is DROP


@pytest.mark.parametrize("transactions", [(), (TX,)])
def test_drift_in_a_new_epoch(transactions: tuple[bytes, ...]) -> None:
    """Even the next L1 origin is too old: the block must be empty, and may be, since it advances."""
    x, y, z = (replace(ref, time=ref.time - 100) for ref in (A, B, C))
    batch = singular("B0", transactions=transactions)
    expected = (DROP, DropReason.BATCH_DRIFT_TRANSACTIONS) if transactions else (ACCEPT, None)
    assert check(batch, "A3", (x, y, z)) == expected


def test_fjord_widens_the_drift() -> None:
    """The time of the batch's L1 origin decides, not that of the block or the inclusion block."""
    for fjord, expected in ((A.time, ACCEPT), (A.time + 1, DROP)):
        cfg = check_config("ecotone", fjord_time=fjord)
        assert check(after_a3(TX), "A3", cfg=cfg)[0] is expected
    for fjord, expected in ((B.time, ACCEPT), (B.time + 1, DROP)):
        cfg = replace(check_config("ecotone", fjord_time=fjord), max_sequencer_drift=0)
        assert check(singular("B0", transactions=(TX,)), "A3", cfg=cfg)[0] is expected


# --- Transactions


@pytest.mark.parametrize(
    ("transaction", "reason"),
    [
        (b"", DropReason.BATCH_EMPTY_TRANSACTION),
        (b"\x7e", DropReason.BATCH_DEPOSIT_TRANSACTION),
        (b"\x7e\x00", DropReason.BATCH_DEPOSIT_TRANSACTION),
        (b"\x04\x00", DropReason.BATCH_SET_CODE_BEFORE_ISTHMUS),
        (b"\x7d\x01", DropReason.BATCH_POST_EXEC_BEFORE_LAGOON),
    ],
)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_transactions(transaction: bytes, reason: DropReason, position: int) -> None:
    transactions = [TX, TX, TX]
    transactions[position] = transaction
    assert check(singular("A1", transactions=tuple(transactions)), "A0") == (DROP, reason)


def test_set_code_transactions_since_isthmus() -> None:
    """By the time of the L2 block."""
    batch = singular("A1", transactions=(b"\x04\x00",))
    for isthmus, expected in ((1002, ACCEPT), (1003, DROP)):
        assert check(batch, "A0", cfg=check_config("holocene", isthmus_time=isthmus))[0] is expected


def test_post_exec_transactions_since_lagoon() -> None:
    """By the time of the L2 block; up to v1.16.11 op-node let the type pass as one that it did not know."""
    batch = singular("A2", transactions=(b"\x7d\x01",))
    # An activation block must be empty, so the block after it is the first that may have one.
    for lagoon, expected in ((1002, ACCEPT), (1005, DROP), (None, DROP)):
        cfg = check_config("jovian", lagoon_time=lagoon)
        assert check(batch, "A1", cfg=cfg)[0] is expected
    older = check_config("jovian", reference=Reference.V1_16)
    assert check(batch, "A1", cfg=older) == (ACCEPT, None)


@pytest.mark.parametrize(
    ("fork", "empty"), [("isthmus", False), ("jovian", True), ("karst", True), ("interop", True)]
)
def test_activation_block_is_empty(fork: str, empty: bool) -> None:
    """Of the forks whose upgrade runs in it; the blocks before and after are as always."""
    order = list(forks_until("interop"))
    before = order[order.index(f"{fork}_time") - 1].removesuffix("_time")
    for time in (1003, 1004):
        cfg = check_config(before, **{f"{fork}_time": time})
        for safe, name, activation in (("A0", "A1", False), ("A1", "A2", True), ("A2", "A3", False)):
            got = check(singular(name, transactions=(TX,)), safe, cfg=cfg)
            if activation and empty:
                assert got == (DROP, DropReason.BATCH_ACTIVATION_BLOCK_NOT_EMPTY)
            else:
                assert got == (ACCEPT, None)
            assert check(singular(name), safe, cfg=cfg) == (ACCEPT, None)


def test_fork_at_genesis_has_no_activation_block() -> None:
    cfg = check_config("jovian")
    assert check(singular("A1", transactions=(TX,)), "A0", cfg=cfg) == (ACCEPT, None)


def test_order_of_the_rules() -> None:
    """A batch that breaks several rules is judged by the first: undecided and future come before
    all that would drop it."""
    wrong = {"parent_hash": bytes(32), "epoch_num": 0, "transactions": (b"",)}
    assert check(singular("A1", **wrong), "A0", view=())[0] is UNDECIDED
    assert check(singular("A2", **wrong), "A0")[0] is FUTURE
    assert check(singular("A1", **wrong), "A0")[1] is DropReason.BATCH_PARENT_MISMATCH
    wrong["parent_hash"] = L2["A0"].hash
    assert check(singular("A1", **wrong), "A0", inclusion=F)[1] is DropReason.BATCH_WINDOW_EXPIRED
    assert check(singular("B0", transactions=(b"",)), "A3", view=(A,))[0] is UNDECIDED


@given(st.lists(st.binary(max_size=3), max_size=5))
def test_check_transactions(transactions: list[bytes]) -> None:
    cfg = check_config("isthmus")
    accepted = all(tx and tx[0] not in (0x7D, 0x7E) for tx in transactions)
    assert (check_transactions(cfg, 5000, transactions).validity is ACCEPT) == accepted


@given(
    st.sampled_from(sorted(L2)),
    st.integers(0, 6),
    st.integers(0, 2**64 - 1) | st.integers(995, 1050),
    st.integers(0, 2**64 - 1) | st.integers(8, 17),
    st.sampled_from(L1),
    st.booleans(),
)
def test_never_fails(
    safe: str, first: int, timestamp: int, epoch: int, inclusion: L1BlockRef, strict: bool
) -> None:
    """Whatever the batch says, there is a verdict; and one that is accepted is the next block."""
    cfg = check_config("holocene" if strict else "bedrock")
    batch = singular("A1", timestamp=timestamp, epoch_num=epoch, parent_hash=L2[safe].hash)
    validity, _ = check(batch, safe, L1[first:], inclusion, cfg)
    if validity is ACCEPT:
        assert timestamp == L2[safe].time + 2
