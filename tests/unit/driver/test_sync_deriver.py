from __future__ import annotations

import pytest

from pyoprollup.driver import EngineResetDeriver, PipelineDeriver, SyncDeriver, WrongChain
from pyoprollup.driver.events import (
    DeriverMoreEvent,
    L1UnsafeEvent,
    PipelineStepEvent,
    StepDelayedReqEvent,
    StepEvent,
    StepReqEvent,
)
from pyoprollup.engine import NO_BLOCK, SyncMode
from pyoprollup.engine.events import BuildStartEvent, ResetEngineRequestEvent
from pyoprollup.errors import RollupError
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.events import DeriverIdleEvent, EngineTemporaryErrorEvent, L1TemporaryErrorEvent, ResetEvent
from pyoprollup.finality import FinalizeL1Event
from tests.fake_engine import Fault
from tests.unit.derive.support import FakeL1
from tests.unit.driver.support import L1, Bench, FakePipeline, derived
from tests.unit.engine.support import read_ref


class SafeHeads:
    def __init__(self) -> None:
        self.log: list[tuple[str, int]] = []
        self.broken = False

    def _note(self, what: str, number: int) -> None:
        if self.broken:
            raise RollupError("the disk is full")
        self.log.append((what, number))

    def safe_head_updated(self, safe: L2BlockRef, l1: BlockID) -> None:
        self._note("updated", safe.number)

    def safe_head_reset(self, safe: L2BlockRef) -> None:
        self._note("reset", safe.number)


