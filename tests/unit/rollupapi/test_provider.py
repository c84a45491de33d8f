from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.errors import ConfigError
from pyoprollup.rollupapi import (
    ActiveRollupProvider,
    NoActiveSequencer,
    RollupClient,
    RollupUnavailable,
    dial_rollup,
)
from tests.unit.rollupapi.support import L2, FakeNode, Wire


class Network:
    """Some nodes, the first of them active, and a provider that asks them at most every 120 s."""

    def __init__(self, count: int = 3) -> None:
        self.now = 1_000.0
        self.nodes = [FakeNode(active=index == 0) for index in range(count)]
        self.wires = [Wire.to(node) for node in self.nodes]
        self.changes: list[str] = []
        self.provider = ActiveRollupProvider(
            [RollupClient(wire, f"node {index}") for index, wire in enumerate(self.wires)],
            lambda: self.now,
            on_changed=lambda client: self.changes.append(client.name),
        )

    def used(self) -> str:
        return self.provider.rollup_client().name

    def checks(self) -> int:
        return sum(wire.calls.count("admin_sequencerActive") for wire in self.wires)


def test_the_active_one_is_kept_for_a_while_without_asking() -> None:
    network = Network()
    assert network.provider.sync_status().safe_l2 == L2
    assert network.provider.output_at_block(100).block_ref == L2
    network.now += 120
    assert network.used() == "node 0"
    assert network.checks() == 1
    network.now += 1
    assert network.used() == "node 0"
    assert network.checks() == 2


def test_goes_to_the_next_that_is_active_and_stays_there() -> None:
    network = Network()
    assert network.used() == "node 0"
    network.nodes[0].active, network.nodes[2].active = False, True
    network.now += 121
    assert network.used() == "node 2"
    network.nodes[0].active = True
    network.now += 121
    assert network.used() == "node 2"
    assert network.changes == ["node 2"]


def test_a_failure_is_looked_into_at_once() -> None:
    network = Network()
    assert network.used() == "node 0"
    network.wires[0].down = True
    network.nodes[1].active = True
    with pytest.raises(RollupUnavailable):
        network.provider.sync_status()
    assert network.provider.sync_status().safe_l2 == L2
    assert network.changes == ["node 1"]


def test_without_an_active_one_there_is_no_answer_rather_than_an_old_one() -> None:
    network = Network()
    assert network.provider.sync_status() is not None
    network.nodes[0].active = False
    network.wires[1].down = True
    network.now += 121
    for _ in range(2):
        with pytest.raises(NoActiveSequencer, match=r"node 0: the sequencer is not active.*refused"):
            network.provider.sync_status()
    network.nodes[2].active = True
    assert network.used() == "node 2"


def test_closes_all_of_them() -> None:
    network = Network()
    network.provider.close()
    assert [wire.calls for wire in network.wires] == [["close"]] * 3


def test_one_endpoint_need_not_be_a_sequencer() -> None:
    one = dial_rollup(["http://127.0.0.1:9"], lambda: 0.0)
    assert isinstance(one, RollupClient)
    assert one.name == "http://127.0.0.1:9"
    one.close()
    several = dial_rollup(["http://127.0.0.1:9", "http://127.0.0.1:10"], lambda: 0.0)
    assert isinstance(several, ActiveRollupProvider)
    several.close()
    with pytest.raises(ConfigError):
        dial_rollup([], lambda: 0.0)


def test_needs_an_endpoint() -> None:
    none: Any = []
    with pytest.raises(ConfigError):
        ActiveRollupProvider(none, lambda: 0.0)
