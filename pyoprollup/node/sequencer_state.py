"""Whether the sequencer runs, kept in a file for the next start.

The file is op-node's: ``{"sequencerStarted": true}``. It decides from the second start on, whatever the flags
say: who has stopped a sequencer does not want it to run because a machine was restarted.
"""

from __future__ import annotations

import json
from pathlib import Path

from pyoprollup.errors import ConfigError, DecodeError, RollupError
from pyoprollup.node.whole_file import write_whole
from pyoprollup.rpc.json_text import from_json_text

__all__ = ["SequencerStateError", "SequencerStateFile"]

_KEY = "sequencerStarted"
_MAX_SIZE = 1 << 16


class SequencerStateError(RollupError):
    """The file cannot be written: the sequencer stays as it is."""


class SequencerStateFile:
    """The file, as a listener of the sequencer."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def started(self) -> bool | None:
        """What the file says; ``None`` if there is none. Raises :class:`ConfigError` if it says nothing."""
        try:
            with self._path.open("rb") as file:
                value = from_json_text(file.read(_MAX_SIZE))
        except FileNotFoundError:
            return None
        except (OSError, DecodeError) as exc:
            raise ConfigError(f"{self._path}: cannot be read: {exc}") from exc
        started = value.get(_KEY) if isinstance(value, dict) else None
        if started is not None and not isinstance(started, bool):
            raise ConfigError(f"{self._path}: {_KEY}: expected true or false, got {started!r}")
        return started

    def sequencer_started(self) -> None:
        """Keep that it runs; raises :class:`SequencerStateError`."""
        self._write(True)

    def sequencer_stopped(self) -> None:
        """Keep that it does not run; raises :class:`SequencerStateError`."""
        self._write(False)

    def _write(self, started: bool) -> None:
        try:
            write_whole(self._path, json.dumps({_KEY: started}))
        except OSError as exc:
            raise SequencerStateError(f"{self._path}: cannot be written: {exc.strerror or exc}") from exc
