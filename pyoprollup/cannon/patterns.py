"""At which steps something is to be done: ``never``, ``always``, ``=N`` at step N, ``%N`` at each multiple
of N.

Specification: none; the patterns are op-cannon's.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.errors import ConfigError

__all__ = ["NEVER", "StepPattern", "parse_pattern"]

LIMIT = 1 << 64


@dataclass(frozen=True, slots=True)
class StepPattern:
    """Steps ``start`` and then each multiple of ``every``; ``every`` 0 is only ``start``, no ``start``
    never.
    """

    start: int | None
    every: int = 0

    def matches(self, step: int) -> bool:
        """Whether a step is one of them."""
        return self.next(step) == step

    def next(self, step: int) -> int | None:
        """The first of them that is not before ``step``."""
        if self.start is None:
            return None
        if self.every == 0:
            return self.start if self.start >= step else None
        return -(-step // self.every) * self.every


NEVER = StepPattern(None)


def parse_pattern(text: str) -> StepPattern:
    """Read a pattern; numbers may be decimal, or hex with ``0x``. Raises :class:`ConfigError`."""
    if text in ("", "never"):
        return NEVER
    if text == "always":
        return StepPattern(0, 1)
    if text[0] not in "=%":
        raise ConfigError(f"{text!r} is no pattern of steps: never, always, =N or %N")
    try:
        number = int(text[1:], 0)
    except ValueError:
        number = -1
    if not 0 <= number < LIMIT or (text[0] == "%" and number == 0):
        raise ConfigError(f"{text!r} has no number of a step")
    return StepPattern(number) if text[0] == "=" else StepPattern(0, number)
