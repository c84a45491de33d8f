"""Phase 1 of the flow, the sequencer's side: rows 1.1, 1.2 and 1.5."""

from __future__ import annotations

from pyoprollup.engine.events import BuildSealedEvent, BuildStartEvent, PayloadProcessEvent
from pyoprollup.events import EventRecorder
from tests.properties.test_sequencer_chaos import World


def calm_world() -> tuple[World, EventRecorder]:
    """A sequencer whose surroundings all work, with its events on record."""
    recorder = EventRecorder()
    world = World(0, recorder)
    world.calm = True
    return world, recorder


def sequence(world: World, blocks: int) -> None:
    while world.driver.heads.unsafe.number < blocks:
        world.run()


def test_1_1_start_building_block() -> None:
    """Origin, attributes, build start; and so on until the block is the head."""
    world, recorder = calm_world()
    sequence(world, 2)
    names = recorder.names()
    first = names.index("build-start")
    interesting = [name for name in names[first:] if name != "step" and "step" not in name]
    assert interesting[:10] == [
        "build-start",
        "forkchoice-update",
        "build-started",
        "sequencer-action",
        "build-seal",
        "build-sealed",
        "payload-process",
        "payload-success",
        "unsafe-update",
        "forkchoice-update",
    ]
    start = recorder.of(BuildStartEvent)[0].attributes
    assert start.derived_from is None
    assert not start.attributes.no_tx_pool


def test_1_2_find_l1_origin() -> None:
    """Each block has the newest L1 origin that there was when its parent became the head."""
    world, recorder = calm_world()
    world.stall = None
    sequence(world, 20)
    for event in recorder.of(BuildSealedEvent):
        assert event.ref.l1_origin.number == max(event.ref.time - 4 - 1000, 0) // 12


def test_1_5_on_build_sealed() -> None:
    """The conductor commits, then the block is gossiped, then it is inserted."""
    world, recorder = calm_world()
    order: list[str] = []
    commit, gossip = world.commit_unsafe_payload, world.gossip
    world.commit_unsafe_payload = lambda envelope: (order.append("commit"), commit(envelope))[1]  # type: ignore[method-assign]
    world.gossip = lambda envelope: (order.append("gossip"), gossip(envelope))[1]  # type: ignore[method-assign]
    new_payload = world.engine.new_payload
    world.engine.new_payload = lambda envelope: (order.append("insert"), new_payload(envelope))[1]  # type: ignore[method-assign]
    sequence(world, 3)
    assert order == ["commit", "gossip", "insert"] * 3
    assert len(recorder.of(PayloadProcessEvent)) == 3
