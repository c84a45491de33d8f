"""The reference's cases of the attributes handler, and the ways back from failures."""

from __future__ import annotations

import pytest

from pyoprollup.derive import AttributesWithParent
from pyoprollup.driver import AttributesHandler
from pyoprollup.driver.events import DerivedAttributesEvent, PipelineStepEvent
from pyoprollup.engine.events import (
    BuildStartEvent,
    InvalidPayloadAttributesEvent,
    PayloadSealExpiredErrorEvent,
    PendingSafeUpdateEvent,
)
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.events import EngineTemporaryErrorEvent, ResetEvent
from tests.fake_engine import Fault
from tests.unit.driver.support import L1, Bench, Source, derived


class Handling(Bench):
    def __init__(self, forks: str = "granite") -> None:
        super().__init__(forks)
        self.events.register("handler", AttributesHandler(self.controller, Source(self)))
        self.drain()
        self.forget()

    def hand(self, attributes: AttributesWithParent) -> list[str]:
        """Hand attributes over; what follows."""
        self.forget()
        self.emit(DerivedAttributesEvent(attributes))
        return self.names()

    def update(self, pending: L2BlockRef, unsafe: L2BlockRef) -> list[str]:
        self.forget()
        self.emit(PendingSafeUpdateEvent(pending, unsafe))
        return self.names()


def test_append_to_the_tip() -> None:
    bench = Handling()
    names = bench.hand(derived(bench, bench.genesis))
    assert names[:4] == [
        "derived-attributes",
        "confirm-received-attributes",
        "pending-safe-update",
        "build-start",
    ]
    assert bench.controller.heads.safe.number == 1
    assert bench.recorder.of(PipelineStepEvent) == [PipelineStepEvent(bench.controller.heads.safe)]


@pytest.mark.parametrize("concluding", [True, False])
def test_consolidation_passes(concluding: bool) -> None:
    bench = Handling()
    first = bench.gossip(bench.genesis)
    second = bench.gossip(first)
    names = bench.hand(derived(bench, bench.genesis, concluding=concluding))
    heads = bench.controller.heads
    assert "build-start" not in names
    assert (heads.unsafe, heads.pending_safe) == (second, first)
    assert heads.safe == heads.local_safe == (first if concluding else bench.genesis)
    assert bench.recorder.of(PipelineStepEvent) == [PipelineStepEvent(first)]
    assert bench.engine.safe == heads.safe.hash


def test_consolidation_fails() -> None:
    bench = Handling()
    bench.gossip(bench.gossip(bench.genesis, b"\x02unsafe"))
    names = bench.hand(derived(bench, bench.genesis))
    assert "build-start" in names
    heads = bench.controller.heads
    assert heads.unsafe == heads.safe and heads.unsafe.number == 1
    assert bench.engine.head == heads.unsafe.hash


def test_pending_ahead_of_unsafe_is_a_reset() -> None:
    bench = Handling()
    first = bench.gossip(bench.genesis)
    assert bench.update(first, bench.genesis) == ["pending-safe-update", "reset"]


def test_no_attributes() -> None:
    bench = Handling()
    assert bench.update(bench.genesis, bench.genesis) == ["pending-safe-update", "pipeline-step"]


class TestHeld:
    """Attributes that have been sent to an engine that does not answer."""

    def bench(self) -> Handling:
        bench = Handling()
        self.attributes = derived(bench, bench.genesis, b"\x02tx")
        bench.engine.faults.append(Fault.UNAVAILABLE)
        names = bench.hand(self.attributes)
        assert names[-2:] == ["build-start", "engine-temporary-error"]
        return bench

    def test_sent_again_after_a_temporary_error(self) -> None:
        bench = self.bench()
        bench.controller.request_pending_safe_update()
        bench.drain()
        assert bench.controller.heads.safe.number == 1

    def test_dropped_when_stale(self) -> None:
        bench = self.bench()
        other = bench.gossip(bench.genesis, b"\x02other")
        assert bench.update(other, other) == ["pending-safe-update", "pipeline-step"]

    def test_pending_safe_reorg_is_a_reset(self) -> None:
        bench = self.bench()
        other = L2BlockRef(L1[5].hash, 0, L1[4].hash, 1000, L1[0].id, 0)
        assert bench.update(other, other) == ["pending-safe-update", "reset"]

    def test_dropped_by_a_reset(self) -> None:
        bench = self.bench()
        bench.emit(ResetEvent(ValueError()))
        assert bench.update(bench.genesis, bench.genesis) == ["pending-safe-update", "pipeline-step"]

    def test_dropped_when_invalid(self) -> None:
        bench = self.bench()
        bench.forget()
        bench.emit(InvalidPayloadAttributesEvent(self.attributes, ValueError()))
        assert bench.names() == ["invalid-payload-attributes", "pending-safe-update", "pipeline-step"]

    def test_kept_when_the_sequencers_are_invalid(self) -> None:
        bench = self.bench()
        bench.forget()
        bench.emit(InvalidPayloadAttributesEvent(bench.attributes(bench.genesis), ValueError()))
        assert bench.names() == ["invalid-payload-attributes"]


def test_sent_once() -> None:
    bench = Handling()
    emit = bench.events.emitter("test")
    emit(DerivedAttributesEvent(derived(bench, bench.genesis)))
    for _ in range(3):
        emit(PendingSafeUpdateEvent(bench.genesis, bench.genesis))
    bench.drain()
    assert len(bench.recorder.of(BuildStartEvent)) == 1


def test_expired_job_is_tried_again() -> None:
    bench = Handling()
    bench.engine.faults.extend([None, Fault.EXPIRED])
    bench.hand(derived(bench, bench.genesis))
    assert len(bench.recorder.of(PayloadSealExpiredErrorEvent)) == 1
    assert bench.names()[-1] == "engine-temporary-error"
    bench.controller.request_pending_safe_update()
    bench.drain()
    assert bench.controller.heads.safe.number == 1


def test_engine_that_lost_the_block_to_consolidate() -> None:
    bench = Handling()
    bench.gossip(bench.genesis)
    bench.engine.head = bench.genesis.hash
    assert bench.hand(derived(bench, bench.genesis))[-1] == "reset"


def test_engine_that_does_not_answer_while_consolidating() -> None:
    bench = Handling()
    bench.gossip(bench.genesis)
    bench.engine.faults.append(Fault.UNAVAILABLE)
    bench.hand(derived(bench, bench.genesis))
    assert len(bench.recorder.of(EngineTemporaryErrorEvent)) == 1
    bench.controller.request_pending_safe_update()
    bench.drain()
    assert bench.controller.heads.safe.number == 1


def test_attributes_from_before_a_reset_are_not_taken() -> None:
    bench = Handling()
    emit = bench.events.emitter("test")
    emit(ResetEvent(ValueError()))
    emit(DerivedAttributesEvent(derived(bench, bench.genesis)))
    bench.drain()
    assert bench.recorder.of(BuildStartEvent) == []
    assert "confirm-received-attributes" in bench.names()
