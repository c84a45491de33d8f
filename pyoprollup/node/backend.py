"""A node as its RPC shows and controls it: the backends of ``rollupapi``, over a :class:`NodeCore`."""

from __future__ import annotations

from collections.abc import Callable

from pyoprollup import __version__
from pyoprollup.errors import DecodeError, RollupError, Unavailable
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.payload import ExecutionPayloadEnvelope
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.sync_status import SyncStatus
from pyoprollup.eth.types import Hash32
from pyoprollup.node.core import NodeCore
from pyoprollup.node.safe_heads import NoSafeHeads, SafeHeadReader
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.sequencing import Sequencer

__all__ = ["CoreBackend", "OperatorReset", "SequencerNotEnabled"]

_STEPS_TO_STOP = 1000


class SequencerNotEnabled(RollupError):
    """The node is none that sequences."""

    def __init__(self) -> None:
        super().__init__("sequencer is not enabled")


class OperatorReset(RollupError):
    """A reset that the operator asked for."""


def _no_levels(level: str) -> None:
    raise DecodeError(f"log level {level!r}: this node has no log")


class CoreBackend:
    """Implements ``NodeBackend`` and ``AdminBackend`` of ``rollupapi``, in the core's thread.

    ``outputs`` gives the output of a block by its hash, and raises ``NotFound`` and ``Unavailable``.
    ``now`` is the core's clock. ``set_log_level`` raises ``DecodeError``.
    """

    def __init__(
        self,
        core: NodeCore,
        outputs: Callable[[Hash32], OutputV0],
        now: Callable[[], float],
        *,
        safe_heads: SafeHeadReader | None = None,
        set_log_level: Callable[[str], None] = _no_levels,
    ) -> None:
        self._core = core
        self._outputs = outputs
        self._now = now
        self._safe_heads = safe_heads or NoSafeHeads()
        self.set_log_level = set_log_level

    # --- for everybody

    @property
    def rollup_config(self) -> RollupConfig:
        return self._core.config

    @property
    def version(self) -> str:
        return f"v{__version__}-pyoprollup"

    def sync_status(self) -> SyncStatus:
        return self._core.sync_status()

    def output_at_block(self, number: int) -> tuple[L2BlockRef, OutputV0]:
        ref = self._core.l2.l2_block_ref_by_number(number)
        return ref, self._outputs(ref.hash)

    def safe_head_at_l1_block(self, number: int) -> tuple[BlockID, BlockID]:
        return self._safe_heads.safe_head_at_l1(number)

    # --- for the operator

    def reset_derivation_pipeline(self) -> None:
        self._core.driver.reset(OperatorReset("the operator asked for a reset"))

    def start_sequencer(self, block_hash: Hash32) -> None:
        self._sequencer.start(block_hash)

    def stop_sequencer(self) -> Hash32:
        """A block that is sealed, and so perhaps gossiped, goes into the chain before."""
        for _ in range(_STEPS_TO_STOP):
            head = self._sequencer.stop()
            if head is not None:
                return head
            self._core.step(self._now())
        raise Unavailable("a sealed block is still on its way into the chain")

    def sequencer_active(self) -> bool:
        return self._core.sequencer is not None and self._core.sequencer.active

    def on_unsafe_l2_payload(self, envelope: ExecutionPayloadEnvelope) -> None:
        self._core.on_unsafe_l2_payload(envelope)

    def override_leader(self) -> None:
        self._sequencer.override_leader()

    def conductor_enabled(self) -> bool:
        return self._core.sequencer is not None and self._core.sequencer.conductor_enabled

    def set_recover_mode(self, mode: bool) -> None:
        self._sequencer.set_recover_mode(mode)

    @property
    def _sequencer(self) -> Sequencer:
        if self._core.sequencer is None:
            raise SequencerNotEnabled
        return self._core.sequencer
