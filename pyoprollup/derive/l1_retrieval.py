"""L1 retrieval: the batcher data of the L1 block that is being derived from.

Specification: protocol/derivation.md, L1 retrieval.

<https://specs.optimism.io/protocol/derivation.html#l1-retrieval>
"""

from __future__ import annotations

from typing import Protocol

from pyoprollup.derive.data_source import BatcherData, DataIterator
from pyoprollup.derive.errors import EndOfData
from pyoprollup.derive.l1_traversal import L1Traversal
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Address
from pyoprollup.rollup.system_config import SystemConfig

__all__ = ["DataAvailabilitySource", "L1Retrieval"]


class DataAvailabilitySource(Protocol):
    """Opens the batcher data of an L1 block."""

    def open_data(self, ref: L1BlockRef, batcher: Address) -> DataIterator: ...


class L1Retrieval:
    """Hands out one piece of batcher data after another."""

    def __init__(self, source: DataAvailabilitySource, prev: L1Traversal) -> None:
        self._source = source
        self._prev = prev
        self._data: DataIterator | None = None
        # Block and batcher that are to be opened; stays until the source has answered.
        self._opening: tuple[L1BlockRef, Address] | None = None

    @property
    def origin(self) -> L1BlockRef:
        return self._prev.origin

    def next_data(self) -> BatcherData:
        """The next piece; raises :class:`EndOfData` when the L1 block has no more."""
        if self._data is None:
            if self._opening is None:
                block = self._prev.next_l1_block()
                self._opening = (block, self._prev.system_config.batcher_addr)
            self._data = self._source.open_data(*self._opening)
            self._opening = None
        try:
            return self._data.next()
        except EndOfData:
            self._data = None
            raise

    def reset(self, base: L1BlockRef, system_config: SystemConfig) -> None:
        # The base block is opened here and handed out by the traversal once more, so its data is
        # read twice. All nodes do this, and what comes twice has no effect the second time.
        self._data = None
        self._opening = (base, system_config.batcher_addr)
