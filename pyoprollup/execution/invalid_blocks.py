"""Blocks that were found to be invalid, so that neither they nor what builds on them is tried again."""

from __future__ import annotations

from pyoprollup.engine.ports import ExecutePayloadStatus, PayloadStatus
from pyoprollup.eth.types import Hash32

__all__ = ["MAX_INVALID_BLOCKS", "InvalidBlocks"]

MAX_INVALID_BLOCKS = 512


class InvalidBlocks:
    """A bounded memory; the oldest go first.

    The reference tries a block again after it came 128 times. There a database can be at fault; here
    that is not taken for an invalid block in the first place.
    """

    def __init__(self) -> None:
        self._valid_ancestors: dict[Hash32, Hash32] = {}

    def __len__(self) -> int:
        return len(self._valid_ancestors)

    def add(self, block_hash: Hash32, valid_ancestor: Hash32) -> None:
        """Remember an invalid block and its last valid ancestor."""
        while len(self._valid_ancestors) >= MAX_INVALID_BLOCKS:
            del self._valid_ancestors[next(iter(self._valid_ancestors))]
        self._valid_ancestors[block_hash] = valid_ancestor

    def check(self, block_hash: Hash32) -> PayloadStatus | None:
        """The answer to a block that is known to be invalid."""
        ancestor = self._valid_ancestors.get(block_hash)
        return None if ancestor is None else _rejected(ancestor)

    def check_child(self, block_hash: Hash32, parent: Hash32) -> PayloadStatus | None:
        """The answer to a block whose parent is known to be invalid; it is remembered too."""
        ancestor = self._valid_ancestors.get(parent)
        if ancestor is None:
            return None
        self.add(block_hash, ancestor)
        return _rejected(ancestor)


def _rejected(valid_ancestor: Hash32) -> PayloadStatus:
    return PayloadStatus(
        ExecutePayloadStatus.INVALID, valid_ancestor, "the block or one of its ancestors is invalid"
    )
