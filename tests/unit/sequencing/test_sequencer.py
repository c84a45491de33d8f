"""The sequencer: when it acts, what it does with each answer, and how it is started and stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.derive.errors import CriticalError, ResetError
from pyoprollup.driver.events import SequencerActionEvent
from pyoprollup.engine.events import (
    BuildCancelEvent,
    BuildSealEvent,
    BuildStartedEvent,
    BuildStartEvent,
    ForkchoiceRequestEvent,
    ForkchoiceUpdateEvent,
    InvalidPayloadAttributesEvent,
    PayloadInvalidEvent,
    PayloadProcessEvent,
    PayloadSealExpiredErrorEvent,
    PayloadSealInvalidEvent,
    SequencedAttributes,
)
from pyoprollup.engine.start_payload import EngineSyncing
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.events import (
    NEVER,
    CriticalErrorEvent,
    EngineTemporaryErrorEvent,
    Event,
    L1TemporaryErrorEvent,
    ResetEvent,
)
from pyoprollup.sequencing import (
    HeadMismatch,
    NoPrestate,
    NotLeader,
    SequencerAlreadyStarted,
    SequencerAlreadyStopped,
)
from pyoprollup.sources import DataRequest, Datum, NeedData
from tests.unit.sequencing.support import JOB, L1, Bench, block, envelope_of

FAILED = RollupError("failed")


def act(bench: Bench) -> list[Event]:
    """Let the time of the next action come."""
    at = bench.sequencer.next_due
    assert at < NEVER
    bench.time = max(bench.time, at)
    return bench.tell(SequencerActionEvent())


def building(bench: Bench) -> Bench:
    """A job is under way for block 1."""
    (start,) = act(bench)
    assert isinstance(start, BuildStartEvent)
    bench.started(block(0))
    return bench


def sealed(bench: Bench) -> Bench:
    """Block 1 is sealed and on its way."""
    act(building(bench))
    bench.sealed(block(1))
    return bench


# --- the life of a block


def test_a_block_from_start_to_end() -> None:
    bench = Bench().running()
    assert bench.sequencer.next_due == 1000
    (start,) = act(bench)
    assert isinstance(start, BuildStartEvent)
    assert (start.attributes.parent, start.attributes.derived_from) == (block(0), None)
    assert start.attributes.attributes.no_tx_pool is False
    assert bench.sequencer.next_due == NEVER, "until the engine answers"
    bench.started(block(0))
    assert bench.sequencer.next_due == pytest.approx(1001.95)
    (seal,) = act(bench)
    assert isinstance(seal, BuildSealEvent)
    assert bench.sequencer.next_due == NEVER, "the seal is asked for once"
    (process,) = bench.sealed(block(1))
    assert process == PayloadProcessEvent(envelope_of(block(1)), block(1))
    assert bench.log == ["attributes", "commit", "gossip"]
    assert bench.published is not None
    bench.success(block(1))
    assert bench.published is None
    bench.forkchoice(block(1))
    assert bench.sequencer.next_due == 1002


def test_late_blocks_are_sealed_at_once() -> None:
    bench = Bench().running()
    act(bench)
    bench.time = 1001.96
    bench.started(block(0))
    assert bench.sequencer.next_due == 1001.96


def test_early_blocks_wait_until_their_parents_time() -> None:
    bench = Bench()
    bench.time = 990
    bench.running()
    bench.forkchoice(block(3))
    assert bench.sequencer.next_due == 1006


def test_without_a_head_it_asks_for_one() -> None:
    bench = Bench()
    bench.sequencer.init(True)
    assert act(bench) == [ForkchoiceRequestEvent()]
    assert bench.sequencer.next_due == NEVER
    bench.forkchoice(block(0))
    assert bench.sequencer.next_due == 1000


# --- attributes


def test_beyond_the_drift_blocks_are_made_of_l1_alone() -> None:
    head = block(299)  # the next block is at 1600, exactly as far as the drift allows
    bench = Bench("ecotone").running(head)
    (start,) = act(bench)
    assert isinstance(start, BuildStartEvent)
    assert start.attributes.attributes.no_tx_pool is False
    bench = Bench("ecotone", l1=2).running(block(300))
    bench.l1.refs = [L1[0], replace(L1[1], time=9999)]
    (start,) = act(bench)
    assert isinstance(start, BuildStartEvent)
    assert start.attributes.attributes.no_tx_pool is True


@pytest.mark.parametrize(
    ("fork", "alone"),
    {
        "canyon": False,
        "delta": False,
        "ecotone": True,
        "fjord": True,
        "granite": False,
        "holocene": False,
        "isthmus": True,
        "jovian": True,
        "karst": True,
    }.items(),
)
def test_blocks_in_which_contracts_are_replaced_have_no_users_transactions(fork: str, alone: bool) -> None:
    for time, expected in ((1004, False), (1002, alone), (0, False)):
        bench = Bench("regolith", **{f"{fork}_time": time}).running()
        (start,) = act(bench)
        assert isinstance(start, BuildStartEvent)
        assert start.attributes.attributes.no_tx_pool is expected, time


def test_recover_mode_makes_blocks_of_l1_alone() -> None:
    bench = Bench().running()
    bench.sequencer.set_recover_mode(True)
    (start,) = act(bench)
    assert isinstance(start, BuildStartEvent)
    assert start.attributes.attributes.no_tx_pool is True


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (Unavailable("later"), EngineTemporaryErrorEvent),
        (ResetError("L1 changed"), ResetEvent),
        (CriticalError("never"), CriticalErrorEvent),
    ],
)
def test_attributes_that_cannot_be_made(error: RollupError, event: type[Event]) -> None:
    bench = Bench().running()
    bench.errors["attributes"] = error
    assert act(bench) == [event(error)]  # type: ignore[call-arg]


@pytest.mark.parametrize("head", [block(5, name="other"), block(4)])
def test_a_job_on_a_block_that_is_the_head_no_more_is_dropped(head: L2BlockRef) -> None:
    """The engine does not begin such a job; it only says what the head is."""
    bench = Bench().running(block(5))
    act(bench)
    assert bench.sequencer.next_due == NEVER
    bench.forkchoice(head)
    (start,) = act(bench)
    assert isinstance(start, BuildStartEvent)
    assert start.attributes.parent == head


def test_an_origin_that_l1_reorged_away_is_not_insisted_on() -> None:
    """Its information is not found any more, and nobody resets while the head's origin is canonical."""
    bench = Bench(l1=2).running(block(5))
    other = replace(L1[1], hash=b"\x02" * 32)
    bench.l1.refs = [L1[0], other]
    bench.errors["attributes"] = Unavailable("the L1 block is not found")
    (error,) = act(bench)
    bench.tell(error)
    del bench.errors["attributes"]
    (start,) = act(bench)
    assert isinstance(start, BuildStartEvent)
    assert start.attributes.attributes.prev_randao == other.hash


