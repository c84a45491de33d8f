"""Phase 3 of the flow, the engine's side: rows 3.3 to 3.7."""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.engine.events import BuildStartEvent, FinalizedUpdateEvent, ForkchoiceUpdateEvent
from tests.flow.test_driver import Run
from tests.recordings import go_recording
from tests.unit.engine.support import Bench


def test_3_3_forkchoice_update_event() -> None:
    bench = Bench()
    safe = bench.derive(bench.genesis)
    unsafe = bench.gossip(safe)
    assert bench.recorder.of(ForkchoiceUpdateEvent)[-1] == ForkchoiceUpdateEvent(unsafe, safe, bench.genesis)


def test_3_4_on_forkchoice_update() -> None:
    """The queue is drained where it fits: the second payload came first."""
    bench, other = Bench(), Bench()
    first = other.gossip(other.genesis)
    second = other.gossip(first)
    bench.unsafe.add_unsafe_payload(other.engine.blocks[second.hash])
    bench.drain()
    assert bench.controller.heads.unsafe == bench.genesis
    bench.gossip(bench.genesis)
    assert bench.controller.heads.unsafe == second
    assert len(bench.unsafe.queue) == 0


def test_3_5_request_forkchoice_update() -> None:
    bench = Bench()
    bench.controller.request_forkchoice_update()
    bench.drain()
    heads = bench.controller.heads
    event = ForkchoiceUpdateEvent(heads.unsafe, heads.safe, heads.finalized)
    assert bench.recorder.of(ForkchoiceUpdateEvent) == [event]
    assert bench.engine.calls == []


def test_3_6_attributes_handler_consolidates_or_forces() -> None:
    """Of two unsafe blocks L1 has the first; the second gives way to the derived one."""
    recording = go_recording("happy-granite")
    derived, run = Run(recording), Run(recording)
    derived.until_idle()
    run.l1.reorg(recording.blocks[:2])
    run.until_idle()
    first = derived.engine.payload_by_number(1)
    run.driver.on_unsafe_l2_payload(first)
    run.until_idle()
    second = derived.engine.payload_by_number(2)
    attributes = next(
        event.attributes.attributes
        for event in derived.recorder.of(BuildStartEvent)
        if event.attributes.parent.number == 1
    )
    assert attributes.timestamp == second.payload.timestamp
    other = run.engine.build(
        first.payload.block_hash,
        replace(attributes, transactions=(*attributes.transactions, b"\x02unsafe only")),
    )
    run.driver.on_unsafe_l2_payload(other)
    run.until_idle()
    assert run.driver.heads.unsafe.hash == other.payload.block_hash
    run.l1.reorg(recording.blocks)
    run.driver.on_l1_head(recording.blocks[-1].info.ref)
    run.until_idle()
    assert run.driver.heads.safe == derived.driver.heads.safe
    built = [event.attributes.parent.number for event in run.recorder.of(BuildStartEvent)]
    assert built[0] == 1, "block 1 was consolidated, block 2 was built"


def test_3_7_on_l1_finalized() -> None:
    recording = go_recording("happy-granite")
    run = Run(recording)
    run.until_idle()
    assert run.driver.heads.finalized.number == 0
    run.driver.on_l1_finalized(recording.blocks[-1].info.ref)
    run.until_idle()
    safe = run.driver.heads.safe
    assert run.recorder.of(FinalizedUpdateEvent) == [FinalizedUpdateEvent(safe)]
    assert run.engine.finalized == safe.hash
