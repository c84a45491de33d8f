"""Brings a pre-image to the oracle contract in one transaction."""

from __future__ import annotations

from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.keccak import TxSender
from pyoprollup.challenger.preimages.key_types import check_part
from pyoprollup.challenger.preimages.ports import PreimageGameContract

__all__ = ["DirectPreimageUploader"]


class DirectPreimageUploader:
    """A :class:`~pyoprollup.challenger.preimages.ports.PreimageUploader` for whatever fits a transaction."""

    def __init__(self, sender: TxSender, contract: PreimageGameContract) -> None:
        self._sender = sender
        self._contract = contract

    def upload_preimage(self, claim_index: int, data: PreimageOracleData) -> None:
        """Load the part; raises ``PreimageUnsupported`` before anything is sent if that is impossible."""
        check_part(data)
        candidate = self._contract.update_oracle_tx(claim_index, data)
        self._sender.send_and_wait("populate pre-image oracle", [candidate])