def test_l1_that_does_not_answer_is_asked_again_after_a_second() -> None:
    bench = Bench()
    bench.l1.error = Unavailable("no answer")
    bench.running()
    assert act(bench) == [L1TemporaryErrorEvent(bench.l1.error)]
    assert bench.sequencer.next_due == bench.time + 1


def test_an_origin_that_is_not_the_heads_calls_for_a_reset() -> None:
    bench = Bench(l1=3).running(block(6))
    other = replace(L1[0], hash=b"\x07" * 32)
    bench.l1.refs = [L1[0], replace(L1[1], parent_hash=other.hash), L1[2]]
    bench.sequencer.set_recover_mode(True)
    (event,) = act(bench)
    assert isinstance(event, ResetEvent)
    assert "not a child" in str(event.error)


# --- what can go wrong


def test_a_job_on_another_parent_is_cancelled() -> None:
    bench = Bench().running()
    act(bench)
    (cancel,) = bench.started(block(5))
    assert isinstance(cancel, BuildCancelEvent)
    assert cancel.force
    assert bench.sequencer.next_due == bench.time + 2


def test_derivation_goes_first() -> None:
    bench = Bench().running()
    bench.tell(BuildStartedEvent(JOB, 0, block(0), True, L1[1]))
    assert bench.sequencer.next_due == NEVER
    bench.forkchoice(block(1))
    assert bench.sequencer.next_due < NEVER


