"""What the sequencer is told by others, and what it tells them."""

from __future__ import annotations

from typing import Protocol

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.refs import BlockID, L2BlockRef

__all__ = ["AttributesBuilder", "NoListener", "SequencerStateListener"]


class AttributesBuilder(Protocol):
    """Derivation's :class:`~pyoprollup.derive.FetchingAttributesBuilder` is one."""

    def prepare_payload_attributes(self, parent: L2BlockRef, epoch: BlockID) -> PayloadAttributes: ...


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
