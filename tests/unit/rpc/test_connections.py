"""Which connections go when there are too many, or when they do nothing: on a made-up clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pyoprollup.rpc.connections import ConnectionLimits, Connections

LIMITS = ConnectionLimits(connections=3, first_request=30, idle=120, unread=100)


class Transport:
    """Of a connection: whether it was closed, and how much of the answer its client has not read."""

    def __init__(self) -> None:
        self.aborted = False
        self.unread = 0

    def abort(self) -> None:
        self.aborted = True

    def get_write_buffer_size(self) -> int:
        return self.unread


class World:
    def __init__(self) -> None:
        self.now = 0.0
        self.connections = Connections(LIMITS, lambda: self.now)

    def open(self, port: int) -> Transport:
        transport = Transport()
        self.connections.opened(("host", port), transport)  # type: ignore[arg-type]
        return transport

    def serve(self, port: int, welcome: bool = True) -> None:
        self.connections.begin(("host", port))
        self.connections.end(("host", port), welcome)


def scenario(run: Callable[[World], Any]) -> None:
    async def inside_a_loop() -> None:
        run(World())

    asyncio.run(inside_a_loop())


def test_the_oldest_idle_one_makes_room() -> None:
    def run(world: World) -> None:
        first, second = world.open(1), world.open(2)
        world.now = 1
        world.open(3)
        world.connections.begin(("host", 1))  # asks something
        assert len(world.connections) == 3
        world.open(4)
        assert (first.aborted, second.aborted) == (False, True)

    scenario(run)


def test_whoever_was_answered_stays_longest() -> None:
    """A consensus client that asks once a block, and sockets that never say anything."""

    def run(world: World) -> None:
        client = world.open(1)
        world.serve(1)
        for port in range(2, 100):
            world.now += 0.01
            world.open(port)
        world.serve(2, welcome=False)
        assert not client.aborted
        assert len(world.connections) == 3

    scenario(run)


def test_a_newcomer_is_turned_away_when_all_are_being_answered() -> None:
    def run(world: World) -> None:
        busy = [world.open(port) for port in range(3)]
        for port in range(3):
            world.connections.begin(("host", port))
        assert world.open(3).aborted
        assert not any(each.aborted for each in busy)
        world.connections.closed(("host", 0))
        assert not world.open(4).aborted

    scenario(run)


@pytest.mark.parametrize(("welcome", "seconds"), [(None, 30), (False, 30), (True, 120)])
def test_idle_connections_have_a_time(welcome: bool | None, seconds: float) -> None:
    def run(world: World) -> None:
        transport = world.open(1)
        if welcome is not None:
            world.serve(1, welcome)
        world.now = seconds
        world.connections.sweep()
        assert not transport.aborted
        world.now = seconds + 1
        world.connections.sweep()
        assert transport.aborted
        assert len(world.connections) == 0

    scenario(run)


def test_one_that_is_being_answered_has_no_such_time() -> None:
    def run(world: World) -> None:
        transport = world.open(1)
        world.connections.begin(("host", 1))
        world.now = 1000
        world.connections.sweep()
        assert not transport.aborted

    scenario(run)


def test_answers_that_nobody_reads() -> None:
    def run(world: World) -> None:
        slow, large, small = world.open(1), world.open(2), world.open(3)
        for port in (1, 2, 3):
            world.serve(port)
        slow.unread, large.unread, small.unread = 40, 90, 10
        world.connections.sweep()
        assert (slow.aborted, large.aborted, small.aborted) == (False, True, False)
        small.unread = 0
        world.now = 31
        world.connections.sweep()
        assert (slow.aborted, small.aborted) == (True, False)

    scenario(run)


def test_clients_that_are_gone_before_they_are_there() -> None:
    def run(world: World) -> None:
        transport = Transport()
        world.connections.opened(None, transport)  # type: ignore[arg-type]
        assert transport.aborted
        world.connections.begin(None)
        world.connections.end(None, True)
        world.connections.closed(None)
        world.connections.begin(("host", 9))
        world.connections.end(("host", 9), True)
        assert len(world.connections) == 0

    scenario(run)


def test_idle_ones_are_dropped_at_the_end() -> None:
    async def run() -> None:
        world = World()
        world.connections.drop_idle()  # before there were any
        idle, busy = world.open(1), world.open(2)
        world.connections.begin(("host", 2))
        world.connections.drop_idle()
        await asyncio.sleep(0)
        assert (idle.aborted, busy.aborted) == (True, False)

    asyncio.run(run())


@pytest.mark.parametrize(("files", "room"), [(1024, 256), (1 << 20, 256), (256, 64), (10, 8), (-1, 256)])
def test_one_port_leaves_files_for_others(monkeypatch: pytest.MonkeyPatch, files: int, room: int) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert ConnectionLimits().connections == room