def test_it_goes_on_after_derivation_has_given_up() -> None:
    """The derived block was invalid: no new head will come of it."""
    bench = Bench().running()
    bench.tell(BuildStartedEvent(JOB, 0, block(0), True, L1[1]))
    attributes = bench.prepare_payload_attributes(block(0), L1[0].id)
    bench.tell(InvalidPayloadAttributesEvent(SequencedAttributes(attributes, block(0), True, L1[1]), FAILED))
    assert bench.sequencer.next_due == bench.time + 2


def test_it_goes_on_after_derivation_has_lost_its_job() -> None:
    """The heads are told once more, and they are the same."""
    bench = Bench().running()
    bench.tell(BuildStartedEvent(JOB, 0, block(0), True, L1[1]))
    bench.forkchoice(block(0))
    assert bench.sequencer.next_due < NEVER


def test_what_is_not_committed_does_not_leave_the_node() -> None:
    bench = building(Bench().running())
    act(bench)
    bench.errors["commit"] = FAILED
    assert bench.sealed(block(1)) == [EngineTemporaryErrorEvent(FAILED)]
    assert "gossip" not in bench.log
    bench.tell(EngineTemporaryErrorEvent(FAILED))
    assert bench.sequencer.next_due == bench.time + 1
    (again,) = act(bench)
    assert isinstance(again, BuildSealEvent), "the same job is sealed again"


def test_a_published_block_is_not_replaced_by_another() -> None:
    """The engine failed to take it: the same block is tried again, none is sealed in its place."""
    bench = sealed(Bench().running())
    bench.tell(EngineTemporaryErrorEvent(FAILED))
    assert act(bench) == [PayloadProcessEvent(envelope_of(block(1)), block(1))]
    bench.success(block(1))
    assert bench.published is None


@pytest.mark.parametrize("head", [block(4, name="other"), block(0, name="other"), block(1, name="other")])
def test_a_published_block_that_cannot_become_the_head_is_given_up(head: L2BlockRef) -> None:
    bench = sealed(Bench().running())
    bench.tell(EngineTemporaryErrorEvent(FAILED))
    bench.forkchoice(head)
    assert bench.published is None
    (event,) = act(bench)
    assert isinstance(event, BuildStartEvent) and event.attributes.parent == head
    assert bench.sequencer.stop() == head.hash


def test_a_published_block_is_given_up_when_its_turn_comes_and_it_does_not_fit() -> None:
    """The head was known before, so no forkchoice update will tell anything new."""
    bench = Bench().running(block(4, name="other"))
    bench.published = envelope_of(block(1))
    assert act(bench) == [] and bench.published is None
    (event,) = act(bench)
    assert isinstance(event, BuildStartEvent)


def test_a_published_block_that_cannot_be_read_is_given_up() -> None:
    bench = sealed(Bench().running())
    bench.tell(EngineTemporaryErrorEvent(FAILED))
    bench.unreadable = True
    assert act(bench) == [] and bench.published is None
    assert bench.sequencer.next_due == bench.time + 2
    assert bench.sequencer.stop() == block(0).hash


def test_a_published_block_is_inserted_after_a_reset_that_keeps_its_parent() -> None:
    bench = sealed(Bench().running())
    bench.tell(ResetEvent(FAILED))
    bench.forkchoice(block(0))
    bench.reset_confirmed(block(0))
    (process,) = act(bench)
    assert process == PayloadProcessEvent(envelope_of(block(1)), block(1))


def test_a_block_that_could_not_be_published_is_sealed_again() -> None:
    bench = Bench()
    bench.publishes = False
    sealed(bench.running())
    bench.tell(EngineTemporaryErrorEvent(FAILED))
    (event,) = act(bench)
    assert isinstance(event, BuildSealEvent)


def test_a_syncing_engine_is_left_alone_for_longer() -> None:
    bench = Bench().running()
    act(bench)
    bench.tell(EngineTemporaryErrorEvent(EngineSyncing("syncing")))
    assert bench.sequencer.next_due == bench.time + 30
    (event,) = act(bench)
    assert isinstance(event, BuildStartEvent), "there was no job to resume"


