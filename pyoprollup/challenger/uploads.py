"""Pre-images of one game on their way to its oracle, as things stand after one L1 block."""

from __future__ import annotations

from pyoprollup.challenger.contracts import FaultDisputeGameContract
from pyoprollup.challenger.fault_actor import UploaderMaker
from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.pinned_oracle import PinnedOracle, PinnedOracleLoader
from pyoprollup.challenger.preimages import (
    DirectPreimageUploader,
    LargePreimageUploader,
    PreimageUploader,
    SplitPreimageUploader,
)
from pyoprollup.challenger.sender import TxSender
from pyoprollup.eth.refs import L1BlockRef

__all__ = ["GameUploader", "uploader_of"]


class GameUploader(PreimageUploader):
    """Finds the game's oracle when there is something to bring to it, and not before."""

    def __init__(self, contract: FaultDisputeGameContract, head: L1BlockRef, sender: TxSender) -> None:
        self._contract = contract
        self._head = head
        self._sender = sender

    def upload_preimage(self, claim_index: int, data: PreimageOracleData) -> None:
        block, time = self._head.hash, self._head.time
        oracle = self._contract.oracle(block)
        direct = DirectPreimageUploader(self._sender, PinnedOracleLoader(self._contract, block))
        large = LargePreimageUploader(lambda: time, self._sender, PinnedOracle(oracle, block))
        split = SplitPreimageUploader(direct, large, oracle.min_large_preimage_size(block))
        split.upload_preimage(claim_index, data)


def uploader_of(contract: FaultDisputeGameContract) -> UploaderMaker:
    """What makes the uploaders of a game."""
    return lambda head, outbox: GameUploader(contract, head, outbox)
