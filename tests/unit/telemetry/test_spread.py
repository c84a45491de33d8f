"""Passing news on."""

from __future__ import annotations

from pyoprollup.events import Happening, News
from pyoprollup.telemetry import at_node, spread


def test_several_ends_hear_the_same_in_order() -> None:
    first: list[Happening] = []
    second: list[Happening] = []
    News("txmgr", spread(first.append, second.append))("tx-confirmed")
    assert first == second == [Happening("txmgr", "tx-confirmed")]


def test_the_node_and_the_time_are_added_on_the_way() -> None:
    told: list[Happening] = []
    tell = at_node("verifier", lambda: 12.5, told.append)
    tell(Happening("gossip", "message"))
    tell(Happening("gossip", "message", node="sequencer"))
    assert [(each.node, each.time) for each in told] == [("verifier", 12.5), ("sequencer", 12.5)]