@pytest.mark.parametrize("kind", ["attributes", "seal", "expired", "payload"])
def test_what_is_invalid_is_given_up_and_tried_anew_a_block_later(kind: str) -> None:
    bench = sealed(Bench().running())
    attributes = bench.prepare_payload_attributes(block(0), L1[0].id)
    info = replace(JOB, timestamp=1002)
    events: dict[str, Event] = {
        "attributes": InvalidPayloadAttributesEvent(SequencedAttributes(attributes, block(0)), FAILED),
        "seal": PayloadSealInvalidEvent(info, FAILED, False, None),
        "expired": PayloadSealExpiredErrorEvent(info, FAILED, False, None),
        "payload": PayloadInvalidEvent(envelope_of(block(1)), FAILED),
    }
    bench.tell(events[kind])
    assert bench.published is None
    assert bench.sequencer.next_due == bench.time + 2
    (event,) = act(bench)
    assert isinstance(event, BuildStartEvent)


def test_what_others_have_made_is_not_its_business() -> None:
    bench = sealed(Bench().running())
    attributes = bench.prepare_payload_attributes(block(0), L1[0].id)
    derived = SequencedAttributes(attributes, block(0), True, L1[1])
    bench.tell(InvalidPayloadAttributesEvent(derived, FAILED))
    bench.tell(PayloadSealInvalidEvent(replace(JOB, timestamp=7), FAILED, False, None))
    bench.tell(PayloadInvalidEvent(envelope_of(block(9)), FAILED))
    bench.success(block(9))
    assert bench.published == envelope_of(block(1))


def test_a_reset_cancels_and_waits_for_its_confirmation() -> None:
    bench = building(Bench().running())
    (cancel,) = bench.tell(ResetEvent(FAILED))
    assert isinstance(cancel, BuildCancelEvent)
    assert bench.sequencer.next_due == NEVER
    # Neither an old forkchoice nor an error in between starts it again.
    bench.forkchoice(block(4))
    bench.tell(EngineTemporaryErrorEvent(FAILED))
    assert bench.sequencer.next_due == NEVER
    bench.reset_confirmed(block(4))
    assert bench.sequencer.next_due == bench.time + 2


def test_a_job_that_the_chain_has_passed_is_dropped() -> None:
    bench = building(Bench().running())
    bench.forkchoice(block(1))
    assert bench.sealed(block(1)) == [], "its block comes too late"
    (event,) = act(bench)
    assert isinstance(event, BuildStartEvent)
    assert event.attributes.parent == block(1)


# --- the safe head's lag


def test_it_stalls_while_the_safe_head_is_far_behind() -> None:
    bench = Bench(max_safe_lag=3).running()
    bench.forkchoice(block(2))
    assert bench.sequencer.next_due < NEVER
    bench.forkchoice(block(3))
    assert bench.sequencer.next_due == NEVER
    bench.forkchoice(block(3), safe=block(1))
    assert bench.sequencer.next_due < NEVER


def test_the_limit_counts_at_once() -> None:
    bench = Bench().running()
    bench.forkchoice(block(9))
    bench.sequencer.set_max_safe_lag(9)
    assert bench.sequencer.next_due == NEVER
    bench.sequencer.set_max_safe_lag(10)
    assert bench.sequencer.next_due < NEVER
    bench.sequencer.set_max_safe_lag(0)
    assert bench.sequencer.next_due < NEVER


# --- start and stop


def test_start_wants_the_head() -> None:
    bench = Bench()
    bench.sequencer.init(False)
    assert bench.log == ["gossip started", "stopped"]
    assert not bench.sequencer.active
    with pytest.raises(NoPrestate):
        bench.sequencer.start(block(1).hash)
    bench.forkchoice(block(1))
    assert bench.sequencer.next_due == NEVER
    with pytest.raises(HeadMismatch, match=r"block hash does not match: head .*, received 0x"):
        bench.sequencer.start(block(2).hash)
    bench.sequencer.start(block(1).hash)
    assert bench.sequencer.active
    assert bench.sequencer.next_due == bench.time
    with pytest.raises(SequencerAlreadyStarted, match=r"^sequencer already running$"):
        bench.sequencer.start(block(1).hash)


