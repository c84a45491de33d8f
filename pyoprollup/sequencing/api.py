"""What the sequencer is told by others, and what it tells them."""

from __future__ import annotations

from typing import Protocol

from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Hash32

__all__ = [
    "AttributesBuilder",
    "Gossip",
    "L1Blocks",
    "Leadership",
    "NoListener",
    "SequencerStateListener",
]


class AttributesBuilder(Protocol):
    """Derivation's :class:`~pyoprollup.derive.FetchingAttributesBuilder` is one."""

    def prepare_payload_attributes(self, parent: L2BlockRef, epoch: BlockID) -> PayloadAttributes: ...


class L1Blocks(Protocol):
    """L1 blocks that may become origins. Raises ``NotFoundError`` and ``TemporaryError``."""

    def l1_block_ref_by_number(self, number: int) -> L1BlockRef: ...

    def l1_block_ref_by_hash(self, block_hash: Hash32) -> L1BlockRef: ...


class Leadership(Protocol):
    """Who decides whether this node may sequence: the client of a conductor. Raises ``RollupError``."""

    @property
    def enabled(self) -> bool: ...

    def leader(self) -> bool: ...

    def commit_unsafe_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        """Have the others agree on a block. If this fails, the block must not leave the node."""
        ...

    def override_leader(self) -> None: ...

    def close(self) -> None: ...


class Gossip(Protocol):
    """Publishes blocks, and remembers the one that was published last."""

    def gossip(self, envelope: ExecutionPayloadEnvelope) -> None: ...

    def get(self) -> ExecutionPayloadEnvelope | None:
        """The block that was published and has not been cleared."""
        ...

    def clear(self) -> None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


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
