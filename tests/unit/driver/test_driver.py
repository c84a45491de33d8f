from __future__ import annotations

import pytest

from pyoprollup.derive.errors import CriticalError, ResetError
from pyoprollup.driver import Driver, EngineL2Source
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.events import NEVER, EventRecorder
from pyoprollup.finality import AltDAFinalizer
from pyoprollup.node import NodeCore
from pyoprollup.rollup.alt_da import AltDAConfig
from tests.fake_engine import FakeEngine, Fault
from tests.stepping import run
from tests.unit.derive.support import FakeL1, config
from tests.unit.driver.support import L1, FakePipeline
from tests.unit.engine.support import make_genesis


class Driving:
    def __init__(self, *answers: object) -> None:
        self.config = config("granite", genesis=make_genesis())
        self.time = 50.0
        self.engine = FakeEngine(self.config)
        self.pipeline = FakePipeline(*answers)
        self.recorder = EventRecorder()
        self.driver = Driver(
            self.config,
            self.engine,
            FakeL1(L1),
            EngineL2Source(self.config, self.engine),
            self.pipeline,
            now=lambda: self.time,
            recorder=self.recorder,
        )


def test_waits_for_l1_when_all_is_derived() -> None:
    bench = Driving(None, None)
    bench.driver.on_l1_safe(L1[1])
    assert run(bench.driver, bench.time) == NEVER
    assert bench.recorder.names()[-2:] == ["deriver-idle", "reset-step-backoff"]
    bench.pipeline.answers.append(None)
    bench.driver.on_l1_head(L1[2])
    assert run(bench.driver, bench.time) == NEVER
    assert bench.recorder.names().count("deriver-idle") == 2


def test_says_when_to_be_run_again() -> None:
    bench = Driving(Unavailable("no answer"), Unavailable("no answer"))
    due = run(bench.driver, bench.time)
    assert due == 52
    assert run(bench.driver, bench.time) == 52
    assert len(bench.pipeline.calls) == 1
    bench.time = 52
    assert run(bench.driver, bench.time) == 56
    bench.time = 60
    assert run(bench.driver, bench.time) == NEVER


def test_stops_for_good() -> None:
    bench = Driving(CriticalError("no way on"))
    assert run(bench.driver, bench.time) == NEVER
    assert bench.driver.critical is not None
    bench.driver.on_l1_head(L1[2])
    assert run(bench.driver, bench.time) == NEVER
    assert len(bench.pipeline.calls) == 1


def test_operator_may_ask_for_a_reset() -> None:
    bench = Driving()
    run(bench.driver, bench.time)
    bench.engine.faults.append(Fault.UNAVAILABLE)
    bench.driver.reset(RuntimeError("asked for"))
    assert run(bench.driver, bench.time) == NEVER
    assert bench.recorder.names().count("reset-engine-request") == 2
    assert bench.pipeline.calls[-3:] == ["reset", "confirm", "step 0"]
    assert bench.driver.heads.unsafe.id == bench.config.genesis.l2


def test_goes_on_at_once_after_a_reset() -> None:
    bench = Driving(ResetError("at the start"), None)
    assert run(bench.driver, bench.time) == NEVER
    assert bench.pipeline.calls == ["step 0", "reset", "confirm", "step 0", "step 0"]


class AltDA:
    """Never asked for anything here."""

    def __init__(self) -> None:
        self.handler: object = None

    def on_finalized_head_signal(self, handler: object) -> None:
        self.handler = handler


def test_alt_da_is_needed_where_the_chain_uses_it() -> None:
    chain = config("granite", genesis=make_genesis(), alt_da=AltDAConfig())
    engine = FakeEngine(chain)
    with pytest.raises(ConfigError, match="alt_da"):
        NodeCore(chain, engine, FakeL1(L1), now=lambda: 0.0)
    service = AltDA()
    l2 = EngineL2Source(chain, engine)
    Driver(chain, engine, FakeL1(L1), l2, FakePipeline(), now=lambda: 0.0, alt_da=service)
    assert isinstance(service.handler.__self__, type(AltDAFinalizer(chain, FakeL1(L1), print, AltDA()).inner))


def test_new_data_ends_a_back_off_at_once() -> None:
    bench = Driving(Unavailable("no answer"), Unavailable("no answer"), None)
    assert run(bench.driver, bench.time) == 52
    bench.driver.wake()
    assert run(bench.driver, bench.time) == 52, "one attempt, which fails like the first"
    assert len(bench.pipeline.calls) == 2
    bench.driver.on_l1_head(L1[2])
    assert run(bench.driver, bench.time) == NEVER
    assert bench.recorder.names()[-2:] == ["deriver-idle", "reset-step-backoff"]


def test_a_step_is_a_limited_piece_of_work() -> None:
    bench = Driving(None, None, None)
    while not bench.pipeline.calls:
        bench.driver.step(bench.time)
    assert bench.pipeline.calls == ["step 0"]
    assert bench.driver.next_due <= bench.time