class L2:
    """The bench's engine, for the search of a start."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def l2_block_ref_by_label(self, label: object) -> L2BlockRef:
        return read_ref(self.bench.engine.payload_by_label(label).payload)

    def l2_block_ref_by_hash(self, block_hash: object) -> L2BlockRef:
        return read_ref(self.bench.engine.payload_by_hash(block_hash).payload)


class Syncing(Bench):
    def __init__(self, sync_mode: SyncMode = SyncMode.CL) -> None:
        self.time = 0.0
        super().__init__(sync_mode=sync_mode, now=lambda: self.time)
        self.l1 = FakeL1(L1)
        self.safe_heads = SafeHeads()
        self.sync = SyncDeriver(self.controller, self.unsafe, self.safe_heads)
        self.pipeline = FakePipeline()
        self.events.register("reset", EngineResetDeriver(self.controller, self.l1, L2(self)))
        self.events.register("pipeline", PipelineDeriver(self.pipeline, self.controller.reset))
        self.events.register("sync", self.sync)

    def after(self, event: object) -> list[str]:
        self.forget()
        self.emit(event)
        return self.names()[1:]


@pytest.mark.parametrize(
    "event",
    [
        L1TemporaryErrorEvent(ValueError()),
        EngineTemporaryErrorEvent(ValueError()),
        L1UnsafeEvent(L1[1]),
        FinalizeL1Event(L1[1]),
    ],
)
def test_what_asks_for_a_step(event: object) -> None:
    bench = Syncing()
    assert bench.after(event) == ["step-req"]
    assert bench.recorder.of(StepReqEvent) == [StepReqEvent()]


def test_idle_and_more() -> None:
    bench = Syncing()
    assert bench.after(DeriverIdleEvent(L1[1])) == ["reset-step-backoff"]
    bench.after(DeriverMoreEvent())
    assert bench.recorder.of(StepReqEvent) == [StepReqEvent(reset_backoff=True)]


def test_step() -> None:
    assert Syncing().after(StepEvent()) == ["pending-safe-update"]


def test_step_goes_back_to_the_backup_first() -> None:
    bench = Syncing()
    bench.gossip(bench.gossip(bench.genesis))
    bench.derive(bench.genesis, b"\x02derived", concluding=False)
    bench.derive(bench.controller.heads.unsafe, b"\x02bad")
    assert bench.after(StepEvent())[:2] == ["unsafe-update", "forkchoice-update"]
    assert bench.controller.heads.unsafe.number == 2


def test_step_ends_when_the_engine_does_not_answer() -> None:
    bench = Syncing()
    bench.controller.told(None)
    bench.engine.faults.append(Fault.UNAVAILABLE)
    assert bench.after(StepEvent()) == ["engine-temporary-error", "step-req"]


def test_step_tries_queued_payloads_again() -> None:
    bench = Syncing()
    bench.engine.faults.append(Fault.UNAVAILABLE)
    bench.gossip(bench.genesis)
    assert bench.controller.heads.unsafe == bench.genesis
    bench.after(StepEvent())
    assert bench.controller.heads.unsafe.number == 1


class TestReset:
    def test_is_done_at_once(self) -> None:
        bench = Syncing()
        names = bench.after(ResetEvent(ValueError()))
        assert names == [
            "reset-engine-request",
            "step-req",
            "unsafe-update",
            "forkchoice-update",
            "engine-reset-confirmed",
            "confirm-pipeline-reset",
            "step-req",
        ]
        assert bench.pipeline.calls == ["reset", "confirm"]
        assert bench.safe_heads.log == [("reset", 0)]

    def test_next_ones_wait(self) -> None:
        bench = Syncing()
        bench.after(ResetEvent(ValueError()))
        for count in (1, 2, 3):
            delay = 2.0**count
            assert bench.after(ResetEvent(ValueError())) == ["step-req"]
            assert bench.after(StepEvent()) == ["step-delayed-req"]
            assert bench.recorder.of(StepDelayedReqEvent) == [StepDelayedReqEvent(delay)]
            bench.time += delay
            assert "confirm-pipeline-reset" in bench.after(StepEvent())

    @pytest.mark.parametrize("progress", ["idle", "safe"])
    def test_progress_makes_them_immediate_again(self, progress: str) -> None:
        bench = Syncing()
        bench.after(ResetEvent(ValueError()))
        if progress == "idle":
            bench.emit(DeriverIdleEvent(L1[1]))
        else:
            bench.derive(bench.genesis)
        assert "confirm-pipeline-reset" in bench.after(ResetEvent(ValueError()))

    def test_is_still_due_when_a_source_does_not_answer(self) -> None:
        bench = Syncing()
        bench.l1.failing = 0
        names = bench.after(ResetEvent(ValueError()))
        assert names == ["reset-engine-request", "step-req", "engine-temporary-error", "step-req"]
        assert bench.recorder.of(PipelineStepEvent) == []
        assert "confirm-pipeline-reset" in bench.after(StepEvent())

    def test_is_still_due_when_the_engine_does_not_take_it(self) -> None:
        bench = Syncing()
        bench.engine.faults.extend([None, None, None, Fault.UNAVAILABLE])
        names = bench.after(ResetEvent(ValueError()))
        assert "engine-temporary-error" in names and "confirm-pipeline-reset" not in names
        assert "confirm-pipeline-reset" in bench.after(StepEvent())

    @pytest.mark.parametrize("steps", range(8))
    def test_another_one_in_between_is_not_forgotten(self, steps: int) -> None:
        """Wherever the second one comes, the pipeline is confirmed after it, and nothing loops."""
        bench = Syncing()
        bench.forget()
        emit = bench.events.emitter("test")
        emit(ResetEvent(ValueError()))
        count = iter(range(100))
        bench.events.drain_until(lambda _event: next(count) == steps)
        emit(ResetEvent(ValueError()))
        bench.drain()
        if bench.controller.reset.is_wanted:
            bench.time += 10
            bench.emit(StepEvent())
        assert not bench.controller.reset.is_wanted
        assert bench.pipeline.calls[-1] == "confirm"
        assert bench.pipeline.calls.count("reset") == 2
        assert "step-delayed-req" not in bench.after(StepEvent())

    def test_wrong_chain_does_not_loop(self) -> None:
        bench = Syncing()
        bench.l1.refs[0] = L1[7]
        bench.after(ResetEvent(ValueError()))
        resets = bench.recorder.of(ResetEvent)
        assert len(resets) == 2 and isinstance(resets[1].error, WrongChain)
        assert len(bench.recorder.of(ResetEngineRequestEvent)) == 1

    def test_safe_heads_that_cannot_be_kept(self) -> None:
        bench = Syncing()
        bench.safe_heads.broken = True
        assert "confirm-pipeline-reset" not in bench.after(ResetEvent(ValueError()))
        bench.safe_heads.broken = False
        assert "confirm-pipeline-reset" in bench.after(StepEvent())
        bench.safe_heads.broken = True
        bench.after(BuildStartEvent(derived(bench, bench.genesis)))
        assert len(bench.recorder.of(ResetEvent)) == 1

    def test_safe_heads_are_kept(self) -> None:
        bench = Syncing()
        bench.derive(bench.derive(bench.genesis))
        assert bench.safe_heads.log == [("updated", 1), ("updated", 2)]


class TestUnsafePayloads:
    def test_are_queued(self) -> None:
        bench = Syncing()
        bench.sync.on_unsafe_l2_payload(bench.envelope(bench.genesis))
        bench.drain()
        assert bench.controller.heads.unsafe.number == 1
        assert StepReqEvent() in bench.recorder.of(StepReqEvent)

    def test_are_shown_to_an_engine_that_syncs(self) -> None:
        bench = Syncing(SyncMode.EL)
        bench.engine.faults.extend([None, Fault.SYNCING, Fault.SYNCING])
        envelope = bench.envelope(bench.genesis)
        bench.sync.on_unsafe_l2_payload(envelope)
        assert bench.controller.heads.unsafe == read_ref(envelope.payload)
        bench.sync.on_unsafe_l2_payload(bench.envelope(bench.genesis, b"\x02same number"))
        assert bench.controller.heads.unsafe == read_ref(envelope.payload)
        assert len(bench.unsafe.queue) == 0
        assert bench.after(StepEvent())[-1] == "reset-step-backoff"
        assert bench.recorder.of(PipelineStepEvent) == []
        assert bench.controller.heads.safe == NO_BLOCK

    def test_are_queued_when_the_engine_has_synced(self) -> None:
        bench = Syncing(SyncMode.EL)
        first = bench.envelope(bench.genesis)
        bench.sync.on_unsafe_l2_payload(first)
        assert not bench.controller.is_engine_syncing
        bench.sync.on_unsafe_l2_payload(bench.envelope(read_ref(first.payload)))
        bench.drain()
        assert bench.controller.heads.unsafe.number == 2
        assert bench.controller.heads.finalized.number == 1
