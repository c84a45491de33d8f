"""What the sequencer is told by others, and what it tells them."""

from __future__ import annotations

from typing import Protocol

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Hash32

__all__ = ["AttributesBuilder", "L1Blocks", "NoListener", "SequencerStateListener"]


class AttributesBuilder(Protocol):
    """Derivation's :class:`~pyoprollup.derive.FetchingAttributesBuilder` is one."""

    def prepare_payload_attributes(self, parent: L2BlockRef, epoch: BlockID) -> PayloadAttributes: ...


class L1Blocks(Protocol):
    """L1 blocks that may become origins. Raises ``NotFoundError`` and ``TemporaryError``."""

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef: ...

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef: ...


class SequencerStateListener(Protocol):
    """Keeps for the next start whether the sequencer runs. Raises ``RollupError``."""

    def sequencer_started(self) -> None: ...

    def sequencer_stopped(self) -> None: ...


class NoListener:
    """A listener that keeps nothing."""

    def sequencer_started(self) -> None:
        """Nothing."""

    def sequencer_stopped(self) -> None:
        """Nothing."""
