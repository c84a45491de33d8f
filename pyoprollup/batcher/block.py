"""An L2 block as the batcher keeps it."""

from __future__ import annotations

from pyoprollup.batcher.errors import BlockRejected
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.payload_util import PayloadError, payload_to_block_ref
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.evm.fees import estimated_size
from pyoprollup.rollup.config import RollupConfig

__all__ = ["SizedBlock"]

_BATCH_OVERHEAD = 70
"""What a batch takes besides its transactions: parent, epoch, time, headers."""


class SizedBlock:
    """A block: its reference, its batch, and what it may take on L1.

    Raises :class:`BlockRejected` if the payload has no proper L1 attributes transaction.
    """

    __slots__ = ("_da_size", "batch", "raw_size", "ref")

    def __init__(self, config: RollupConfig, payload: ExecutionPayload) -> None:
        try:
            self.ref = payload_to_block_ref(config, payload)
        except PayloadError as error:
            raise BlockRejected(str(error)) from error
        origin = self.ref.l1_origin
        sequenced = tuple([raw for raw in payload.transactions if raw[:1] != _DEPOSIT])
        self.batch = SingularBatch(
            payload.parent_hash, origin.number, origin.hash, payload.timestamp, sequenced
        )
        self.raw_size = _BATCH_OVERHEAD + sum(map(len, sequenced))
        """Bytes before compression, roughly."""
        self._da_size: int | None = None

    @property
    def da_size(self) -> int:
        """Estimated bytes on L1, by the formula that users are charged by since Fjord."""
        if self._da_size is None:
            self._da_size = _BATCH_OVERHEAD + sum(map(estimated_size, self.batch.transactions))
        return self._da_size


_DEPOSIT = bytes([DEPOSIT_TX_TYPE])
