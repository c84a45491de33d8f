"""Protocols of the sequencer's dependencies."""

from __future__ import annotations

from typing import Protocol

__all__ = ["NoListener", "SequencerStateListener"]


class SequencerStateListener(Protocol):
    """Keeps for the next start whether the sequencer runs. Raises ``RollupError``."""

    def sequencer_started(self) -> None: ...

    def sequencer_stopped(self) -> None: ...


class NoListener:
    """A listener that keeps nothing."""

    def sequencer_started(self) -> None:
        """Return at once: nothing is kept."""

    def sequencer_stopped(self) -> None:
        """Return at once: nothing is kept."""
