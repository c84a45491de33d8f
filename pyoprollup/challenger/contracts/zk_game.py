"""ZK games about super roots: a proposal is challenged as a whole, and then proven or lost.

Specification: fault-proof/stage-one/zk/zk-dispute-game.md.
"""

from __future__ import annotations

from typing import Any

from pyoprollup.bindings import DEFAULT_BATCH_SIZE, ContractTransaction
from pyoprollup.challenger.contracts.errors import MalformedGame
from pyoprollup.challenger.contracts.game import BondedGameContract
from pyoprollup.challenger.contracts.values import ProposalStatus, ZKBondMetadata, ZKChallengerMetadata
from pyoprollup.challenger.contracts.versions import GameVersion
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.sources.l1 import AtBlock, L1Accounts

__all__ = ["ZKDisputeGameContract"]

_VERSION = GameVersion(
    contract="ZKDisputeGame",
    has_l2_block_challenge=False,
    sequence_number="l2SequenceNumber",
    starting_number="startingSequenceNumber",
)


class ZKDisputeGameContract(BondedGameContract):
    """Such a game at an address."""

    def __init__(self, address: Address, l1: L1Accounts, batch_size: int = DEFAULT_BATCH_SIZE) -> None:
        super().__init__(address, l1, _VERSION, batch_size)

    def proposal(self, block: AtBlock) -> tuple[Hash32, int]:
        """The proposed super root and its timestamp, a ``uint256``."""
        root, number = self._read_each("rootClaim", "l2SequenceNumber", block=block)
        return root, number

    def challenger_metadata(self, block: AtBlock) -> ZKChallengerMetadata:
        """How the proposal stands; raises ``MalformedGame`` for a status that is not known."""
        data, number = self._read_each("claimData", "l2SequenceNumber", block=block)
        return _metadata(number, *data)

    def bond_metadata(self, block: AtBlock) -> ZKBondMetadata:
        """Who created the game, and the bonds."""
        return ZKBondMetadata(*self._read_each("gameCreator", "totalBonds", "challengerBond", block=block))

    def challenge_tx(self, block: AtBlock) -> ContractTransaction:
        """The transaction that challenges the proposal, with the bond for it; it is not tried."""
        bond: int = self._read("challengerBond", block=block)
        return self._bound.transaction("challenge", value=bond)


def _metadata(
    number: int, parent_index: int, status: int, challenger: Any, prover: Any, deadline: int, claim: Any
) -> ZKChallengerMetadata:
    if status > ProposalStatus.RESOLVED:
        raise MalformedGame(f"status of the proposal: there is no {status}")
    return ZKChallengerMetadata(
        parent_index, ProposalStatus(status), challenger, prover, deadline, claim, number
    )
