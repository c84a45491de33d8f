"""What a VM says about how far it is, among all that it says.

Cannon writes ``… processing … step=10000000 … ips=14000000.5 …``, or the same as JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Progress", "progress_of"]

_STEP = re.compile(r'\bstep"?[=:]\s*"?([0-9][0-9_,]{0,30})')
_SPEED = re.compile(r'\bips"?[=:]\s*"?([0-9][0-9_,]{0,30}(?:\.[0-9]{1,30})?(?:[eE][+]?[0-9]{1,2})?)')


@dataclass(frozen=True, slots=True)
class Progress:
    """A step that is reached, and steps per second."""

    step: int
    steps_per_second: float


def progress_of(line: str) -> Progress | None:
    """The progress that a line tells, ``None`` if it is about something else."""
    # A program can write what it likes, but what it writes is marked.
    if "processing" not in line or "guest" in line or "host" in line:
        return None
    step, speed = _STEP.search(line), _SPEED.search(line)
    if step is None:
        return None
    return Progress(_int(step[1]), float(_plain(speed[1])) if speed else 0.0)


def _plain(text: str) -> str:
    return text.replace(",", "").replace("_", "")


def _int(text: str) -> int:
    return int(_plain(text))
