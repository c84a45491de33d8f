"""The reference's cases of finality, and what its rules say besides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.engine.events import ForkchoiceUpdateEvent, SafeDerivedEvent
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.refs import L1BlockRef, L2BlockRef
from pyoprollup.events import DeriverIdleEvent, EventRecorder, EventSystem, ResetEvent
from pyoprollup.finality import (
    AltDAFinalizer,
    FinalizeL1Event,
    Finalizer,
    finality_lookback,
)
from pyoprollup.rollup.alt_da import AltDAConfig
from tests.unit.derive.support import FakeL1, config, l1_chain, l2_block, name_hash

L1 = l1_chain(900, first=0)
A, B, C, D, E, F, G, H = L1[1:9]


def block(number: int, origin: L1BlockRef = A) -> L2BlockRef:
    return l2_block(number, 1000 + 2 * number, origin)


class Bench:
    def __init__(self, options: dict[str, int] | None = None, **changes: object) -> None:
        self.config = config(**changes)
        self.l1 = FakeL1(L1)
        self.promoted: list[L2BlockRef] = []
        self.finalizer = Finalizer(self.config, self.l1, self.promoted.append, **(options or {}))
        self.recorder = EventRecorder()
        self.events = EventSystem(self.recorder)
        self.events.register("finalizer", self.finalizer)
        self._emit = self.events.emitter("test")

    def names(self) -> list[str]:
        """What followed from the last event sent."""
        return self.recorder.names()[1:]

    def send(self, event: object) -> list[str]:
        self.recorder.clear()
        self._emit(event)
        self.events.drain()
        return self.names()

    def derived(self, ref: L2BlockRef, source: L1BlockRef, idle: bool = True) -> list[str]:
        self.send(SafeDerivedEvent(ref, source))
        return self.send(DeriverIdleEvent(source)) if idle else []


def test_basic() -> None:
    bench = Bench()
    bench.derived(block(6), D)
    bench.derived(block(8), E)
    assert bench.promoted == []
    assert bench.send(FinalizeL1Event(D)) == ["try-finalize"]
    assert bench.promoted == [block(6)]
    assert bench.finalizer.finalized_l1 == D


def test_retry_after_l1_did_not_answer() -> None:
    bench = Bench()
    bench.derived(block(6), D)
    bench.l1.failing = 0
    assert bench.send(FinalizeL1Event(D)) == ["try-finalize", "l1-temporary-error"]
    assert bench.promoted == []
    assert bench.send(DeriverIdleEvent(F)) == ["try-finalize"]
    assert bench.promoted == [block(6)]


def test_an_answer_that_comes_later_is_used_when_it_is_there() -> None:
    """With an L1 that is read in other threads, the first attempt never has its blocks at hand."""
    bench = Bench()
    bench.derived(block(6), D)
    bench.l1.failing = 0
    bench.send(FinalizeL1Event(D))
    bench.l1.failing = None
    bench.finalizer.wake()
    bench.events.drain()
    assert bench.promoted == [block(6)]
    bench.recorder.clear()
    bench.finalizer.wake()
    bench.events.drain()
    assert bench.recorder.names() == [], "an attempt that had its answer is not made again"


def test_repeat() -> None:
    bench = Bench()
    bench.derived(block(6), D)
    bench.derived(block(8), E)
    bench.send(FinalizeL1Event(D))
    bench.send(FinalizeL1Event(E))
    assert bench.promoted == [block(6), block(8)]
    bench.send(ForkchoiceUpdateEvent(block(8), block(8), block(8)))
    assert bench.send(DeriverIdleEvent(G)) == ["try-finalize"]
    for number in range(9, 14):
        bench.derived(block(number), H, idle=False)
    assert bench.send(DeriverIdleEvent(H)) == []  # too soon after the last attempt
    assert bench.promoted == [block(6), block(8)]
    bench.send(FinalizeL1Event(H))
    assert bench.promoted[2:] == [block(13)]


def test_signal_for_a_later_block() -> None:
    bench = Bench()
    bench.derived(block(3), C)
    bench.derived(block(4), E)
    bench.send(FinalizeL1Event(D))
    assert bench.promoted == [block(3)]


def test_slow_path_takes_the_last_of_many() -> None:
    bench = Bench()
    for index, source in enumerate(L1[1:20]):
        bench.derived(block(index + 1), source)
    bench.send(FinalizeL1Event(L1[15]))
    assert bench.promoted == [block(15)]


def test_reorg() -> None:
    """The signal is for another L1 chain than the one derived from."""
    bench = Bench()
    bench.derived(block(3), C)
    other = replace(D, hash=name_hash("other D"))
    bench.derived(block(4), other)
    assert bench.send(FinalizeL1Event(F)) == ["try-finalize", "reset"]
    assert bench.promoted == []
    assert bench.finalizer.finalized_l1 == F
    bench.derived(block(4), E)
    assert bench.promoted == [block(4)]


def test_signal_that_is_not_canonical() -> None:
    bench = Bench()
    bench.derived(block(3), C)
    assert bench.send(FinalizeL1Event(replace(D, hash=name_hash("x")))) == ["try-finalize", "reset"]


def test_old_and_repeated_signals() -> None:
    bench = Bench()
    assert bench.send(FinalizeL1Event(D)) == ["try-finalize"]
    assert bench.send(FinalizeL1Event(C)) == []
    assert bench.finalizer.finalized_l1 == D
    bench.derived(block(3), C)
    assert bench.send(FinalizeL1Event(D)) == ["try-finalize"]
    assert bench.promoted[-1] == block(3)


def test_nothing_is_tried_without_a_signal() -> None:
    bench = Bench()
    assert bench.derived(block(3), C) == []
    assert bench.send(DeriverIdleEvent(None)) == []


def test_attempts_are_apart() -> None:
    bench = Bench()
    bench.send(FinalizeL1Event(A))
    assert bench.send(DeriverIdleEvent(L1[10])) == ["try-finalize"]
    assert bench.send(DeriverIdleEvent(L1[74])) == []
    assert bench.send(DeriverIdleEvent(L1[75])) == ["try-finalize"]


def test_memory_is_bounded() -> None:
    bench = Bench()
    for index, source in enumerate(L1[1:140]):
        bench.derived(block(index + 1), source, idle=False)
    bench.send(FinalizeL1Event(L1[10]))  # the first ten are forgotten
    assert bench.promoted == []
    bench.send(FinalizeL1Event(L1[11]))
    assert bench.promoted == [block(11)]


def test_reset_forgets_what_was_derived() -> None:
    bench = Bench()
    bench.derived(block(3), C)
    bench.send(ResetEvent(ValueError()))
    assert bench.send(FinalizeL1Event(D)) == ["try-finalize"]
    assert bench.promoted == []


@pytest.mark.parametrize(("windows", "expected"), [((10, 20), 129), ((100, 28), 129), ((100, 100), 201)])
def test_lookback_with_alt_da(windows: tuple[int, int], expected: int) -> None:
    chain = config(alt_da=AltDAConfig(da_challenge_window=windows[0], da_resolve_window=windows[1]))
    assert finality_lookback(chain) == expected
    assert finality_lookback(config()) == 129


class Backend:
    """Says that L1 is final two blocks late."""

    def __init__(self) -> None:
        self.callback = print
        self.error: Exception | None = None

    def finalize(self, ref: L1BlockRef) -> None:
        if self.error is not None:
            raise self.error
        self.callback(L1[ref.number - 2])

    def on_finalized_head_signal(self, callback: object) -> None:
        self.callback = callback


def test_alt_da() -> None:
    bench = Bench()
    backend = Backend()
    finalizer = AltDAFinalizer(bench.config, bench.l1, bench.promoted.append, backend)
    events = EventSystem(bench.recorder)
    events.register("finalizer", finalizer)
    bench.events, bench._emit = events, events.emitter("test")
    bench.derived(block(3), C)
    assert bench.send(FinalizeL1Event(D)) == ["try-finalize"]
    assert bench.promoted == []
    bench.send(FinalizeL1Event(E))
    assert bench.promoted == [block(3)]
    backend.error = Unavailable("L1 does not answer")
    assert bench.send(FinalizeL1Event(F)) == ["l1-temporary-error"]


# --- an L1 that is not Ethereum


@pytest.mark.parametrize("lag", [129, 200, 400, 768])
def test_finality_follows_at_any_distance(lag: int) -> None:
    """L1's finality is further behind its head than the default looks back: L1 is a rollup itself."""
    bench = Bench({"finality_lookback": lag + 33})
    for number in range(1, 850):
        bench.derived(block(number, L1[number]), L1[number])
        if number > lag and number % 16 == 0:
            bench.send(FinalizeL1Event(L1[number - lag]))
        if bench.promoted:
            bench.send(ForkchoiceUpdateEvent(block(number), block(number), bench.promoted[-1]))
    assert bench.promoted[-1].number == 848 - lag


