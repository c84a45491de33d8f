"""A host in a process of its own, which serves pre-images on its descriptors 3 to 6, as op-program does.

On 3 it reads hints, on 4 it writes that they are dealt with, on 5 it reads keys, on 6 it writes pre-images.
What it prints goes to our standard error.

Specification: fault-proof/index.md, "Pre-image communication".
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from pyoprollup.cannon.errors import PreimageError
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import FileChannel, HintWriter, OracleClient, OracleError

__all__ = ["DEFAULT_SILENCE", "ServerProcess"]

DEFAULT_SILENCE = 600.0
"""Seconds that a host may take for one answer."""
FIRST_FREE = 16
"""Our ends of pipes get descriptors from here on, so that they are not in the way of 3 to 6."""
PATIENCE = ((10.0, signal.SIGINT), (10.0, signal.SIGKILL))
"""How long an end is waited for, and what comes then."""


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are out of the way, and not inherited."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


class ServerProcess:
    """An oracle whose answers come from a process. What can be checked of them is.

    Raises :class:`PreimageError` if the program cannot be started. Use it in a ``with`` statement: at its
    end the process is given a while to end by itself.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        silence: float = DEFAULT_SILENCE,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        pipes = [_pipe() for _ in range(4)]  # keys and hints to the host, answers to both
        (hints_in, hints_out), (acks_in, acks_out), (keys_in, keys_out), (data_in, data_out) = pipes
        theirs = (hints_in, acks_out, keys_in, data_out)
        self._streams = (FileChannel(acks_in, hints_out, silence), FileChannel(data_in, keys_out, silence))
        self._hints, self._oracle = HintWriter(self._streams[0]), OracleClient(self._streams[1])
        actions = [(os.POSIX_SPAWN_DUP2, 2, 1)]
        actions += [(os.POSIX_SPAWN_DUP2, end, number) for number, end in enumerate(theirs, 3)]
        self._ended: int | None = None
        try:
            self._pid = os.posix_spawnp(
                arguments[0],
                list(arguments),
                {**os.environ, "NO_COLOR": "1", **(environment or {})},
                file_actions=actions,
            )
        except OSError as exc:
            for stream in self._streams:
                stream.close()
            raise PreimageError(f"{arguments[0]} cannot be started: {exc.strerror}") from exc
        finally:
            for end in theirs:
                os.close(end)

    def hint(self, hint: bytes) -> None:
        """Give a hint, and wait until the host has dealt with it."""
        try:
            self._hints.send(hint)
        except OracleError as exc:
            raise self._explained(exc) from exc

    def get(self, key: bytes) -> bytes:
        """Ask the host for a pre-image."""
        try:
            return self._oracle.get(Hash32(key))
        except OracleError as exc:
            raise self._explained(exc) from exc

    def _explained(self, exc: OracleError) -> PreimageError:
        ended = f"; it ended with {self._ended}" if self._has_ended(0.2) else ""
        return PreimageError(f"the host: {exc}{ended}")

    def _has_ended(self, within: float = 0.0) -> bool:
        until = time.monotonic() + within
        while self._ended is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._ended = os.waitstatus_to_exitcode(status)
            elif time.monotonic() >= until:
                return False
            else:
                time.sleep(0.005)
        return True

    def close(self) -> int:
        """Let the process end, and see to it that it does; its exit code."""
        for stream in self._streams:
            stream.close()
        for wait, sent in PATIENCE:
            if self._has_ended(wait):
                break
            os.kill(self._pid, sent)
        self._has_ended(60.0)
        return self._ended if self._ended is not None else -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
