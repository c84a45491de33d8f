"""Derives and executes L2 from the agreed block on, until the claimed block is safe or L1 has no more.

What a node does in stages of events is one loop here: nothing is unsafe, nothing is consolidated, and a
source that does not answer ends it.

Specification: fault-proof/index.md, Main content; protocol/derivation.md; protocol/holocene/derivation.md,
Engine Queue.
"""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup.derive import AttributesWithParent, DerivationPipeline
from pyoprollup.derive.attributes import FetchingAttributesBuilder
from pyoprollup.derive.drops import DropSink, ignore_drops
from pyoprollup.derive.errors import EndOfData, PipelineError
from pyoprollup.errors import ConfigError, NotFound, Unavailable
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.evm.errors import InvalidBlock
from pyoprollup.program.client.l1_source import OracleL1
from pyoprollup.program.client.l2_chain import OracleL2
from pyoprollup.program.errors import DerivationFailed
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.l1_chain_config import L1ChainConfig
from pyoprollup.rollup.time import L1Time
from pyoprollup.rollup.upgrades import UpgradeBundles

__all__ = ["ProgramDriver"]


class ProgramDriver:
    """One run over ``l1`` and ``l2``. ``on_block`` is told of each block that is executed."""

    def __init__(
        self,
        config: RollupConfig,
        l1: OracleL1,
        l2: OracleL2,
        *,
        l1_chain: L1ChainConfig | None = None,
        bundles: UpgradeBundles | None = None,
        drops: DropSink = ignore_drops,
        on_block: Callable[[L2BlockRef], None] | None = None,
    ) -> None:
        self._config, self._l1, self._l2 = config, l1, l2
        self._on_block = on_block
        builder = FetchingAttributesBuilder(config, l1, l2, bundles, l1_chain)
        try:
            self._pipeline = DerivationPipeline(
                config, l1, l1, l2, bundles=bundles, builder=builder, drops=drops
            )
        except ConfigError as exc:
            raise DerivationFailed(f"no program derives such a chain: {exc}") from exc
        self._safe = self._pending = l2.agreed

    @property
    def safe(self) -> L2BlockRef:
        """The last block that is known to follow from L1."""
        return self._safe

    def run(self, target: int) -> L2BlockRef:
        """Derive until the block with the number ``target`` is safe; returns the last safe block.

        That may be one before, where L1 ends, or after, if it came with others that are safe all at once.
        Raises :class:`DerivationFailed`, and what the oracle does.
        """
        self._check_origin()
        try:
            self._pipeline.confirm_engine_reset()
            while self._safe.number < target:
                attributes = self._pipeline.step(self._pending)
                if attributes is not None:
                    self._process(attributes)
        except EndOfData:
            pass
        except (PipelineError, Unavailable, NotFound) as exc:
            raise DerivationFailed(f"derivation after {self._safe} fails: {exc}") from exc
        return self._safe

    def _check_origin(self) -> None:
        """The agreed block must be on the L1 chain of the head, unless it is ahead of it."""
        origin = self._safe.l1_origin
        try:
            found = self._l1.l1_block_ref_by_number(origin.number)
        except NotFound:
            return
        if found.hash != origin.hash:
            raise DerivationFailed(f"L1 origin {origin} of the agreed block is not before {self._l1.head}")

    def _process(self, attributes: AttributesWithParent) -> None:
        try:
            self._execute(attributes)
        except InvalidBlock as exc:
            deposits = bytes((DEPOSIT_TX_TYPE,))
            if all(tx[:1] == deposits for tx in attributes.attributes.transactions):
                raise DerivationFailed(f"a block of deposits only after {attributes.parent}: {exc}") from exc
            rules = self._config.rules_at_l1(L1Time(attributes.derived_from.time))
            if rules.strict_ordering:
                self._process(
                    self._pipeline.deposits_only_attributes(attributes.parent.id, attributes.derived_from)
                )
            else:
                self._pending = self._safe

    def _execute(self, attributes: AttributesWithParent) -> None:
        self._pending = self._l2.execute(attributes.parent.hash, attributes.attributes)
        if self._on_block is not None:
            self._on_block(self._pending)
        if attributes.concluding:
            self._safe = self._pending
