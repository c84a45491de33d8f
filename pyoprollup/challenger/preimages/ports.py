"""What uploaders ask of contracts and of each other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.keccak import Challenge, LargePreimageIdent, LargePreimageMetaData
from pyoprollup.eth.types import Hash32
from pyoprollup.txmgr import TxCandidate

__all__ = ["PreimageGameContract", "PreimageOracleContract", "PreimageUploader"]


class PreimageUploader(Protocol):
    """Brings a pre-image to the oracle contract."""

    @abstractmethod
    def upload_preimage(self, claim_index: int, data: PreimageOracleData) -> None:
        """Return when the contract has the part of the pre-image that a step on this claim reads.

        Raises :class:`~pyoprollup.challenger.preimages.errors.PreimageError`, among them
        :class:`~pyoprollup.challenger.preimages.errors.ChallengePeriodNotOver`, what reads of a contract
        raise, and what the sender raises.
        """


class PreimageGameContract(Protocol):
    """The game contract, which knows its oracle."""

    @abstractmethod
    def update_oracle_tx(self, claim_index: int, data: PreimageOracleData) -> TxCandidate:
        """The transaction that loads a part of a pre-image.

        Local pre-images are loaded by the game, for the context of the claim; all others by the oracle, each
        type of key by its own function.
        """


class PreimageOracleContract(Protocol):
    """The oracle contract as who uploads a large pre-image sees it."""

    @abstractmethod
    def init_large_preimage(self, uuid: int, part_offset: int, claimed_size: int) -> TxCandidate:
        """The transaction that begins an upload, with the bond that the contract asks for as its value."""

    @abstractmethod
    def add_leaves(
        self,
        uuid: int,
        starting_block_index: int,
        input: bytes,
        commitments: Sequence[Hash32],
        finalize: bool,
    ) -> TxCandidate:
        """The transaction that adds blocks; the first of them is block ``starting_block_index``."""

    @abstractmethod
    def squeeze(self, ident: LargePreimageIdent, proof: Challenge) -> TxCandidate:
        """The transaction that ends an upload, after which the oracle has the part.

        ``proof`` has the last leaf, the one before it, and the state between them.
        """

    @abstractmethod
    def call_squeeze(self, ident: LargePreimageIdent, proof: Challenge) -> None:
        """Try the same without sending it; raises what a call of a contract raises."""

    @abstractmethod
    def get_proposal_metadata(self, idents: Sequence[LargePreimageIdent]) -> Sequence[LargePreimageMetaData]:
        """What the contract says about uploads, one for each that was asked for."""

    @abstractmethod
    def challenge_period(self) -> int:
        """Seconds for which an upload can be challenged once it is complete."""
