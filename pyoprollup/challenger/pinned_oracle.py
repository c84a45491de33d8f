"""The oracle's contract at one L1 block, for those who bring pre-images to it and those who check them."""

from __future__ import annotations

from collections.abc import Sequence

from pyoprollup.challenger.contracts import (
    FaultDisputeGameContract,
    InvalidAddLeaves,
    PreimageOracleContract,
)
from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.keccak import (
    Challenge,
    InputData,
    LargePreimageIdent,
    LargePreimageMetaData,
    LargePreimageOracle,
)
from pyoprollup.challenger.preimages.ports import PreimageGameContract
from pyoprollup.challenger.preimages.ports import PreimageOracleContract as UploadOracle
from pyoprollup.challenger.sender import candidate
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.sources.l1 import AtBlock
from pyoprollup.txmgr import TxCandidate

__all__ = ["PinnedOracle", "PinnedOracleLoader"]


class PinnedOracle(UploadOracle, LargePreimageOracle):
    """An oracle as it is after the block ``block``, unless a function is given another one."""

    def __init__(self, contract: PreimageOracleContract, block: Hash32) -> None:
        self._contract = contract
        self._block = block

    @property
    def address(self) -> Address:
        return self._contract.address

    def challenge_period(self) -> int:
        return self._contract.challenge_period(self._block)

    # --- giving it a large pre-image

    def init_large_preimage(self, uuid: int, part_offset: int, claimed_size: int) -> TxCandidate:
        return candidate(self._contract.init_large_preimage_tx(uuid, part_offset, claimed_size, self._block))

    def add_leaves(
        self,
        uuid: int,
        starting_block_index: int,
        input: bytes,
        commitments: Sequence[Hash32],
        finalize: bool,
    ) -> TxCandidate:
        return candidate(
            self._contract.add_leaves_tx(uuid, starting_block_index, input, commitments, finalize)
        )

    def squeeze(self, ident: LargePreimageIdent, proof: Challenge) -> TxCandidate:
        return candidate(self._contract.squeeze_tx(ident, proof))

    def call_squeeze(self, ident: LargePreimageIdent, proof: Challenge) -> None:
        self._contract.call_squeeze(ident, proof, self._block)

    def get_proposal_metadata(self, idents: Sequence[LargePreimageIdent]) -> Sequence[LargePreimageMetaData]:
        return self._contract.proposal_metadata(idents, self._block)

    # --- checking those of others

    def get_active_preimages(self, block: Hash32) -> Sequence[LargePreimageMetaData]:
        return self._contract.active_preimages(block)

    def get_input_data_blocks(self, block: AtBlock, ident: LargePreimageIdent) -> Sequence[int]:
        return self._contract.input_data_blocks(ident, block)

    def get_proposal_tree_root(self, block: AtBlock, ident: LargePreimageIdent) -> Hash32:
        return self._contract.proposal_tree_root(ident, block)

    def decode_input_data(self, data: bytes) -> tuple[int, InputData] | None:
        try:
            return self._contract.decode_input_data(data)
        except InvalidAddLeaves:
            return None

    def challenge_tx(self, ident: LargePreimageIdent, challenge: Challenge) -> TxCandidate:
        return candidate(self._contract.challenge_tx(ident, challenge))


class PinnedOracleLoader(PreimageGameContract):
    """A game that gives its oracle what fits one transaction."""

    def __init__(self, contract: FaultDisputeGameContract, block: Hash32) -> None:
        self._contract = contract
        self._block = block

    def update_oracle_tx(self, claim_index: int, data: PreimageOracleData) -> TxCandidate:
        return candidate(self._contract.update_oracle_tx(claim_index, data, self._block))
