from __future__ import annotations

from dataclasses import dataclass

import pytest

from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.events import (
    CriticalErrorEvent,
    DeriverIdleEvent,
    Emit,
    Event,
    EventRecorder,
    EventSystem,
    HotLoopError,
    L1TemporaryErrorEvent,
    Recorded,
    event_name,
    no_emit,
)


@dataclass(frozen=True, slots=True)
class PingEvent(Event):
    count: int = 0


@dataclass(frozen=True, slots=True)
class PongEvent(Event):
    count: int = 0


class Player:
    """Answers one kind of event with another, up to a limit."""

    def __init__(self, takes: type[Event], gives: type[Event] | None, limit: int = 3) -> None:
        self.takes, self.gives, self.limit = takes, gives, limit
        self.seen: list[Event] = []
        self.emit: Emit = no_emit

    def attach_emitter(self, emit: Emit) -> None:
        self.emit = emit

    def on_event(self, event: Event) -> bool:
        if not isinstance(event, self.takes):
            return False
        self.seen.append(event)
        if self.gives is not None and event.count < self.limit:
            self.emit(self.gives(event.count + 1))
        return True


def game(limit: int = 3, **options: int) -> tuple[EventSystem, EventRecorder, Emit]:
    recorder = EventRecorder()
    system = EventSystem(recorder, **options)
    system.register("a", Player(PingEvent, PongEvent, limit))
    system.register("b", Player(PongEvent, PingEvent, limit))
    return system, recorder, system.emitter("referee")


def test_events_wait_for_a_drain() -> None:
    system, recorder, emit = game()
    emit(PingEvent())
    assert not recorder.records
    system.drain()
    assert [recorded.event for recorded in recorder.records] == [
        PingEvent(0),
        PongEvent(1),
        PingEvent(2),
        PongEvent(3),
    ]


def test_first_in_first_out() -> None:
    system, recorder, emit = game(limit=1)
    emit(PingEvent(0))
    emit(PingEvent(1))
    emit(PongEvent(0))
    system.drain()
    assert [(record.emitter, record.event) for record in recorder.records] == [
        ("referee", PingEvent(0)),
        ("referee", PingEvent(1)),
        ("referee", PongEvent(0)),
        ("a", PongEvent(1)),
        ("b", PingEvent(1)),
    ]


def test_everybody_hears_in_order_of_registration() -> None:
    system = EventSystem()
    players = [Player(PingEvent, None) for _ in range(3)]
    for index, player in enumerate(players):
        system.register(str(index), player)
    system.emitter("test")(PingEvent())
    system.drain()
    assert [player.seen for player in players] == [[PingEvent()]] * 3
    with pytest.raises(ValueError, match="'1' already"):
        system.register("1", Player(PingEvent, None))


def test_drain_until_stops_after_the_event() -> None:
    system, recorder, emit = game()
    emit(PingEvent())
    assert system.drain_until(lambda event: isinstance(event, PongEvent))
    assert recorder.names() == ["ping", "pong"]
    assert not system.drain_until(lambda _event: False)
    assert recorder.names() == ["ping", "pong", "ping", "pong"]


def test_hot_loops_are_stopped() -> None:
    system, _, emit = game(limit=10**9, max_per_drain=101)
    emit(PingEvent())
    with pytest.raises(HotLoopError, match=r"101 events delivered without a pause, mostly ping \(51\), pong"):
        system.drain()


class Flood:
    """Answers a ping with many pongs."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.emit: Emit = no_emit

    def attach_emitter(self, emit: Emit) -> None:
        self.emit = emit

    def on_event(self, event: Event) -> bool:
        if isinstance(event, PingEvent):
            for number in range(self.count):
                self.emit(PongEvent(number))
        return isinstance(event, PingEvent)


def test_what_an_event_leads_to_is_bounded() -> None:
    system = EventSystem(max_queued=3)
    system.register("flood", Flood(4))
    system.emitter("test")(PingEvent())
    with pytest.raises(HotLoopError, match=r"3 events wait, mostly pong \(3\)"):
        system.drain()


@pytest.mark.parametrize("answers", [0, 3])
def test_a_burst_from_outside_is_no_loop(answers: int) -> None:
    recorder = EventRecorder()
    system = EventSystem(recorder, max_queued=3, max_per_drain=4)
    system.register("flood", Flood(answers))
    for _ in range(100):
        system.emitter("test")(PingEvent())
    system.drain()
    assert len(recorder.records) == 100 * (1 + answers)


def test_a_loop_does_not_break_what_comes_after_it() -> None:
    system, recorder, emit = game(limit=10**9, max_per_drain=101)
    emit(PingEvent())
    emit(PongEvent(10**9))
    with pytest.raises(HotLoopError):
        system.drain()
    emit(PingEvent(10**9))
    recorder.clear()
    system.drain()
    assert recorder.names() == ["ping"], "the pong from outside was delivered before the loop was found"


def test_nothing_comes_after_a_critical_error() -> None:
    system, recorder, emit = game()
    critical = CriticalErrorEvent(ValueError("broken"))
    emit(PingEvent())
    emit(critical)
    emit(PongEvent())
    system.drain()
    assert [recorded.event for recorded in recorder.records] == [critical]
    assert system.critical is critical


def test_recorder() -> None:
    system, recorder, emit = game(limit=1)
    emit(PingEvent())
    emit(PingEvent(5))
    system.drain()
    assert recorder.of(PongEvent) == [PongEvent(1)]
    assert recorder.records[0] == Recorded("referee", PingEvent(), ("a",))
    assert list(recorder.lines()) == ["referee -> a: ping", "referee -> a: ping", "a -> b: pong"]
    recorder.clear()
    assert recorder.names() == []
    short = EventRecorder(1)
    for recorded in [Recorded("x", PingEvent(), ()), Recorded("y", PongEvent(), ())]:
        short.record(recorded)
    assert list(short.lines()) == ["y -> -: pong"]


def test_names_are_the_references() -> None:
    assert event_name(L1TemporaryErrorEvent(ValueError())) == "l1-temporary-error"
    assert event_name(DeriverIdleEvent(L1BlockRef(bytes(32), 0, bytes(32), 0))) == "deriver-idle"


def test_component_must_be_registered_before_it_emits() -> None:
    with pytest.raises(RuntimeError, match="ping emitted by a component"):
        no_emit(PingEvent())
