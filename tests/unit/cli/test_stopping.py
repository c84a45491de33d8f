"""Signals, with an end that is only noted."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from pyoprollup.cli import stopping as module
from pyoprollup.cli.stopping import Stopping, stopping


def test_the_first_signal_asks_and_the_second_ends() -> None:
    ends: list[int] = []
    stop = Stopping(ends.append)
    assert not stop.asked
    stop.signalled(signal.SIGTERM)
    assert stop.asked
    stop.wait()
    assert ends == []
    stop.signalled(signal.SIGINT)
    assert ends == [128 + signal.SIGINT]
    stop.over()


def test_it_ends_after_a_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.01)
    ended = threading.Event()
    stop = Stopping(lambda _code: ended.set())
    stop.signalled(signal.SIGTERM)
    assert ended.wait(30)
    assert "still not stopped" in capsys.readouterr().err


def test_nothing_is_done_once_it_is_over() -> None:
    done: list[str] = []
    stop = Stopping(lambda code: done.append(f"end {code}"))
    stop.after(0.2, lambda: done.append("late"))
    stop.over()
    threading.Event().wait(0.3)
    assert done == []


def test_signals_of_this_process() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stopping() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        stop.wait()
        assert stop.asked
    assert signal.getsignal(signal.SIGTERM) is before
