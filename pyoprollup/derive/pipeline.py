"""The derivation pipeline: all stages in order, from L1 blocks to payload attributes.

::

    L1Traversal → L1Retrieval → FrameQueue → ChannelMux → ChannelInReader → BatchMux → AttributesQueue

Each stage pulls from the one before it. Running dry at the front moves the pipeline to the next L1
block. Specification: protocol/derivation.md, L2 chain derivation pipeline.

<https://specs.optimism.io/protocol/derivation.html#l2-chain-derivation-pipeline>
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.derive.altda.source import AltDA, AltDADataSourceFactory
from pyoprollup.derive.attributes import AttributesBuilder, FetchingAttributesBuilder
from pyoprollup.derive.attributes_queue import AttributesQueue, AttributesWithParent
from pyoprollup.derive.batch_mux import BatchMux
from pyoprollup.derive.channel_in_reader import ChannelInReader
from pyoprollup.derive.channel_mux import ChannelMux
from pyoprollup.derive.data_source import DataSourceFactory
from pyoprollup.derive.drops import DropSink, ignore_drops
from pyoprollup.derive.errors import EndOfData, NotEnoughData, PipelineError, ResetError
from pyoprollup.derive.frame_queue import FrameQueue
from pyoprollup.derive.l1_retrieval import DataAvailabilitySource, L1Retrieval
from pyoprollup.derive.l1_traversal import L1Traversal, verify_new_l1_origin
from pyoprollup.errors import ConfigError, NotFound, Unavailable
from pyoprollup.eth.refs import BlockID, L1BlockRef, L2BlockRef
from pyoprollup.eth.types import Address
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.time import L1Time
from pyoprollup.rollup.upgrades import UpgradeBundles
from pyoprollup.sources.l1 import BlobSource, L1Source
from pyoprollup.sources.l2 import L2Source

__all__ = ["DerivationPipeline"]


@dataclass(slots=True)
class _WalkBack:
    """How far the walk from ``safe_head`` has come. It goes from hash to hash, so that nothing in it can
    change: a source that fails does not make it begin anew."""

    safe_head: L2BlockRef
    block: L2BlockRef
    origin: L1BlockRef


class DerivationPipeline:
    """Derives the attributes of one L2 block after another.

    The pipeline starts in need of a reset: call :meth:`confirm_engine_reset` once the safe head
    that will be passed to :meth:`step` is known to be derived from the canonical L1 chain.
    """

    def __init__(
        self,
        config: RollupConfig,
        l1: L1Source,
        blobs: BlobSource | None,
        l2: L2Source,
        *,
        alt_da: AltDA | None = None,
        bundles: UpgradeBundles | None = None,
        builder: AttributesBuilder | None = None,
        drops: DropSink = ignore_drops,
    ) -> None:
        self._config = config
        self._l1 = l1
        self._l2 = l2
        # The configuration decides, as everywhere; a source that it does not ask for is left alone.
        self._alt_da = alt_da if config.alt_da is not None else None
        source: DataAvailabilitySource = DataSourceFactory(config, l1, blobs, drops)
        if config.alt_da is not None:
            if alt_da is None:
                raise ConfigError("alt_da: the chain uses alt-DA, but no source of inputs is configured")
            source = AltDADataSourceFactory(source, alt_da, config.alt_da.max_input_size, drops)
        self._traversal = L1Traversal(config, l1, drops)
        self._retrieval = L1Retrieval(source, self._traversal)
        self._frame_queue = FrameQueue(config, self._retrieval, drops)
        self._channels = ChannelMux(config, self._frame_queue, drops)
        self._reader = ChannelInReader(config, self._channels, drops)
        self._batches = BatchMux(config, self._reader, l2, drops)
        self._attributes = AttributesQueue(
            config, builder or FetchingAttributesBuilder(config, l1, l2, bundles), self._batches
        )
        self._stages = (
            self._traversal,
            self._retrieval,
            self._frame_queue,
            self._channels,
            self._reader,
            self._batches,
            self._attributes,
        )
        self._origin: L1BlockRef | None = None
        self._needs_reset = True
        self._engine_is_reset = False
        self._dry_at: L2BlockRef | None = None
        self._walk: _WalkBack | None = None

    @property
    def origin(self) -> L1BlockRef | None:
        """The L1 block that is being derived from; ``None`` before the first reset is done."""
        return self._origin

    @property
    def batcher_address(self) -> Address:
        """Whose transactions count at the L1 block that is read now."""
        return self._traversal.system_config.batcher_addr

    @property
    def derivation_ready(self) -> bool:
        """Whether the engine's reset is confirmed and the stages are reset too."""
        return self._engine_is_reset and not self._needs_reset

    def reset(self) -> None:
        """Ask for a reset. The engine comes first: see :meth:`confirm_engine_reset`."""
        self._needs_reset = True
        self._engine_is_reset = False

    def confirm_engine_reset(self) -> None:
        """The engine's heads are canonical again; the next step may reset the stages."""
        self._engine_is_reset = True

    def step(self, pending_safe_head: L2BlockRef) -> AttributesWithParent | None:
        """Make some progress; the attributes of the block after ``pending_safe_head`` if they are
        found, ``None`` if there is more to do.

        Raises :class:`EndOfData` when all of L1 is used up, :class:`Unavailable` when a source
        does not answer, :class:`ResetError` when :meth:`reset` is called for, and
        :class:`~pyoprollup.derive.errors.CriticalError`.
        """
        if self._needs_reset:
            if not self._engine_is_reset:
                raise ResetError("derivation cannot continue until the engine has been reset")
            self._reset_stages(pending_safe_head)
            return None
        if self._dry_at != pending_safe_head:
            self._adopt_origin(self._attributes.origin)
            try:
                return self._attributes.next_attributes(pending_safe_head)
            except NotEnoughData:
                return None
            except EndOfData:
                self._dry_at = pending_safe_head
        self._advance_l1_block()
        return None

    def _advance_l1_block(self) -> None:
        try:
            # If L1 does not answer the stages stay dry: asking them again could fill in blocks early.
            self._traversal.advance_l1_block()
        except PipelineError:
            self._dry_at = None
            raise
        self._dry_at = None

    def deposits_only_attributes(self, parent: BlockID, derived_from: L1BlockRef) -> AttributesWithParent:
        """Attributes of the same block without sequenced transactions; see :class:`AttributesQueue`."""
        return self._attributes.deposits_only_attributes(parent, derived_from)

    def _adopt_origin(self, new: L1BlockRef) -> None:
        old = self._origin
        if old is None or old == new:
            return
        verify_new_l1_origin(old, self._l1, new)
        schedule = self._config.schedule
        if (
            schedule.at_l1(L1Time(new.time)).strict_ordering
            and not schedule.at_l1(L1Time(old.time)).strict_ordering
        ):
            self._frame_queue.activate_holocene()
            self._channels.activate_holocene()
            self._batches.activate_holocene()
        self._origin = new

    def _reset_stages(self, safe_head: L2BlockRef) -> None:
        base, system_config = self._find_base(safe_head)
        for stage in self._stages:
            stage.reset(base, system_config)
        if self._alt_da is not None:
            self._alt_da.reset(base)
        self._origin = base
        self._dry_at = None
        self._needs_reset = False

    def _find_base(self, safe_head: L2BlockRef) -> tuple[L1BlockRef, SystemConfig]:
        """The L1 block to start from: far enough back that no channel with data for the block
        after ``safe_head`` was open before it, and the system configuration there."""
        walk = self._walk
        if walk is None or walk.safe_head != safe_head:
            walk = self._walk = _WalkBack(safe_head, safe_head, self._l1_block(safe_head))
        while not self._is_base(walk):
            try:
                parent = self._l2.l2_block_ref_by_hash(walk.block.parent_hash)
            except NotFound as exc:
                raise ResetError(f"L2 parent of {walk.block}: {exc}") from exc
            if parent.l1_origin.hash != walk.origin.hash:
                walk.origin = self._l1_block(parent)
            walk.block = parent
        try:
            system_config = self._l2.system_config_by_l2_hash(walk.block.hash)
        except NotFound as exc:
            raise Unavailable(f"system configuration of L2 block {walk.block}: {exc}") from exc
        self._walk = None
        return walk.origin, system_config

    def _is_base(self, walk: _WalkBack) -> bool:
        genesis, block = self._config.genesis, walk.block
        timeout = self._config.channel_timeout_at(L1Time(walk.origin.time))
        return (
            block.number <= genesis.l2.number
            or block.l1_origin.number <= genesis.l1.number
            or block.l1_origin.number + timeout <= walk.safe_head.l1_origin.number
        )

    def _l1_block(self, block: L2BlockRef) -> L1BlockRef:
        try:
            return self._l1.l1_block_ref_by_hash(block.l1_origin.hash)
        except NotFound as exc:
            raise Unavailable(f"L1 origin {block.l1_origin} of {block}: {exc}") from exc
