"""An engine and its pool on one store."""

from __future__ import annotations

from pyoprollup.execution.client import ExecutionClient
from pyoprollup.execution.store import MemoryStore
from tests.actions.harness import World
from tests.actions.sequencer import SequencerNode


def test_blocks_are_made_from_the_pool_and_the_pool_follows_them() -> None:
    world = World()
    node = SequencerNode(world)
    node.act_l2_pipeline_full()
    sent = world.alice.act_send_l2(node.pool)
    node.act_build_l2_block()
    assert node.knows_tx(sent)
    assert len(node.pool) == 0


def test_another_one_on_the_same_store_goes_on_where_it_was() -> None:
    world = World()
    store = MemoryStore()
    first = ExecutionClient.open(world.config, world.genesis, store, now=world.clock)
    again = ExecutionClient.open(world.config, world.genesis, store, now=world.clock)
    assert first.engine.pool is first.pool and again.engine.pool is again.pool
    assert again.engine.store.heads == first.engine.store.heads
