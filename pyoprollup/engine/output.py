"""The output of an L2 block and proofs of withdrawals, from any execution engine, everything verified.

Specification: protocol/proposals.md, L2 Output Commitment Construction; protocol/withdrawals.md;
protocol/isthmus/exec-engine.md, Header Validity Rules: since Isthmus the header has the storage root of the
message passer, before it a proof of the account is asked for and checked against the state root.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pyoprollup.engine.errors import EngineUnavailable
from pyoprollup.eth.account_proof import AccountResult
from pyoprollup.eth.l2_withdrawal import WithdrawalProof, WithdrawalTransaction
from pyoprollup.eth.merkle_proof import ProofError
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.predeploys import MESSAGE_PASSER
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.time import L2Time

__all__ = ["ProofReader", "output_v0_at_block", "prove_withdrawal"]


class ProofReader(Protocol):
    """An engine that answers ``eth_getProof`` as well."""

    def payload_by_hash(self, block_hash: Hash32) -> ExecutionPayloadEnvelope:
        """The block with this hash, which it really has; raises ``NotFound`` and ``Unavailable``."""
        ...

    def get_proof(self, address: Address, slots: Sequence[int], block_hash: Hash32) -> AccountResult:
        """The account after a block, with proofs that nobody has checked yet."""
        ...


def output_v0_at_block(config: RollupConfig, engine: ProofReader, block_hash: Hash32) -> OutputV0:
    """What the output root of a block commits to.

    Raises what the engine does, and :class:`~pyoprollup.engine.errors.EngineUnavailable` for a proof that
    does not hold.
    """
    payload = engine.payload_by_hash(block_hash).payload
    root = payload.withdrawals_root
    if root is None or not config.rules_at_l2(L2Time(payload.timestamp)).withdrawals_root_in_header:
        root = _proof(engine, payload.state_root, block_hash, ()).storage_root
    return OutputV0(payload.state_root, root, block_hash)


def prove_withdrawal(
    config: RollupConfig, engine: ProofReader, block_hash: Hash32, withdrawal: WithdrawalTransaction
) -> WithdrawalProof:
    """The proof that a withdrawal is recorded in the state after a block.

    Raises what the engine does, and :class:`~pyoprollup.eth.merkle_proof.ProofError` if it is not recorded.
    """
    output = output_v0_at_block(config, engine, block_hash)
    found = _proof(engine, output.state_root, block_hash, (withdrawal.storage_slot(),))
    proof = WithdrawalProof(output, found.storage_proof[0].proof)
    proof.verify(output.root(), withdrawal)
    return proof


def _proof(
    engine: ProofReader, state_root: Hash32, block_hash: Hash32, slots: tuple[int, ...]
) -> AccountResult:
    """Account and storage of the message passer, verified."""
    found = engine.get_proof(MESSAGE_PASSER, slots, block_hash)
    if found.address != MESSAGE_PASSER or tuple(entry.key for entry in found.storage_proof) != slots:
        raise EngineUnavailable("eth_getProof: the answer is for another account or other slots")
    try:
        found.verify(state_root)
    except ProofError as exc:
        raise EngineUnavailable(f"eth_getProof: {exc}") from exc
    return found
