"""The watchdog: a node that stands still says so, and what it waits for."""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.services.watchdog import Observation, Watchdog, WatchdogLimits

LIMITS = WatchdogLimits(step=60, l1_head=180, derivation=120, unsafe=60)


def l1(number: int) -> L1BlockRef:
    return L1BlockRef(Hash32(number.to_bytes(32, "big")), number, ZERO_HASH, 12 * number)


def l2(number: int) -> L2BlockRef:
    return L2BlockRef(
        Hash32(number.to_bytes(32, "big")), number, ZERO_HASH, 2 * number, BlockID(ZERO_HASH, 0), 0
    )


def seen(head: int = 10, current: int = 10, unsafe: int = 5, safe: int = 4) -> Observation:
    status = SyncStatus(head_l1=l1(head), current_l1=l1(current), unsafe_l2=l2(unsafe), safe_l2=l2(safe))
    return Observation(running=True, error="", busy_since=None, status=status)


def test_a_node_that_follows_is_ready() -> None:
    dog = Watchdog(LIMITS)
    for minute in range(60):
        assert dog.look(seen(minute, minute, 30 * minute, 20 * minute), 60.0 * minute).ready


def test_a_node_that_has_ended_says_why() -> None:
    found = Watchdog(LIMITS).look(replace(seen(), running=False, error="disk full"), 0)
    assert not found.ready and "disk full" in found.reasons[0]


def test_derivation_that_waits_for_a_blob() -> None:
    dog = Watchdog(LIMITS)
    waiting = "blobs of L1 block 8, 7 times in vain: 404"
    for second in range(0, 121, 12):
        found = dog.look(replace(seen(10 + second // 12, 7), awaited=waiting), second)
        assert found.ready and f"derivation waits for {waiting}" in found.notes
    found = dog.look(replace(seen(21, 7), awaited=waiting), 132)
    assert not found.ready
    assert found.reasons == (f"derivation is at L1 block 7 since 132 s, L1's head is 21: {waiting}",)
    assert dog.look(seen(22, 8), 144).ready


def test_derivation_that_has_used_up_l1_waits_for_nothing() -> None:
    """L1 stands still: that is another fault, and another limit."""
    dog = Watchdog(LIMITS)
    assert dog.look(seen(), 0).ready
    assert dog.look(seen(), 170).ready
    found = dog.look(replace(seen(), l1_error="connection refused"), 190)
    assert found.reasons == ("L1's head is 10 since 190 s: connection refused",)


def test_an_l1_that_was_never_reached() -> None:
    nothing = replace(seen(), status=SyncStatus(), l1_error="connection refused")
    found = Watchdog(LIMITS).look(nothing, 0)
    assert found.reasons == ("L1's head is not known: connection refused",)


def test_a_node_that_has_just_begun_is_given_time() -> None:
    dog = Watchdog(LIMITS)
    begun = replace(seen(), status=SyncStatus(head_l1=l1(9)))
    assert dog.look(replace(seen(), status=SyncStatus()), 0).ready
    assert dog.look(begun, 100).ready
    found = dog.look(begun, 221)
    assert found.reasons[0].startswith("derivation has not begun since 121 s")


def test_a_call_that_hangs() -> None:
    dog = Watchdog(LIMITS)
    hanging = replace(seen(), busy_since=0.0, last_error="no answer")
    assert dog.look(hanging, 60).ready
    assert dog.look(hanging, 61).reasons == ("one step takes since 61 s: no answer",)


def test_a_sequencer_that_makes_no_blocks() -> None:
    dog = Watchdog(LIMITS)
    for second in range(0, 61, 10):
        assert dog.look(replace(seen(10 + second), sequencing=True), second).ready
    found = dog.look(replace(seen(80), sequencing=True), 70)
    assert any("no block has been sequenced for 70 s" in reason for reason in found.reasons)


def test_what_is_good_to_know() -> None:
    dog = Watchdog(LIMITS)
    dog.look(replace(seen(), last_drop="batch of block 7, old"), 0)
    found = dog.look(replace(seen(11, 11), last_drop="batch of block 7, old"), 30)
    assert found.ready
    assert found.notes == ("the safe head is 4 since 30 s", "last dropped: batch of block 7, old")
