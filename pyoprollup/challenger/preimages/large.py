"""Brings a large pre-image to the oracle contract: in many transactions, and after its challenge period.

Three stages, all of which can be taken up again after a restart, as the contract knows how far we are:

1. ``initLPP`` with the bond, the size, and the place of the 32 bytes that are wanted;
2. ``addLeavesLPP`` with 300 blocks at a time and a commitment for each, sent together and mined in order;
3. once nobody can challenge it any more, ``squeezeLPP`` with the last two blocks.

Specification: fault-proof/index.md, "Pre-image Oracle".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

from pyoprollup.challenger.game.trace import PreimageOracleData
from pyoprollup.challenger.keccak import (
    BLOCK_SIZE,
    Challenge,
    InputData,
    LargePreimageIdent,
    LargePreimageMetaData,
    StateMatrix,
    TxSender,
)
from pyoprollup.challenger.keccak.merkle import MAX_LEAF_COUNT
from pyoprollup.challenger.preimages.errors import (
    ChallengePeriodNotOver,
    PreimageCountered,
    PreimageUnsupported,
    UploadIncomplete,
)
from pyoprollup.challenger.preimages.ports import PreimageOracleContract
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address
from pyoprollup.txmgr import TxCandidate

__all__ = ["MAX_BLOCKS_PER_CHUNK", "MAX_CHUNK_SIZE", "LargePreimageUploader", "new_uuid", "split_calls"]

MAX_BLOCKS_PER_CHUNK = 300
MAX_CHUNK_SIZE = MAX_BLOCKS_PER_CHUNK * BLOCK_SIZE
"""Bytes of a pre-image in one transaction: 40,800."""

_LENGTH_SIZE = 8
_PART_SIZE = 32
_U32_MAX = (1 << 32) - 1


def new_uuid(sender: Address, data: PreimageOracleData) -> int:
    """The number of an upload: keccak-256 of pre-image, offset (4 bytes, little-endian) and sender.

    So there is one for each part of a pre-image, and a sender never begins the same upload twice.
    """
    offset = data.offset.to_bytes(4, "little")
    return int.from_bytes(keccak256(data.preimage + offset + sender), "big")


def split_calls(data: PreimageOracleData, blocks_already: int = 0) -> tuple[StateMatrix, list[InputData]]:
    """The pre-image absorbed to its end, and what is still to be added of it after ``blocks_already``.

    The contract takes the part that is wanted from one transaction: its 32 bytes must not be at the end of
    one, unless the pre-image ends there too. So the last block of such a transaction is left to the next.
    """
    matrix, stream = StateMatrix(), BytesIO(data.preimage)
    if blocks_already:
        matrix.absorb_up_to(stream, blocks_already * BLOCK_SIZE)
    calls: list[InputData] = []
    # Offsets of parts count the length before the pre-image, which is not uploaded.
    begin = _LENGTH_SIZE + blocks_already * BLOCK_SIZE
    while not matrix.is_final:
        size, end = MAX_CHUNK_SIZE, begin + MAX_CHUNK_SIZE
        # A transaction as long as what is left is not the last: one with the padding alone follows.
        is_last = len(data.data) < end
        if begin <= data.offset < end <= data.offset + _PART_SIZE and not is_last:
            size -= BLOCK_SIZE
        calls.append(matrix.absorb_up_to(stream, size))
        begin += size
    return matrix, calls


class LargePreimageUploader:
    """A :class:`~pyoprollup.challenger.preimages.ports.PreimageUploader` for large keccak pre-images.

    ``now`` is the time on L1 in seconds.
    """

    def __init__(self, now: Callable[[], int], sender: TxSender, contract: PreimageOracleContract) -> None:
        self._now = now
        self._sender = sender
        self._contract = contract

    def upload_preimage(self, _claim_index: int, data: PreimageOracleData) -> None:
        """Do what can be done now.

        Raises :class:`ChallengePeriodNotOver` when that is to wait, :class:`UploadIncomplete` if the contract
        seems not to have what was sent, :class:`PreimageCountered` if somebody challenged it, and
        :class:`PreimageUnsupported` if it has more than 65,535 blocks.
        """
        size = len(data.preimage)
        if size // BLOCK_SIZE + 1 > MAX_LEAF_COUNT or data.offset > _U32_MAX:
            raise PreimageUnsupported(f"a pre-image of {size} bytes is more than the contract's tree holds")
        uuid = new_uuid(self._sender.address, data)
        metadata = self._metadata(uuid)
        if metadata.countered:
            raise PreimageCountered(f"large pre-image {uuid:#x} was challenged")
        matrix, calls = split_calls(data, metadata.blocks_processed)
        if metadata.claimed_size == 0:
            init = self._contract.init_large_preimage(uuid, data.offset, size)
            self._sender.send_and_wait("init large preimage", [init])
        if calls:
            self._add_leaves(uuid, calls, metadata.blocks_processed)
        self._squeeze(uuid, matrix)

    def _ident(self, uuid: int) -> LargePreimageIdent:
        return LargePreimageIdent(self._sender.address, uuid)

    def _metadata(self, uuid: int) -> LargePreimageMetaData:
        found = self._contract.get_proposal_metadata([self._ident(uuid)])
        if len(found) != 1:
            raise UploadIncomplete(f"the contract has {len(found)} answers about one large pre-image")
        return found[0]

    def _add_leaves(self, uuid: int, calls: list[InputData], start: int) -> None:
        txs: list[TxCandidate] = []
        for call in calls:
            tx = self._contract.add_leaves(uuid, start, call.input, call.commitments, call.finalize)
            # All but the first are refused until the one before is mined.
            txs.append(replace(tx, give_up_if_refused=tx.give_up_if_refused and not txs))
            start += len(call.input) // BLOCK_SIZE
        self._sender.send_and_wait("add leaf to large preimage", txs)

    def _squeeze(self, uuid: int, matrix: StateMatrix) -> None:
        period = self._contract.challenge_period()
        now = self._now()
        metadata = self._metadata(uuid)
        if metadata.countered:
            raise PreimageCountered(f"large pre-image {uuid:#x} was challenged")
        # The contract's time of completion is zero until it is complete, which is long ago.
        if metadata.claimed_size == 0 or metadata.timestamp == 0:
            raise UploadIncomplete(f"large pre-image {uuid:#x} is not complete")
        if now <= metadata.timestamp + period:
            raise ChallengePeriodNotOver(
                f"large pre-image {uuid:#x} can be challenged until {metadata.timestamp + period}"
            )
        ident = self._ident(uuid)
        proof = Challenge(
            matrix.prestate_matrix, *matrix.prestate_with_proof(), *matrix.poststate_with_proof()
        )
        self._contract.call_squeeze(ident, proof)
        self._sender.send_and_wait("squeeze large preimage", [self._contract.squeeze(ident, proof)])
