from __future__ import annotations

import pytest

from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.events import Happening
from pyoprollup.p2p import AsyncGossiper, GossiperNotRunning, NoOpGossiper, PublishError, SimpleAsyncGossiper
from tests.unit.p2p.support import chain

ONE, TWO = chain(2)


class Network:
    def __init__(self) -> None:
        self.published: list[ExecutionPayloadEnvelope] = []
        self.fails = False

    def publish(self, envelope: ExecutionPayloadEnvelope) -> None:
        if self.fails:
            raise PublishError("nobody there")
        self.published.append(envelope)


def test_what_was_published_is_kept_until_cleared() -> None:
    network = Network()
    gossiper: AsyncGossiper = SimpleAsyncGossiper(network.publish)
    gossiper.start()
    assert gossiper.get() is None
    gossiper.gossip(ONE)
    assert gossiper.get() is ONE
    gossiper.gossip(TWO)
    assert gossiper.get() is TWO
    gossiper.clear()
    gossiper.clear()
    assert gossiper.get() is None
    assert network.published == [ONE, TWO]


def test_what_was_not_published_is_not_kept() -> None:
    network = Network()
    told: list[Happening] = []
    gossiper = SimpleAsyncGossiper(network.publish, told.append)
    gossiper.start()
    network.fails = True
    gossiper.gossip(ONE)
    assert gossiper.get() is None
    network.fails = False
    gossiper.gossip(ONE)
    network.fails = True
    gossiper.gossip(TWO)
    assert gossiper.get() is ONE
    assert {each.event for each in told} == {"publish-failed"}
    assert [(each.details["block"], str(each.details["error"])) for each in told] == [
        (ONE, "nobody there"),
        (TWO, "nobody there"),
    ]


def test_start_and_stop() -> None:
    network = Network()
    gossiper = SimpleAsyncGossiper(network.publish)
    gossiper.stop()
    with pytest.raises(GossiperNotRunning):
        gossiper.gossip(ONE)
    gossiper.start()
    gossiper.start()
    gossiper.gossip(ONE)
    gossiper.stop()
    gossiper.stop()
    assert not gossiper.running
    with pytest.raises(GossiperNotRunning):
        gossiper.gossip(TWO)
    assert gossiper.get() is ONE
    gossiper.start()
    gossiper.gossip(TWO)
    assert network.published == [ONE, TWO]


def test_no_op() -> None:
    gossiper: AsyncGossiper = NoOpGossiper()
    gossiper.start()
    gossiper.gossip(ONE)
    assert gossiper.get() is None
    gossiper.clear()
    gossiper.stop()
