"""Runs a command in a process of its own: its output line by line, a limit in time, and an end for sure.

A VM starts its program's server as a child, which holds on to the VM's output. So both are put in a group of
their own, and ended together.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyoprollup.challenger.trace.vm.errors import VmFailed, VmPanicked, VmStopped, VmTimedOut

__all__ = ["CommandRunner", "SubprocessRunner", "never_stopped"]

MAX_LINE = 4096
"""Bytes of a line of output; what is longer comes in pieces."""
MAX_OUTPUT = 16 << 20
"""Bytes of output that are returned; of more only the first."""
_LAST_LINES = 5
_POLL = 0.2
_PATIENCE = 10.0
"""Seconds for which the output of a command that has ended is waited for."""
_PANIC = 2


def never_stopped() -> bool:
    """Says that nothing is to be ended before its time."""
    return False


class CommandRunner(Protocol):
    """Runs a command to its end."""

    @abstractmethod
    def run(self, command: Sequence[str], limit: float, on_line: Callable[[str], None]) -> bytes:
        """What the command writes to its standard output, which is 16 MiB at most.

        ``on_line`` is given each line that it writes to standard error. Raises
        :class:`~pyoprollup.challenger.trace.vm.errors.VmFailed` if it cannot be started, ends with another
        code than 0, or takes longer than ``limit`` seconds, after which it is ended.
        """


@dataclass(frozen=True, slots=True)
class SubprocessRunner:
    """A process for each command. ``stopped`` says whether commands are to be ended at once."""

    stopped: Callable[[], bool] = never_stopped

    def run(self, command: Sequence[str], limit: float, on_line: Callable[[str], None]) -> bytes:
        """See :class:`CommandRunner`; raises ``VmStopped`` if ``stopped`` said so."""
        name = command[0]
        try:
            process = subprocess.Popen(  # noqa: S603 - the command is what the operator has configured
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as exc:
            raise VmFailed(f"{name} cannot be started: {exc}") from exc
        output = _Output(on_line)
        try:
            self._follow(process, output, name, limit)
        finally:
            _end(process)
            output.close()
        if process.returncode:
            kind = VmPanicked if process.returncode == _PANIC else VmFailed
            raise kind(f"{name} ended with code {process.returncode}: {output.last_lines()}")
        return bytes(output.standard)

    def _follow(self, process: subprocess.Popen[bytes], output: _Output, name: str, limit: float) -> None:
        """Read what the process writes until it has ended."""
        deadline, ended_at = time.monotonic() + limit, None
        with selectors.DefaultSelector() as selector:
            for pipe in (process.stdout, process.stderr):
                assert pipe is not None
                selector.register(pipe, selectors.EVENT_READ, pipe is process.stdout)
            while selector.get_map() or process.poll() is None:
                for key, _ in selector.select(_POLL):
                    data = os.read(key.fd, 1 << 16)
                    if not data:
                        selector.unregister(key.fileobj)
                    output.take(data, key.data)
                if not selector.get_map() and process.poll() is None:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(_POLL)
                now = time.monotonic()
                if ended_at is None and process.poll() is not None:
                    # Its children may hold on to its output, and write for ever.
                    ended_at = now
                if ended_at is not None and now > ended_at + _PATIENCE:
                    return
                if self.stopped():
                    raise VmStopped(f"{name} was ended, as the service stops")
                if now > deadline:
                    said = output.last_lines()
                    raise VmTimedOut(f"{name} took longer than {limit:g} s and was ended: {said}")


class _Output:
    """Standard output as it is, and standard error by lines."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self.standard = bytearray()
        self._on_line = on_line
        self._rest = b""
        self._last: deque[str] = deque(maxlen=_LAST_LINES)

    def take(self, data: bytes, is_standard: bool) -> None:
        if is_standard:
            self.standard += data[: MAX_OUTPUT - len(self.standard)]
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._line(line)

    def _line(self, line: bytes) -> None:
        text = line[:MAX_LINE].decode("utf-8", "replace").strip()
        if text:
            self._last.append(text)
            self._on_line(text)

    def close(self) -> None:
        self._line(self._rest)
        self._rest = b""

    def last_lines(self) -> str:
        return " | ".join([line[:300] for line in self._last]) or "it said nothing"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a process and of its children."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
