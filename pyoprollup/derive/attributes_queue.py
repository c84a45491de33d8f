"""Attributes queue: the last stage, from a batch to the payload attributes of one L2 block.

Specification: protocol/derivation.md, Payload attributes derivation; protocol/holocene/derivation.md
(deposits-only blocks).

<https://specs.optimism.io/protocol/derivation.html#payload-attributes-derivation>
<https://specs.optimism.io/protocol/holocene/derivation.html>
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pyoprollup.derive.attributes import AttributesBuilder
from pyoprollup.derive.batch_mux import BatchMux
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.errors import CriticalError, ResetError
from pyoprollup.derive.provenance import BatchSource
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig

__all__ = ["AttributesQueue", "AttributesWithParent"]

_DEPOSIT = bytes((DEPOSIT_TX_TYPE,))


@dataclass(frozen=True, slots=True)
class AttributesWithParent:
    """Attributes of the block after ``parent``.

    ``concluding``: they are the last of their batch, so the safe head may move to their block.
    ``derived_from``: the L1 block at which they became known. ``source``: the batch that they come
    from, ``None`` for a block that fills in because no batch came in time.
    """

    attributes: PayloadAttributes
    parent: L2BlockRef
    concluding: bool
    derived_from: L1BlockRef
    source: BatchSource | None = None

    def with_deposits_only(self) -> AttributesWithParent:
        """The same block without sequenced transactions (Holocene, after an invalid payload)."""
        deposits = tuple(tx for tx in self.attributes.transactions if tx[:1] == _DEPOSIT)
        return replace(self, attributes=replace(self.attributes, transactions=deposits))


class AttributesQueue:
    """Holds at most one batch, until its attributes are built."""

    def __init__(self, config: RollupConfig, builder: AttributesBuilder, prev: BatchMux) -> None:
        self._config = config
        self._builder = builder
        self._prev = prev
        self._batch: SingularBatch | None = None
        self._concluding = False
        self._last: AttributesWithParent | None = None

    @property
    def origin(self) -> L1BlockRef:
        return self._prev.origin

    def next_attributes(self, parent: L2BlockRef) -> AttributesWithParent:
        """The attributes of the block after ``parent``.

        Raises :class:`ResetError` when the batch at hand does not follow it.
        """
        if self._batch is None:
            self._batch, self._concluding = self._prev.next_batch(parent)
        batch = self._batch
        built = AttributesWithParent(
            self._build(batch, parent), parent, self._concluding, self.origin, batch.source
        )
        self._batch = None
        self._concluding = False
        self._last = built
        return built

    def _build(self, batch: SingularBatch, parent: L2BlockRef) -> PayloadAttributes:
        if batch.parent_hash != parent.hash:
            raise ResetError(f"batch builds on 0x{batch.parent_hash.hex()}, safe head is {parent}")
        expected = parent.time + self._config.block_time
        if batch.timestamp != expected:
            raise ResetError(f"batch has timestamp {batch.timestamp}, expected {expected}")
        attributes = self._builder.prepare_payload_attributes(parent, batch.epoch)
        if not batch.transactions:
            return attributes
        return replace(attributes, transactions=attributes.transactions + batch.transactions)

    def deposits_only_attributes(self, parent: BlockID, derived_from: L1BlockRef) -> AttributesWithParent:
        """Replace the attributes handed out last by their deposits, after the engine found the
        block invalid; flushes the channel that the batch came from.

        Raises :class:`CriticalError` when they are not the ones handed out last.
        """
        last = self._last
        if self._batch is not None:
            raise CriticalError("deposits-only attributes asked for while a batch is buffered")
        if last is None or last.derived_from != derived_from or last.parent.id != parent:
            raise CriticalError(
                f"deposits-only attributes asked for {parent} at {derived_from}, last were {last}"
            )
        self._prev.flush_channel()
        self._last = last.with_deposits_only()
        return self._last

    def reset(self, _base: L1BlockRef, _system_config: SystemConfig) -> None:
        self._batch = None
        self._concluding = False
        self._last = None