def test_only_the_leader_starts() -> None:
    bench = Bench()
    bench.sequencer.init(False)
    bench.forkchoice(block(1))
    bench.is_leader = False
    with pytest.raises(NotLeader, match=r"^sequencer is not the leader, aborting$"):
        bench.sequencer.start(block(1).hash)
    bench.errors["leader"] = FAILED
    with pytest.raises(RollupError, match="failed"):
        bench.sequencer.start(block(1).hash)


def test_stop_waits_for_the_block_that_is_sealed() -> None:
    bench = sealed(Bench().running())
    assert bench.sequencer.stop() is None
    assert bench.sequencer.active
    bench.success(block(1))
    bench.forkchoice(block(1))
    assert bench.sequencer.stop() == block(1).hash
    assert bench.log[-1] == "stopped"
    assert bench.sequencer.next_due == NEVER
    with pytest.raises(SequencerAlreadyStopped, match=r"^sequencer not running$"):
        bench.sequencer.stop()


def test_stop_does_not_wait_for_a_block_that_is_invalid() -> None:
    bench = sealed(Bench().running())
    bench.tell(PayloadInvalidEvent(envelope_of(block(1)), FAILED))
    assert bench.sequencer.stop() == block(0).hash


def test_stop_does_not_wait_for_a_block_from_before_a_reset() -> None:
    bench = sealed(Bench().running())
    bench.tell(ResetEvent(FAILED))
    assert bench.sequencer.stop() == block(0).hash


def test_stop_does_not_wait_when_somebody_else_leads() -> None:
    bench = sealed(Bench().running())
    bench.is_leader = False
    assert bench.sequencer.stop() == block(0).hash


def test_a_stopped_sequencer_forgets_its_job() -> None:
    bench = building(Bench().running())
    bench.sequencer.stop()
    bench.sequencer.start(block(0).hash)
    (event,) = act(bench)
    assert isinstance(event, BuildStartEvent), "and not the seal of the old one"


def test_starting_on_another_head_clears_what_was_published() -> None:
    bench = sealed(Bench().running())
    bench.is_leader = False
    bench.sequencer.stop()
    bench.is_leader = True
    assert bench.published is not None
    bench.sequencer.start(block(0).hash)
    assert bench.published is None


def test_conductor_controls() -> None:
    bench = Bench()
    assert bench.sequencer.conductor_enabled
    bench.sequencer.override_leader()
    bench.sequencer.close()
    assert bench.log == ["override", "close", "gossip stopped"]


def test_what_derivation_lacks_does_not_put_off_a_seal() -> None:
    bench = building(Bench().running())
    due = bench.sequencer.next_due
    bench.tell(EngineTemporaryErrorEvent(NeedData(DataRequest(Datum.RECEIPTS, L1[1].hash))))
    assert bench.sequencer.next_due == due


def test_stays_on_its_origin_while_what_the_next_one_contains_is_on_its_way() -> None:
    bench = Bench(l1=2).running(block(5))
    bench.origins.on_event(ForkchoiceUpdateEvent(block(5), block(0), block(0)))
    bench.lacking = {L1[1].hash}
    (start,) = act(bench)
    assert start.attributes.attributes.prev_randao == L1[0].hash
    assert bench.log.count("attributes") == 2


def test_waits_for_the_next_origin_when_it_has_to() -> None:
    bench = Bench(l1=2, max_sequencer_drift=10, forks="canyon").running(block(5))
    bench.lacking = {L1[1].hash}
    (failed,) = act(bench)
    assert isinstance(failed, EngineTemporaryErrorEvent)
    assert bench.sequencer.next_due == bench.time + 1
    bench.lacking = set()
    bench.sequencer.wake()
    assert bench.sequencer.next_due == bench.time, "new data ends the wait"
    (start,) = act(bench)
    assert start.attributes.attributes.prev_randao == L1[1].hash


def test_waking_changes_nothing_for_one_that_waits_for_its_time() -> None:
    bench = building(Bench().running())
    due = bench.sequencer.next_due
    bench.sequencer.wake()
    assert bench.sequencer.next_due == due
    bench.tell(EngineTemporaryErrorEvent(EngineSyncing("engine is syncing")))
    bench.sequencer.wake()
    assert bench.sequencer.next_due == bench.time + 30, "nor for an engine that syncs"
