from __future__ import annotations

import pytest

from pyoprollup.derive.errors import CriticalError, EndOfData, PipelineError, ResetError
from pyoprollup.driver import AttributesHandler, PipelineDeriver
from pyoprollup.driver.events import (
    ConfirmPipelineResetEvent,
    ConfirmReceivedAttributesEvent,
    DeriverL1StatusEvent,
    PipelineStepEvent,
)
from pyoprollup.engine.events import BuildStartEvent, DepositsOnlyPayloadAttributesRequestEvent
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.events import DeriverIdleEvent, ResetEvent
from tests.unit.driver.support import L1, Bench, FakePipeline, Source, derived


class Stepping(Bench):
    def __init__(self, *answers: object, forks: str = "granite") -> None:
        super().__init__(forks)
        self.pipeline = FakePipeline(*answers)
        self.events.register("pipeline", PipelineDeriver(self.pipeline, self.controller.reset))

    def step(self) -> list[str]:
        self.forget()
        self.emit(PipelineStepEvent(self.genesis))
        return self.names()[1:]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, "deriver-more"),
        (EndOfData("x"), "deriver-idle"),
        (ResetError("x"), "reset"),
        (Unavailable("x"), "engine-temporary-error"),
        (CriticalError("x"), "critical-error"),
        (NotFound("x"), "engine-temporary-error"),
        (PipelineError("x"), "engine-temporary-error"),
    ],
)
def test_answers(answer: PipelineError | None, expected: str) -> None:
    assert Stepping(answer).step() == [expected]


def test_one_set_of_attributes_at_a_time() -> None:
    bench = Stepping()
    attributes = derived(bench, bench.genesis)
    bench.pipeline.answers.extend([attributes, attributes])
    assert bench.step() == ["derived-attributes"]
    assert bench.step() == []
    bench.emit(ConfirmReceivedAttributesEvent())
    assert bench.step() == ["derived-attributes"]


def test_origin_is_told_when_it_changes() -> None:
    bench = Stepping(None, None, None)
    bench.pipeline.origin = L1[1]
    assert bench.step() == ["deriver-l1-status", "deriver-more"]
    assert bench.step() == ["deriver-more"]
    bench.pipeline.origin = L1[2]
    assert bench.step() == ["deriver-l1-status", "deriver-more"]
    assert bench.recorder.of(DeriverL1StatusEvent) == [DeriverL1StatusEvent(L1[2])]
    bench.step()
    assert bench.recorder.of(DeriverIdleEvent) == [DeriverIdleEvent(L1[2])]


def test_nothing_is_derived_until_a_reset_is_confirmed() -> None:
    bench = Stepping(None)
    bench.emit(ResetEvent(ValueError()))
    assert bench.step() == []
    bench.emit(DepositsOnlyPayloadAttributesRequestEvent(bench.genesis.id, L1[1]))
    assert bench.pipeline.calls == ["reset"]
    bench.emit(ConfirmPipelineResetEvent())
    assert bench.step() == [], "it is of an earlier reset: the engine has no heads yet"
    bench.controller.force_reset(bench.genesis, bench.genesis, bench.genesis)
    bench.emit(ConfirmPipelineResetEvent())
    assert bench.step() == ["deriver-more"]
    assert bench.pipeline.calls == ["reset", "confirm", "step 0"]


class TestDepositsOnly:
    def bench(self, *, late: bool = False) -> Stepping:
        """A Holocene chain whose next batch makes an invalid block."""
        bench = Stepping(forks="holocene")
        bench.engine.invalid_late = lambda payload: b"\x02late" in payload.transactions
        bench.pipeline.answers.append(derived(bench, bench.genesis, b"\x02late" if late else b"\x02bad"))
        bench.events.register("handler", AttributesHandler(bench.controller, Source(bench)))
        return bench

    @pytest.mark.parametrize("late", [False, True])
    def test_block_without_the_batch_takes_its_place(self, late: bool) -> None:
        bench = self.bench(late=late)
        bench.step()
        heads = bench.controller.heads
        assert heads.safe == heads.unsafe and heads.safe.number == 1
        assert len(bench.engine.payload_by_number(1).payload.transactions) == 1
        assert bench.pipeline.calls == ["step 0", "deposits only 0", "step 1"]
        assert len(bench.recorder.of(BuildStartEvent)) == 2

    def test_only_one_retry(self) -> None:
        bench = self.bench()
        bench.engine.invalid = lambda _txs: True
        bench.step()
        assert bench.events.critical is not None
        assert len(bench.recorder.of(BuildStartEvent)) == 2

    def test_pipeline_that_cannot(self) -> None:
        bench = Stepping()
        bench.emit(DepositsOnlyPayloadAttributesRequestEvent(bench.genesis.id, L1[1]))
        assert bench.names()[-1] == "engine-temporary-error"
