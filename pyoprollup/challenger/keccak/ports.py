"""What the keccak challenger asks of the oracle contract, of L1, and of whoever sends its transactions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from pyoprollup.challenger.keccak.types import (
    Challenge,
    InputData,
    LargePreimageIdent,
    LargePreimageMetaData,
)
from pyoprollup.challenger.sender import TxSender
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.sources.l1 import AtBlock, BlockInfo
from pyoprollup.txmgr import TxCandidate

__all__ = ["InputSource", "LargePreimageOracle", "TxSender"]


class LargePreimageOracle(Protocol):
    """The oracle contract as a challenger sees it. Reads raise what a call of a contract does."""

    @property
    @abstractmethod
    def address(self) -> Address:
        """Where the contract is."""

    @abstractmethod
    def get_active_preimages(self, block: Hash32) -> Sequence[LargePreimageMetaData]:
        """All uploads that the contract has after a block."""

    @abstractmethod
    def get_input_data_blocks(self, block: AtBlock, ident: LargePreimageIdent) -> Sequence[int]:
        """The L1 blocks in which leaves of an upload arrived, ascending, each once."""

    @abstractmethod
    def get_proposal_tree_root(self, block: AtBlock, ident: LargePreimageIdent) -> Hash32:
        """The root of the tree of an upload's leaves."""

    @abstractmethod
    def decode_input_data(self, data: bytes) -> tuple[int, InputData] | None:
        """The number of the upload and what is added, from the call data of ``addLeavesLPP``.

        ``None`` for a call of anything else. Raises :class:`~pyoprollup.errors.DecodeError` for arguments
        that the contract could not have read either.
        """

    @abstractmethod
    def challenge_tx(self, ident: LargePreimageIdent, challenge: Challenge) -> TxCandidate:
        """The transaction that challenges a leaf: the first if the challenge has no leaf before it."""

    @abstractmethod
    def challenge_period(self) -> int:
        """Seconds for which an upload can be challenged once it is complete."""


class InputSource(Protocol):
    """L1's blocks and receipts, as :class:`~pyoprollup.sources.l1.L1Source` has them."""

    @abstractmethod
    def l1_block_ref_by_number(self, number: int) -> L1BlockRef:
        """The block with this number on the chain as it is now."""

    @abstractmethod
    def fetch_receipts(self, block_hash: Hash32) -> tuple[BlockInfo, Sequence[Receipt]]:
        """The receipts of a block, in order."""
