"""Whether a node is well, and if not, why the safe head does not move.

A process that is up may have stood still for a day: a read that hangs, a blob that is gone, an engine that
does not answer. The watchdog is shown how things are now and then, and says since when something that should
move has not, and what is being waited for.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.eth.sync_status import SyncStatus

__all__ = ["Observation", "Readiness", "Watchdog", "WatchdogLimits"]


@dataclass(frozen=True, slots=True)
class WatchdogLimits:
    """Seconds after which something that does not move is a fault."""

    step: float = 60.0
    """One piece of work: a call of the engine that hangs."""
    l1_head: float = 180.0
    """L1's head: fifteen slots."""
    derivation: float = 120.0
    """The L1 block that is derived from, while L1 has newer ones."""
    unsafe: float = 60.0
    """The unsafe head, of a node that sequences."""


@dataclass(frozen=True, slots=True)
class Observation:
    """How a node is at one moment. Texts are empty if there is nothing to say."""

    running: bool
    error: str
    """What has ended the service."""
    busy_since: float | None
    status: SyncStatus
    sequencing: bool = False
    l1_error: str = ""
    """Why L1's heads are not known."""
    awaited: str = ""
    """What derivation waits for, and why it is not there."""
    last_error: str = ""
    """What has ended a step lately, mostly the engine."""
    last_drop: str = ""
    """What derivation has passed over last, and why."""
    resets: int = 0


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the node does its work; ``reasons`` are why not, ``notes`` are no faults."""

    ready: bool
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Moving:
    """Since when a value is what it is."""

    def __init__(self) -> None:
        self._value: object = None
        self._since: float | None = None

    def age(self, value: object, now: float) -> float:
        if self._since is None or value != self._value:
            self._value, self._since = value, now
        return now - self._since


class Watchdog:
    """Keeps for how long each thing has not moved. ``now`` is in seconds, on any clock that goes on."""

    def __init__(self, limits: WatchdogLimits | None = None) -> None:
        self._limits = limits or WatchdogLimits()
        self._l1_head, self._current_l1, self._unsafe, self._safe = (_Moving() for _ in range(4))

    def look(self, seen: Observation, now: float) -> Readiness:
        """What to say of the node now."""
        if not seen.running:
            return Readiness(False, (f"the service has ended: {seen.error}",))
        reasons: list[str] = []
        if seen.busy_since is not None and now - seen.busy_since > self._limits.step:
            reasons.append(f"one step takes since {now - seen.busy_since:.0f} s{_because(seen.last_error)}")
        reasons += self._l1_reasons(seen, now)
        reasons += self._derivation_reasons(seen, now)
        status = seen.status
        unsafe_age = self._unsafe.age(status.unsafe_l2, now)
        if seen.sequencing and unsafe_age > self._limits.unsafe:
            why = _because(seen.last_error or seen.l1_error)
            reasons.append(f"no block has been sequenced for {unsafe_age:.0f} s{why}")
        return Readiness(not reasons, tuple(reasons), tuple(self._notes(seen, now)))

    def _l1_reasons(self, seen: Observation, now: float) -> list[str]:
        head = seen.status.head_l1
        age = self._l1_head.age(head, now)
        if age <= self._limits.l1_head and not (head is None and seen.l1_error):
            return []
        if head is None:
            return [f"L1's head is not known{_because(seen.l1_error)}"]
        return [f"L1's head is {head.number} since {age:.0f} s{_because(seen.l1_error)}"]

    def _derivation_reasons(self, seen: Observation, now: float) -> list[str]:
        head, current = seen.status.head_l1, seen.status.current_l1
        age = self._current_l1.age((current, head is None), now)
        behind = head is not None and (current is None or current.number < head.number)
        if not behind or age <= self._limits.derivation:
            return []
        at = "has not begun" if current is None else f"is at L1 block {current.number}"
        why = _because(seen.awaited or seen.last_error)
        return [f"derivation {at} since {age:.0f} s, L1's head is {head.number if head else '?'}{why}"]

    def _notes(self, seen: Observation, now: float) -> list[str]:
        safe = seen.status.safe_l2
        age = self._safe.age(safe, now)
        notes = [] if safe is None else [f"the safe head is {safe.number} since {age:.0f} s"]
        if seen.awaited:
            notes.append(f"derivation waits for {seen.awaited}")
        if seen.last_drop:
            notes.append(f"last dropped: {seen.last_drop}")
        return notes


def _because(why: str) -> str:
    return f": {why}" if why else ""
