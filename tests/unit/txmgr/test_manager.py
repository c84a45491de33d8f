"""The cases of the reference's test of the transaction manager, and some more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.errors import Unavailable
from pyoprollup.eth.signer import sender
from pyoprollup.eth.transactions import BLOB_TX_TYPE, DYNAMIC_FEE_TX_TYPE
from pyoprollup.eth.types import Hash32
from pyoprollup.events import NEVER
from pyoprollup.sources import CallMsg
from pyoprollup.sources.l1 import ExecutionReverted
from pyoprollup.txmgr import GWEI, TxCandidate
from pyoprollup.txmgr.errors import (
    AlreadyKnownError,
    AlreadyReservedError,
    ClosedError,
    CraftError,
    CriticalSendError,
    InsufficientFundsError,
    MempoolDeadlineExpired,
    NonceMoved,
    NonceTooLowError,
    ReplacementUnderpricedError,
    SendCancelled,
    SendTimeout,
    TxManagerError,
    TxPoolError,
    UnderpricedError,
)
from tests.simulated_l1 import Faults
from tests.unit.derive.support import INBOX, L1_CHAIN_ID
from tests.unit.txmgr.support import BLOB, CALLDATA, Bench


def failing(bench: Bench, *errors: TxManagerError | None) -> list[bytes]:
    """The next publications go like this, then as usual. Returns what was published."""
    left = list(errors)
    seen: list[bytes] = []
    usual: Callable[[bytes], Hash32] = bench.l1.send_transaction

    def send(raw: bytes) -> Hash32:
        seen.append(raw)
        error = left.pop(0) if left else None
        if error is not None:
            raise error
        return usual(raw)

    bench.l1.send_transaction = send  # type: ignore[method-assign]
    return seen


# --- making


def test_a_candidate_with_a_nonce_is_sent_with_that_one_or_not_at_all() -> None:
    bench = Bench()
    first = bench.send(nonce=0)
    assert first.nonce == 0
    bench.mine()
    bench.wait(5)
    late = bench.send(nonce=0)
    assert isinstance(late.error, NonceMoved)
    assert "nonce is 1, and no longer 0" in str(late.error)
    assert bench.pooled == []
    assert bench.send(nonce=1).nonce == 1


def test_the_nonce_is_looked_at_again_when_making_it_takes_longer() -> None:
    """A transaction from before a restart is mined meanwhile."""
    bench = Bench()
    bench.send()
    bench.manager = bench.new_manager()
    bench.signer.failures = 1
    late = bench.send(nonce=0)
    assert not late.done
    bench.mine()
    bench.wait(3)
    assert isinstance(late.error, NonceMoved)


def test_a_nonce_is_asked_of_l1_even_if_one_is_counted() -> None:
    """A reorg has taken back what was confirmed: with a gap below, the next would never be mined."""
    bench = Bench()
    bench.send()
    bench.mine()
    bench.wait(5)
    bench.l1.reorg(1, keep=0.0)
    assert bench.send(nonce=0).nonce == 0


def test_crafts_a_dynamic_fee_transaction() -> None:
    bench = Bench()
    bench.l1.base_fee = 7 * GWEI
    tx = bench.send(value=3).tx
    assert tx is not None
    assert (tx.type, tx.nonce, tx.to, tx.data, tx.value) == (DYNAMIC_FEE_TX_TYPE, 0, INBOX, b"data", 3)
    assert (tx.gas_tip_cap, tx.gas_price, tx.gas) == (GWEI, 15 * GWEI, 30_000)
    assert sender(tx, L1_CHAIN_ID) == bench.address


def test_crafts_a_blob_transaction() -> None:
    bench = Bench()
    bench.l1.blob_base_fee = 3 * GWEI
    tx = bench.send(BLOB).tx
    assert tx is not None
    assert (tx.type, tx.blob_fee_cap, len(tx.blob_versioned_hashes)) == (BLOB_TX_TYPE, 6 * GWEI, 1)
    assert tx.sidecar is not None
    assert list(bench.l1.blobs.values()) == list(BLOB.blobs)


def test_fees_are_at_least_the_minimum() -> None:
    bench = Bench(min_tip_cap=3 * GWEI, min_base_fee=20 * GWEI, min_blob_fee=5 * GWEI)
    tx = bench.send(BLOB).tx
    assert tx is not None
    assert (tx.gas_tip_cap, tx.gas_price, tx.blob_fee_cap) == (3 * GWEI, 43 * GWEI, 5 * GWEI)
    assert bench.manager.suggest_gas_price_caps() == (3 * GWEI, 20 * GWEI, 1)


def test_gas_is_estimated_if_not_given() -> None:
    bench = Bench()
    tx = bench.send(gas_limit=0).tx
    assert tx is not None
    assert tx.gas == 21_000 + 16 * 4


def test_gas_can_be_added_to_the_estimate_and_not_to_what_is_given() -> None:
    bench = Bench()
    for gas_limit, expected in ((0, 21_000 + 16 * 4 + 500), (30_000, 30_000)):
        tx = bench.send(gas_limit=gas_limit, extra_gas=500).tx
        assert tx is not None and tx.gas == expected


def test_a_blob_transaction_needs_a_recipient_and_blobs_on_l1() -> None:
    bench = Bench(craft_attempts=1)
    assert isinstance(bench.send(BLOB, to=None).error, CraftError)
    bench.l1.blob_base_fee = None  # type: ignore[assignment]
    assert isinstance(bench.send(BLOB).error, CraftError)


def poor(bench: Bench) -> None:
    """From now on, estimates say that the sender cannot pay."""

    def estimate_gas(_msg: CallMsg) -> int:
        raise InsufficientFundsError("insufficient funds")

    bench.l1.estimate_gas = estimate_gas  # type: ignore[method-assign]


def test_who_cannot_pay_gets_no_estimate() -> None:
    bench = Bench(craft_attempts=2)
    poor(bench)
    send = bench.send(gas_limit=0)
    assert send.is_crafting
    bench.wait(2)
    assert isinstance(send.error, CraftError)


@pytest.mark.parametrize("error", [InsufficientFundsError("insufficient funds"), ExecutionReverted()])
def test_what_is_refused_is_given_up_at_once_if_so_wished(error: Exception) -> None:
    """Somebody else has made the move already: nothing waits behind it, and no nonce is used up."""
    bench = Bench()
    usual = bench.l1.estimate_gas

    def estimate_gas(msg: CallMsg) -> int:
        if msg.value == 9:
            raise error
        return usual(msg)

    bench.l1.estimate_gas = estimate_gas  # type: ignore[method-assign]
    refused = bench.send(gas_limit=0, value=9, give_up_if_refused=True)
    later = bench.send(gas_limit=0)
    assert isinstance(refused.error, CraftError)
    assert later.nonce == 0
    waits, behind = bench.send(gas_limit=0, value=9), bench.send(gas_limit=0)
    assert waits.is_crafting and behind.is_crafting


def test_who_gets_no_answer_is_not_refused() -> None:
    bench = Bench()
    bench.l1.faults = Faults(answer=1.0)
    send = bench.send(gas_limit=0, give_up_if_refused=True)
    assert send.is_crafting
    bench.l1.faults = Faults()
    bench.wait(2)
    assert send.nonce == 0


def test_who_cannot_pay_any_more_does_not_bump() -> None:
    bench = Bench()
    send = bench.send()
    poor(bench)
    bench.wait(10)
    assert bench.manager.metrics.published["bump_failed"] == 1
    assert [(each.event, str(each.details["error"])[:18]) for each in bench.told][:1] == [
        ("bump-failed", "insufficient funds")
    ]
    bench.mine()
    bench.wait(2)
    assert send.receipt is not None


def test_nonces_count_up_from_what_l1_says() -> None:
    bench = Bench()
    assert [bench.send().nonce for _ in range(3)] == [0, 1, 2]
    bench.mine()
    assert bench.send().nonce == 3


def test_a_failed_signature_gives_the_nonce_back() -> None:
    bench = Bench(craft_attempts=2)
    bench.send()
    bench.signer.failures = 1
    second = bench.send()
    assert second.nonce is None
    bench.wait(2)
    assert second.nonce == 1


def test_crafting_is_tried_again_in_order() -> None:
    bench = Bench()
    bench.l1.faults = Faults(answer=1.0)
    first, second = bench.send(), bench.send()
    bench.wait(10)
    assert first.is_crafting and second.is_crafting
    bench.l1.faults = Faults()
    bench.wait(2)
    assert (first.nonce, second.nonce) == (0, 1)


def test_nobody_overtakes_a_transaction_that_is_still_being_made() -> None:
    bench = Bench()
    bench.l1.faults = Faults(answer=1.0)
    first = bench.send()
    bench.l1.faults = Faults()
    second = bench.send()
    bench.manager.step(bench.now)
    assert first.is_crafting and second.is_crafting
    bench.wait(2)
    assert (first.nonce, second.nonce) == (0, 1)


def test_crafting_is_given_up_in_the_end() -> None:
    bench = Bench()
    bench.l1.faults = Faults(answer=1.0)
    send = bench.send()
    bench.wait(58)
    assert isinstance(send.error, CraftError)
    assert bench.manager.next_due == NEVER


def test_an_error_resets_the_nonce() -> None:
    bench = Bench()
    bench.send()
    failing(bench, NonceTooLowError("nonce too low"))
    assert isinstance(bench.send().error, CriticalSendError)
    bench.mine()
    assert bench.send().nonce == 1


# --- publishing


def test_confirms_at_the_first_price() -> None:
    bench = Bench()
    send = bench.send()
    bench.mine()
    bench.wait(2)
    assert send.receipt is not None and send.receipt.block_number == 1
    assert bench.manager.metrics.confirmed == 1 and not bench.manager.pending


@pytest.mark.parametrize("candidate", [CALLDATA, BLOB])
def test_confirms_at_a_higher_price(candidate: Any) -> None:
    bench = Bench()
    send = bench.send(candidate)
    bench.l1.base_fee = 4 * GWEI
    bench.mine()
    bench.wait(10)
    bench.mine()
    bench.wait(2)
    assert send.receipt is not None and len(send.hashes) == 2
    assert bench.manager.metrics.bumps == 1


def test_bumps_by_a_tenth_or_to_double_and_a_wei() -> None:
    """Geth takes what reaches the boundary; other pools compare with ``<=`` and take only what exceeds it."""
    for candidate, factor in ((CALLDATA, 110), (BLOB, 200)):
        bench = Bench(fee_limit_threshold=None)
        first = bench.send(candidate).tx
        bench.wait(10)
        (second,) = bench.pooled
        assert first is not None
        assert second.gas_tip_cap == first.gas_tip_cap * factor // 100 + 1
        assert second.gas_price == first.gas_price * factor // 100 + 1
        assert second.blob_fee_cap == (2 * first.blob_fee_cap + 1 if candidate is BLOB else 0)
        assert second.gas >= first.gas


def test_a_bump_follows_the_blob_base_fee() -> None:
    bench = Bench()
    bench.send(BLOB)
    bench.l1.blob_base_fee = 50 * GWEI
    bench.wait(10)
    assert bench.pooled[0].blob_fee_cap == 50 * GWEI


def test_a_bump_over_the_limit_is_refused_but_the_transaction_published_again() -> None:
    bench = Bench(fee_limit_multiplier=1, fee_limit_threshold=None)
    seen = failing(bench)
    bench.send()
    bench.wait(30)
    assert len(seen) == 4 and len(set(seen)) == 1
    assert bench.manager.metrics.published["bump_failed"] == 3
    assert bench.manager.metrics.published["tx_already_known"] == 3


def test_the_gas_limit_is_never_lowered() -> None:
    bench = Bench()
    bench.send(gas_limit=100_000)
    bench.wait(10)
    assert bench.pooled[0].gas == 100_000
    bench = Bench()
    bench.send(gas_limit=21_000)
    bench.wait(10)
    assert bench.pooled[0].gas == 21_000 + 16 * 4


@pytest.mark.parametrize("kind", [UnderpricedError, ReplacementUnderpricedError])
def test_what_is_underpriced_is_bumped_at_once_until_it_is_not(kind: type[TxManagerError]) -> None:
    bench = Bench()
    seen = failing(bench, kind("too little"), kind("too little"))
    send = bench.send()
    assert len(seen) == len(set(seen)) == 3 and len(send.hashes) == 1


@pytest.mark.parametrize("kind", [UnderpricedError, ReplacementUnderpricedError])
def test_what_is_underpriced_is_not_bumped_beyond_the_limit(kind: type[TxManagerError]) -> None:
    bench = Bench(fee_limit_multiplier=2, fee_limit_threshold=None)
    seen = failing(bench, *[kind("too little")] * 100)
    bench.send()
    count = len(seen)
    assert 5 < count < 20
    bench.wait(10)
    assert len(seen) == count + 1 and seen[-1] == seen[-2]


def test_what_is_known_is_not_bumped() -> None:
    bench = Bench()
    seen = failing(bench, AlreadyKnownError("already known"))
    send = bench.send()
    assert len(seen) == 1 and not send.done
    bench.wait(10)
    assert seen[1] == seen[0] and send.hashes


def test_what_stays_in_the_pool_is_bumped_in_the_end() -> None:
    """Its answer was lost, so that all one hears of it is that it is known."""
    bench = Bench()
    seen = failing(bench, Unavailable("no answer"), *[AlreadyKnownError("already known")] * 2)
    send = bench.send()
    bench.wait(30)
    assert seen[0] == seen[1] == seen[2] != seen[3]
    assert len(send.hashes) == 2


def answers_get_lost(bench: Bench, *errors: Unavailable) -> None:
    """The pool takes what it is sent, and the answers to the first transactions do not come."""
    take, lost = bench.l1.send_transaction, list(errors)

    def send_transaction(raw: bytes) -> Hash32:
        taken = take(raw)
        if lost:
            raise lost.pop(0)
        return taken

    bench.l1.send_transaction = send_transaction  # type: ignore[method-assign]


@pytest.mark.parametrize("candidate", [CALLDATA, BLOB])
def test_a_lost_answer_is_made_up_for_by_the_pool_that_knows_it(candidate: TxCandidate) -> None:
    bench = Bench()
    answers_get_lost(bench, Unavailable("no answer in time"))
    send = bench.send(candidate)
    bench.wait(11)
    bench.mine()
    bench.wait(30)
    assert send.receipt is not None, send.error


@pytest.mark.parametrize("candidate", [CALLDATA, BLOB])
@pytest.mark.parametrize("interval", [2.0, 100.0])
def test_what_was_mined_after_a_lost_answer_counts_as_sent(candidate: TxCandidate, interval: float) -> None:
    """Its nonce is used at the next offer: by itself. Reported as failed, its data would go to L1 twice."""
    bench = Bench(receipt_query_interval=interval)
    answers_get_lost(bench, Unavailable("no answer in time"))
    send = bench.send(candidate)
    bench.mine()
    bench.wait(130)
    assert send.receipt is not None, send.error


def test_a_nonce_that_somebody_else_used_is_noticed_after_a_lost_answer() -> None:
    bench = Bench()
    failing(bench, Unavailable("no answer in time"), *[NonceTooLowError("nonce too low")] * 3)
    send = bench.send()
    bench.wait(29)
    assert not send.done
    bench.wait(1)
    assert isinstance(send.error, CriticalSendError)


def test_what_was_mined_is_not_given_up_although_it_is_late() -> None:
    """The time limit comes between inclusion and confirmation."""
    bench = Bench(num_confirmations=3, tx_send_timeout=25.0, receipt_query_interval=20.0)
    send = bench.send()
    bench.mine()
    bench.wait(40)
    assert not send.done and send.is_mined
    bench.mine(2)
    bench.wait(20)
    assert send.receipt is not None


def test_the_time_limit_holds_again_after_a_reorg() -> None:
    bench = Bench(num_confirmations=3, tx_send_timeout=25.0, resubmission_timeout=1000.0)
    send = bench.send()
    bench.mine()
    bench.wait(30)
    bench.l1.reorg(1, keep=0.0)
    bench.wait(4)
    assert isinstance(send.error, SendTimeout)


def test_a_closed_manager_waits_for_what_was_mined_unnoticed() -> None:
    bench = Bench(receipt_query_interval=100.0, num_confirmations=3)
    send = bench.send()
    bench.mine()
    bench.manager.close()
    bench.wait(20)
    assert not send.done
    bench.mine(2)
    bench.wait(100)
    assert send.receipt is not None


def test_a_pool_that_is_not_understood_may_have_taken_it() -> None:
    """A proxy in front of it answers in words of its own."""
    bench = Bench()
    take = bench.l1.send_transaction

    def send_transaction(raw: bytes) -> Hash32:
        take(raw)
        raise TxPoolError("upstream: accepted, but no quorum")

    bench.l1.send_transaction = send_transaction  # type: ignore[method-assign]
    send = bench.send()
    bench.mine()
    bench.wait(4)
    assert send.receipt is not None


def test_after_a_pause_there_is_one_publication_for_all_that_were_missed() -> None:
    """The manager was not stepped for many intervals; the next publication comes in step with the first."""
    bench = Bench(fee_limit_multiplier=1, fee_limit_threshold=None)
    seen = failing(bench)
    send = bench.send()
    bench.now = 95.0
    bench.manager.step(bench.now)
    bench.manager.step(bench.now)
    assert len(seen) == 2
    assert send.next_due <= 100.0
    bench.now = 99.0
    bench.manager.step(bench.now)
    assert len(seen) == 2
    bench.now = 100.0
    bench.manager.step(bench.now)
    assert len(seen) == 3


def test_a_publication_of_the_same_form_does_not_put_off_the_look_for_its_receipt() -> None:
    """It is published more often than receipts are asked for, so that it would never be asked for."""
    bench = Bench(
        fee_limit_multiplier=1,
        fee_limit_threshold=None,
        resubmission_timeout=10.0,
        receipt_query_interval=25.0,
    )
    send = bench.send()
    bench.wait(15)
    bench.mine()
    bench.l1.faults = Faults(send=1.0)
    bench.wait(10)
    assert send.receipt is not None


def test_an_interval_that_is_nothing_beside_the_time() -> None:
    """An operator may set a nanosecond. Nothing may hang because of that."""
    bench = Bench(tx_send_timeout=0.0)
    bench.now = 1.7e9
    send = bench.send()
    bench.config.resubmission_timeout = bench.config.receipt_query_interval = 1e-9
    bench.now += 100
    bench.manager.step(bench.now)
    bench.manager.step(bench.now)
    assert send.next_due > bench.now


def test_only_one_publication_succeeds() -> None:
    bench = Bench()
    lost = Unavailable("no connection")
    failing(bench, lost, lost, None, lost, lost, lost)
    send = bench.send()
    bench.wait(50)
    bench.mine()
    bench.wait(2)
    assert send.receipt is not None and len(send.hashes) == 1


def test_a_failing_signer_does_not_stop_republication() -> None:
    bench = Bench()
    seen = failing(bench)
    bench.send()
    bench.signer.failures = 1
    bench.wait(10)
    assert seen[0] == seen[1]


# --- giving up


def test_gives_up_when_the_nonce_was_used_before() -> None:
    bench = Bench()
    failing(bench, NonceTooLowError("nonce too low"))
    error = bench.send().error
    assert isinstance(error, CriticalSendError) and isinstance(error.reason, NonceTooLowError)


def test_gives_up_when_the_nonce_was_used_after_three_looks() -> None:
    bench = Bench()
    low = NonceTooLowError("nonce too low")
    failing(bench, None, low, low, low)
    send = bench.send()
    bench.wait(29)
    assert not send.done
    bench.wait(1)
    assert isinstance(send.error, CriticalSendError)


def test_does_not_give_up_what_was_mined() -> None:
    bench = Bench(num_confirmations=3)
    send = bench.send()
    bench.mine()
    bench.wait(100)
    assert not send.done and len(send.hashes) == 1
    bench.mine(2)
    bench.wait(2)
    assert send.receipt is not None


def test_gives_up_what_never_gets_into_the_pool() -> None:
    bench = Bench(tx_not_in_mempool_timeout=35.0)
    failing(bench, *[Unavailable("no connection")] * 20)
    send = bench.send()
    bench.wait(39)
    assert not send.done
    bench.wait(1)
    assert isinstance(send.error, CriticalSendError)
    assert isinstance(send.error.reason, MempoolDeadlineExpired)


def test_gives_up_at_once_when_the_account_is_reserved() -> None:
    bench = Bench()
    bench.send(BLOB)
    error = bench.send().error
    assert isinstance(error, CriticalSendError) and isinstance(error.reason, AlreadyReservedError)


def test_gives_up_after_the_time_limit() -> None:
    bench = Bench(tx_send_timeout=25.0)
    send = bench.send()
    bench.wait(25)
    assert isinstance(send.error, SendTimeout)
    assert bench.pooled, "it may still be included"


def test_without_a_time_limit_goes_on() -> None:
    bench = Bench(tx_send_timeout=0.0)
    send = bench.send()
    bench.wait(10_000)
    assert not send.done


def test_can_be_cancelled() -> None:
    bench = Bench()
    send = bench.send()
    send.cancel()
    assert isinstance(send.error, SendCancelled)
    bench.mine()
    bench.wait(10)
    assert send.receipt is None and bench.manager.metrics.pending == 0


def test_a_closed_manager_refuses_and_abandons_but_waits_for_what_is_mined() -> None:
    bench = Bench(num_confirmations=3)
    mined = bench.send()
    bench.mine()
    bench.wait(2)
    waiting = bench.send()
    bench.manager.close()
    assert isinstance(bench.send().error, ClosedError)
    bench.wait(10)
    assert isinstance(waiting.error, ClosedError) and not mined.done
    bench.mine(2)
    bench.wait(2)
    assert mined.receipt is not None


# --- confirming


def test_waits_for_confirmations() -> None:
    bench = Bench(num_confirmations=10)
    send = bench.send()
    bench.mine(9)
    bench.wait(10)
    assert not send.done
    bench.mine(1)
    bench.wait(2)
    assert send.receipt is not None


def test_receipts_that_cannot_be_had_now_are_asked_for_later() -> None:
    bench = Bench()
    send = bench.send()
    bench.mine()
    bench.l1.faults = Faults(answer=1.0)
    bench.wait(6)
    assert not send.done
    bench.l1.faults = Faults()
    bench.wait(2)
    assert send.receipt is not None


def test_a_receipt_that_vanishes_in_a_reorg_is_waited_for_again() -> None:
    bench = Bench(num_confirmations=3)
    send = bench.send()
    bench.mine(2)
    bench.wait(4)
    bench.l1.reorg(2, keep=0.0)
    assert not bench.pooled
    bench.wait(10)
    assert bench.pooled, "it is published again"
    bench.mine(3)
    bench.wait(2)
    assert send.receipt is not None and send.receipt.block_number > 2


def test_the_cheaper_form_may_be_the_one_that_is_mined() -> None:
    bench = Bench()
    send = bench.send()
    first = bench.pooled[0]
    bench.wait(10)
    assert bench.pooled[0] != first
    bench.l1.pool[bench.address, 0] = first
    bench.mine()
    bench.wait(2)
    assert send.receipt is not None and send.receipt.tx_hash == send.hashes[0]


def test_one_that_is_given_up_does_not_give_its_followers_nonces_away() -> None:
    """After an error L1 is asked for the nonce, and it counts only what is mined: the rest is ours."""
    bench = Bench()
    first, second, third = (bench.send() for _ in range(3))
    third.cancel()
    fourth, fifth = bench.send(), bench.send()
    assert [first.nonce, second.nonce, fourth.nonce, fifth.nonce] == [0, 1, 2, 3]
    second.cancel()
    assert [bench.send().nonce, bench.send().nonce] == [1, 4]


def test_one_that_never_had_a_nonce_changes_nothing() -> None:
    bench = Bench()
    first = bench.send()
    usual = bench.l1.estimate_gas

    def refuse(_msg: CallMsg) -> int:
        raise ExecutionReverted

    bench.l1.estimate_gas = refuse  # type: ignore[method-assign]
    assert bench.send(gas_limit=0, give_up_if_refused=True).error is not None
    bench.l1.estimate_gas = usual  # type: ignore[method-assign]
    second = bench.send()
    assert [first.nonce, second.nonce] == [0, 1]
    bench.mine()
    bench.wait(2)
    assert first.receipt is not None and second.receipt is not None


def test_a_nonce_that_one_of_ours_has_is_not_free() -> None:
    bench = Bench()
    first = bench.send()
    late = bench.send(nonce=0)
    assert first.nonce == 0 and "no longer 0" in str(late.error)


def test_a_middle_nonce_given_up_leaves_a_gap_that_the_next_transaction_fills() -> None:
    """The nonce after an error is what L1 says: that of the transaction given up, if it is the first."""
    bench = Bench()
    first, second = bench.send(), bench.send()
    bench.l1.pool.pop((bench.address, 0))
    first.cancel()
    bench.mine()
    assert bench.pooled[0].nonce == 1, "stuck behind the gap"
    third = bench.send()
    assert third.nonce == 0
    bench.mine()
    bench.wait(2)
    assert second.receipt is not None and third.receipt is not None
