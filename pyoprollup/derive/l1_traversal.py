"""L1 traversal: walks L1 block by block and keeps the system configuration up to date.

Specification: protocol/derivation.md, L1 traversal.

<https://specs.optimism.io/protocol/derivation.html#l1-traversal>
"""

from __future__ import annotations

from pyoprollup.derive.drops import Dropped, DropReason, DropSink, ignore_drops
from pyoprollup.derive.errors import EndOfData, ResetError
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.system_config_updates import update_with_l1_receipts
from pyoprollup.rollup.time import L1Time
from pyoprollup.sources.l1 import L1Source

__all__ = ["L1Traversal", "verify_new_l1_origin"]


class L1Traversal:
    """The L1 block that is being derived from, handed out once."""

    def __init__(self, config: RollupConfig, l1: L1Source, drops: DropSink = ignore_drops) -> None:
        self._drops = drops
        self._config = config
        self._l1 = l1
        self._block = L1BlockRef(ZERO_HASH, 0, ZERO_HASH, 0)
        self._done = False
        self._system_config = SystemConfig()

    @property
    def origin(self) -> L1BlockRef:
        return self._block

    @property
    def system_config(self) -> SystemConfig:
        """The configuration after the current L1 block."""
        return self._system_config

    def next_l1_block(self) -> L1BlockRef:
        """The current L1 block; raises :class:`EndOfData` when it was handed out before."""
        if self._done:
            raise EndOfData(f"L1 block {self._block} is used up")
        self._done = True
        return self._block

    def advance_l1_block(self) -> None:
        """Move on to the next L1 block.

        Malformed configuration events are recorded and skipped. Raises :class:`EndOfData` when
        there is none yet, :class:`ResetError` when it does not follow the current one.
        """
        current = self._block
        try:
            following = self._l1.l1_block_ref_by_number(current.number + 1)
        except NotFound as exc:
            raise EndOfData(f"no L1 block after {current} yet") from exc
        if following.parent_hash != current.hash:
            raise ResetError(
                f"L1 reorg: {following} has parent 0x{following.parent_hash.hex()}, not {current}"
            )
        try:
            _, receipts = self._l1.fetch_receipts(following.hash)
        except NotFound as exc:
            raise Unavailable(f"receipts of L1 block {following}: {exc}") from exc
        updated = update_with_l1_receipts(self._system_config, receipts, self._config, L1Time(following.time))
        for error in updated.errors:
            # The L1 event cannot be undone, so a malformed one must not stop the chain.
            self._drops(Dropped(DropReason.SYSTEM_CONFIG_UPDATE_MALFORMED, None, following.id, str(error)))
        self._system_config = updated.config
        self._block = following
        self._done = False

    def reset(self, base: L1BlockRef, system_config: SystemConfig) -> None:
        self._block = base
        self._system_config = system_config
        self._done = False


def verify_new_l1_origin(current: L1BlockRef, l1: L1Source, new: L1BlockRef) -> None:
    """Raise :class:`ResetError` unless L1 block ``new`` is on the same chain as ``current``."""
    if new.number == current.number and new != current:
        raise ResetError(f"L1 block {new} differs from {current} at the same number")
    if new.number == current.number + 1 and new.parent_hash != current.hash:
        raise ResetError(f"L1 block {new} has parent 0x{new.parent_hash.hex()}, not {current}")
    if new.number > current.number + 1:
        try:
            canonical = l1.l1_block_ref_by_number(current.number)
        except NotFound as exc:
            raise Unavailable(f"canonical L1 block {current.number}: {exc}") from exc
        if canonical != current:
            raise ResetError(f"L1 block {current} is not canonical, {canonical} is")
