"""Where proposals come from: a rollup node, or several of which one answers.

Specification: protocol/proposals.md, Proposing L2 Output Commitments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pyoprollup.eth.output_root import OUTPUT_VERSION_V0
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import Hash32, to_hex
from pyoprollup.proposer.errors import SourceFailed
from pyoprollup.rollupapi import RollupOutputs

__all__ = ["Proposal", "ProposalSource", "RollupProposalSource"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """An output root that can be proposed, and the L2 block that it is of.

    ``current_l1`` is where the node's derivation was, ``None`` if it does not say.
    """

    root: Hash32
    sequence_number: int
    current_l1: BlockID | None = None
    block_ref: L2BlockRef | None = None

    @property
    def extra_data(self) -> bytes:
        """What the game gets: the block's number in 32 bytes, big-endian."""
        return self.sequence_number.to_bytes(32, "big")


class ProposalSource(Protocol):
    """What the driver asks. Both raise :class:`~pyoprollup.errors.Unavailable` and ``NotFound``."""

    def sync_status(self) -> SyncStatus: ...

    def proposal_at_sequence_number(self, number: int) -> Proposal: ...


class RollupProposalSource:
    """Proposals of a rollup node."""

    def __init__(self, node: RollupOutputs) -> None:
        self._node = node

    def sync_status(self) -> SyncStatus:
        """The node's heads; ``None`` for what it does not know yet."""
        return self._node.sync_status()

    def proposal_at_sequence_number(self, number: int) -> Proposal:
        """The output root of an L2 block.

        Raises :class:`SourceFailed` for one of another version, and what the node does.
        """
        output = self._node.output_at_block(number)
        if output.version != OUTPUT_VERSION_V0:
            raise SourceFailed(f"output version {to_hex(output.version)} is not supported")
        current = output.status.current_l1
        return Proposal(
            output.output_root,
            output.block_ref.number,
            None if current is None else current.id,
            output.block_ref,
        )