def test_attempts_are_as_far_apart_as_the_operator_says() -> None:
    bench = Bench({"finality_delay": 3})
    bench.send(FinalizeL1Event(L1[100]))
    bench.derived(block(6), L1[10])
    assert bench.promoted == [block(6)]
    bench.derived(block(8), L1[13])
    assert bench.promoted == [block(6)]
    bench.derived(block(10), L1[14])
    assert bench.promoted[-1] == block(10)


@pytest.mark.parametrize("options", [{"finality_lookback": 0}, {"finality_delay": -1}])
def test_options_that_make_no_sense(options: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        Bench(options)


def test_an_alt_da_finalizer_takes_the_same_options() -> None:
    class Backend:
        def finalize(self, ref: L1BlockRef) -> None:
            """Nothing."""

        def on_finalized_head_signal(self, callback: object) -> None:
            """Nothing."""

    promoted: list[L2BlockRef] = []
    finalizer = AltDAFinalizer(config(), FakeL1(L1), promoted.append, Backend(), finality_lookback=2)
    events = EventSystem()
    events.register("finalizer", finalizer)
    emit = events.emitter("test")
    for number in (1, 2, 3):
        emit(SafeDerivedEvent(block(number), L1[number]))
    events.drain()
    finalizer.inner.on_l1_finalized(L1[1])
    events.drain()
    assert promoted == [], "the first of three is forgotten"
    finalizer.inner.on_l1_finalized(L1[2])
    events.drain()
    assert promoted == [block(2)]
