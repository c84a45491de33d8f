"""How a reset goes: one object that everybody looks at, and one page that tells all of it.

L1 or L2 is not what was built on. Engine and pipeline go back to what L1 still supports, the engine first::

                    ResetEvent(cause)          ResetEngineRequestEvent      ConfirmPipelineResetEvent
                          │                              │                             │
      NONE ───────────► WANTED ──────────────────► ENGINE_DONE ───────────────────► NONE
                        ▲  ▲ │  heads are found anew      │    the pipeline starts over
       another ResetEvent  │ │  and the engine takes them │    at the safe head
       at any time ────────┘ └─ a source or the engine ───┘
                                does not answer: by the next step, the engine is asked again

1. Somebody emits ``ResetEvent``: derivation, when its L1 origin is not canonical or the pipeline has just
   begun; the engine controller, when the engine refuses a forkchoice; the sequencer, when its origin is an
   orphan; an operator. The controller is the first to hear of it: :meth:`Reset.want`. What is under way from
   before is not let near the heads any more.
2. ``SyncDeriver`` asks for new heads at once if it is the first reset, by a step after a back-off if others
   came before without any progress in between.
3. ``EngineResetDeriver`` looks for the heads (``HeadsSearch``) and hands them to
   ``EngineController.force_reset``, which sets them and tells the engine: :meth:`Reset.engine_done`, and
   ``EngineResetConfirmedEvent``.
4. ``SyncDeriver`` has the listener for safe heads note it, and emits ``ConfirmPipelineResetEvent``.
5. ``PipelineDeriver`` confirms it to the pipeline, which starts over with its next step: :meth:`Reset.done`.

A second ``ResetEvent`` begins again at 1, wherever the first one is: what is on its way of the first, such as
its confirmation, finds the state :attr:`ResetState.WANTED` and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from pyoprollup.events.stepping import exponential_backoff

__all__ = ["Reset", "ResetState"]


class ResetState(Enum):
    """How far a reset is."""

    NONE = auto()
    """None is under way."""
    WANTED = auto()
    """The heads are not known; nothing from before counts."""
    ENGINE_DONE = auto()
    """The engine has the new heads; derivation has yet to start over."""


class Reset:
    """The reset that is under way, if one is. ``now`` gives seconds."""

    def __init__(self, now: Callable[[], float] = lambda: 0.0) -> None:
        self._now = now
        self.state = ResetState.NONE
        self.cause: Exception | None = None
        """Why the last one was wanted."""
        self.count = 0
        """Resets in a row, without progress in between."""
        self._not_before = 0.0

    @property
    def is_wanted(self) -> bool:
        """Whether what comes from before the reset, or goes on with it, has to be dropped."""
        return self.state is ResetState.WANTED

    @property
    def is_under_way(self) -> bool:
        """Whether derivation has to wait."""
        return self.state is not ResetState.NONE

    @property
    def wait(self) -> float:
        """Seconds until the engine's heads may be looked for; 0 or less: now."""
        return self._not_before - self._now()

    def want(self, cause: Exception) -> None:
        """Begin, or begin again. The first is due at once, those that follow after a back-off."""
        self.state = ResetState.WANTED
        self.cause = cause
        self.count += 1
        if self.count > 1:
            self._not_before = self._now() + exponential_backoff(self.count - 1)

    def engine_done(self) -> None:
        """The engine has new heads. Without a reset that is wanted, this is none."""
        if self.is_wanted:
            self.state = ResetState.ENGINE_DONE

    def again(self) -> None:
        """The new heads could not be kept: they have to be found once more."""
        self.state = ResetState.WANTED

    def done(self) -> None:
        """Derivation can start over."""
        self.state = ResetState.NONE

    def progress(self) -> None:
        """Something has become safe, or all is derived: the next reset is the first again."""
        self.count = 0
