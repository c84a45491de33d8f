"""Phase 1 of the flow, the engine's side: rows 1.3, 1.4, 1.8, 1.9, 1.10 and 1.11."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.engine.events import (
    BuildSealedEvent,
    BuildSealEvent,
    BuildStartedEvent,
    BuildStartEvent,
    ForkchoiceUpdateEvent,
    PayloadProcessEvent,
    UnsafeUpdateEvent,
)
from pyoprollup.engine.versions import forkchoice_updated_method, get_payload_method, new_payload_method
from tests.flow.test_driver import Run
from tests.recordings import go_recording
from tests.unit.engine.support import Bench


@pytest.fixture
def bench() -> Bench:
    """An engine at genesis, with one transaction in its pool."""
    bench = Bench()
    bench.engine.pool = (b"\x02from the pool",)
    return bench


def started(bench: Bench) -> BuildStartedEvent:
    work = bench.attributes(bench.genesis)
    bench.emit(BuildStartEvent(replace(work, attributes=replace(work.attributes, no_tx_pool=False))))
    (event,) = bench.recorder.of(BuildStartedEvent)
    return event


def sealed(bench: Bench) -> BuildSealedEvent:
    start = started(bench)
    bench.emit(BuildSealEvent(start.info, start.build_started, False, None))
    (event,) = bench.recorder.of(BuildSealedEvent)
    return event


def test_1_3_on_build_start(bench: Bench) -> None:
    event = started(bench)
    assert bench.engine.calls == ["forkchoice_updated+attributes"]
    assert (event.parent, event.info.timestamp) == (bench.genesis, bench.genesis.time + 2)
    # The seal is the sequencer's to time.
    assert bench.names() == ["build-start", "forkchoice-update", "build-started"]


def test_1_4_on_build_seal(bench: Bench) -> None:
    event = sealed(bench)
    assert bench.engine.calls[-1] == "get_payload"
    assert event.ref.parent_hash == bench.genesis.hash
    assert event.envelope.payload.transactions[1:] == (b"\x02from the pool",)
    assert bench.controller.heads.unsafe == bench.genesis


def test_1_8_on_payload_process(bench: Bench) -> None:
    event = sealed(bench)
    bench.forget()
    bench.emit(PayloadProcessEvent(event.envelope, event.ref))
    assert bench.names()[:2] == ["payload-process", "payload-success"]
    assert bench.engine.calls[0] == "new_payload"


def test_1_9_try_update_engine(bench: Bench) -> None:
    event = sealed(bench)
    bench.forget()
    bench.emit(PayloadProcessEvent(event.envelope, event.ref))
    assert bench.engine.calls == ["new_payload", "forkchoice_updated"]
    assert bench.names()[2:] == ["unsafe-update", "forkchoice-update"]
    assert bench.recorder.of(UnsafeUpdateEvent) == [UnsafeUpdateEvent(event.ref)]
    update = ForkchoiceUpdateEvent(event.ref, bench.genesis, bench.genesis)
    assert bench.recorder.of(ForkchoiceUpdateEvent) == [update]
    assert bench.engine.head == event.ref.hash


def test_1_10_engine_api_method_version(bench: Bench) -> None:
    attributes = bench.attributes(bench.genesis).attributes
    assert forkchoice_updated_method(bench.config, attributes) == "engine_forkchoiceUpdatedV3"
    assert get_payload_method(bench.config, attributes.timestamp) == "engine_getPayloadV3"
    assert new_payload_method(replace(bench.config, isthmus_time=0), 1000) == "engine_newPayloadV4"


def test_1_11_on_unsafe_l2_payload() -> None:
    """A verifier follows gossip, and L1 may overrule it later."""
    recording = go_recording("happy-granite")
    sequencer, verifier = Run(recording), Run(recording)
    sequencer.until_idle()
    verifier.l1.reorg(recording.blocks[:2])
    verifier.until_idle()
    first = sequencer.engine.payload_by_number(1)
    verifier.driver.on_unsafe_l2_payload(first)
    verifier.until_idle()
    heads = verifier.driver.heads
    assert heads.unsafe.hash == first.payload.block_hash
    assert heads.safe.number == 0
