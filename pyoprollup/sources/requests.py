"""Names the datum that is missing, so that the caller can fetch it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pyoprollup.errors import Unavailable
from pyoprollup.eth.types import Hash32
from pyoprollup.sources.l1 import IndexedBlobHash

__all__ = ["DataRequest", "Datum", "NeedData"]


class Datum(Enum):
    """What can be read of an L1 block."""

    REF = "block"
    INFO = "header"
    RECEIPTS = "receipts"
    TRANSACTIONS = "transactions"
    BLOBS = "blobs"


@dataclass(frozen=True, slots=True)
class DataRequest:
    """A read of L1: the datum, the block by hash or by number, and which blobs."""

    datum: Datum
    block: Hash32 | int
    blobs: tuple[IndexedBlobHash, ...] = ()

    def __str__(self) -> str:
        block = self.block if isinstance(self.block, int) else f"0x{self.block.hex()}"
        return (
            f"{self.datum.value} of L1 block {block}" if self.datum is not Datum.REF else f"L1 block {block}"
        )


class NeedData(Unavailable):
    """A datum is not at hand. Fetch ``request``, then make the same call again."""

    def __init__(self, request: DataRequest) -> None:
        super().__init__(f"{request} is not at hand")
        self.request = request
