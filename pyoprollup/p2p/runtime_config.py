"""The unsafe block signer, which can change while a node runs."""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.eth.types import ZERO_ADDRESS, Address

__all__ = ["SIGNER_GRACE_PERIOD", "RuntimeConfig"]

SIGNER_GRACE_PERIOD = 3 * 3600
"""Seconds that the previous signer's blocks are taken after a change, unless the new one shows up before."""


class RuntimeConfig:
    """Keeps the signer and, after a change, the one before it. ``now`` gives seconds."""

    def __init__(
        self,
        signer: Address = ZERO_ADDRESS,
        *,
        now: Callable[[], float],
        grace_period: float = SIGNER_GRACE_PERIOD,
    ) -> None:
        self._signer = signer
        self._previous = ZERO_ADDRESS
        self._changed_at = 0.0
        self._now = now
        self._grace_period = grace_period

    def p2p_sequencer_address(self) -> Address:
        return self._signer

    def previous_p2p_sequencer_address(self) -> Address:
        if self._now() - self._changed_at > self._grace_period:
            return ZERO_ADDRESS
        return self._previous

    def confirm_current_signer(self) -> None:
        if self._signer != ZERO_ADDRESS:
            self._previous = ZERO_ADDRESS

    def rotate_signer(self, signer: Address) -> None:
        """L1 names a signer: the same as before, or a new one."""
        if self._signer not in (ZERO_ADDRESS, signer):
            self._previous, self._changed_at = self._signer, self._now()
        self._signer = signer
