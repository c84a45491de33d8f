"""What a dispute is about, as the program in the VM is told: its local pre-images.

Specification: fault-proof/index.md, "Bootstrapping" and "Prologue";
fault-proof/stage-one/fault-dispute-game.md, "Execution Trace".
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.challenger.game.trace import TraceError
from pyoprollup.challenger.trace.outputs import L2Headers
from pyoprollup.challenger.trace.proposal import Proposal
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import U64_MAX, ZERO_HASH, Hash32
from pyoprollup.preimage.keys import LocalKey, local_key

__all__ = [
    "LocalGameInputs",
    "fetch_local_inputs_from_proposals",
    "local_preimages",
]


@dataclass(frozen=True, slots=True)
class LocalGameInputs:
    """What the program's server is told.

    ``l2_head`` is the block that is agreed on and ``l2_output_root`` its output root; ``l2_claim`` is the
    disputed root, and ``l2_sequence_number`` the block that it should be of. In a super game the agreed state
    is ``agreed_pre_state`` (not hashed) instead, and the number is a timestamp.
    """

    l1_head: Hash32
    l2_claim: Hash32
    l2_sequence_number: int
    l2_head: Hash32 = ZERO_HASH
    l2_output_root: Hash32 = ZERO_HASH
    agreed_pre_state: bytes = b""

    @property
    def agreed_root(self) -> Hash32:
        """What the agreed state is known by: the second local pre-image."""
        return keccak256(self.agreed_pre_state) if self.agreed_pre_state else self.l2_output_root


def fetch_local_inputs_from_proposals(
    l1_head: Hash32, l2: L2Headers, agreed: Proposal, claimed: Proposal
) -> LocalGameInputs:
    """The inputs of a dispute about the step from one output root to another.

    Raises what the source does, and :class:`TraceError` for a number of more than 64 bits, which no program
    can be told.
    """
    if not 0 <= max(agreed.l2_block_number, claimed.l2_block_number) <= U64_MAX:
        raise TraceError(
            f"L2 block {claimed.l2_block_number} after {agreed.l2_block_number} is beyond 64 bits"
        )
    head = l2.header_by_number(agreed.l2_block_number).hash()
    return LocalGameInputs(l1_head, claimed.output_root, claimed.l2_block_number, head, agreed.output_root)


def local_preimages(inputs: LocalGameInputs, chain_id: int | None) -> dict[Hash32, bytes]:
    """The local pre-images that the game contract has as well, by key.

    A super game has no chain id: ``None``.
    """
    values = {
        LocalKey.L1_HEAD: inputs.l1_head,
        LocalKey.L2_OUTPUT_ROOT: inputs.agreed_root,
        LocalKey.L2_CLAIM: inputs.l2_claim,
        LocalKey.L2_CLAIM_BLOCK_NUMBER: inputs.l2_sequence_number.to_bytes(8, "big"),
    }
    if chain_id is not None:
        values[LocalKey.L2_CHAIN_ID] = chain_id.to_bytes(8, "big")
    return {local_key(number): value for number, value in values.items()}
