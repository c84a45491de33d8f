"""Derives the scenario of a vector as the program that made the vector does.

Between the pipeline and the blocks stands a fake engine. It gives blocks their made-up hashes
(:mod:`pyoprollup.replay.pseudo_chain`) and may find some invalid: those with a sequenced transaction that
the scenario's ``engine_reject_modulus`` picks. Then, before Holocene, the attributes are dropped and the head
goes back to the last block that concluded a batch; from Holocene on the block is made of the deposits alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoprollup.derive.attributes_queue import AttributesWithParent
from pyoprollup.derive.errors import CriticalError, EndOfData, ResetError
from pyoprollup.derive.payload_util import PayloadError
from pyoprollup.derive.pipeline import DerivationPipeline
from pyoprollup.errors import Unavailable
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE
from pyoprollup.eth.refs import L2BlockRef
from pyoprollup.replay.pseudo_chain import PseudoChain
from pyoprollup.replay.recording import RecordedL1, Recording
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.time import L2Time
from pyoprollup.rollup.upgrades import UpgradeBundleMissing, UpgradeBundles

__all__ = ["DerivedAttributes", "PipelineEvent", "PipelineRun"]

_MAX_RESETS_IN_A_ROW = 8
_MAX_TEMPORARY_ERRORS_IN_A_ROW = 20


@dataclass(frozen=True, slots=True)
class DerivedAttributes:
    """Attributes, and the block that they became.

    ``refused`` is ``""``, ``"dropped"`` (then there is no block) or ``"replaced"`` (then the attributes are
    those with deposits only).
    """

    attributes: AttributesWithParent
    block: L2BlockRef | None
    refused: str


@dataclass(frozen=True, slots=True)
class PipelineEvent:
    """Something that happened after so many derived attributes; ``head`` is the safe head after a reset."""

    kind: str
    after: int
    error: str
    head: L2BlockRef | None = None


class PipelineRun:
    """A derivation from the first L1 block to the last, its reorg included.

    With ``grow`` L1 comes one block at a time, and the pipeline runs dry twice at each. (Scenarios with a
    reorg come at once all the same.) Raises
    :class:`~pyoprollup.rollup.upgrades.UpgradeBundleMissing`.
    """

    def __init__(
        self,
        recording: Recording,
        bundles: UpgradeBundles | None = None,
        *,
        reject_modulus: int = 0,
        grow: bool = False,
    ) -> None:
        self._config = recording.config
        self._reject_modulus = reject_modulus
        grow = grow and not recording.reorg
        self._l1 = RecordedL1(recording.blocks[:1], recording.blobs) if grow else recording.l1()
        self._chain = PseudoChain(recording.config, recording.start, bundles, rewind_by_origin=True)
        self._pipeline = DerivationPipeline(
            recording.config, self._l1, self._l1, self._chain, bundles=bundles
        )
        self._concluded = recording.start
        self._resets = 0
        self._over = False
        self.derived: list[DerivedAttributes] = []
        self.events: list[PipelineEvent] = []
        self._pipeline.confirm_engine_reset()
        self._drain()
        for block in recording.blocks[1:] if grow else ():
            self._l1.reorg([block])
            self._drain()
            self._drain()
        if recording.reorg:
            self._l1.reorg(recording.reorg)
            self._drain()

    def _drain(self) -> None:
        """Step until L1 is used up or nothing helps any more."""
        temporary = 0
        while not self._over:
            try:
                found = self._pipeline.step(self._chain.safe_head)
                temporary = 0
                if found is not None:
                    self._apply(found)
            except EndOfData:
                return
            except ResetError as error:
                self._reset(error)
            except CriticalError as error:
                self._end("critical", error)
            except Unavailable as error:
                temporary += 1
                if temporary > _MAX_TEMPORARY_ERRORS_IN_A_ROW:
                    self._end("temporary_loop", error)

    def _reset(self, error: ResetError) -> None:
        self._resets += 1
        if self._resets > _MAX_RESETS_IN_A_ROW:
            self._end("reset_loop", error)
            return
        try:
            self._concluded = self._chain.rewind(self._l1)
        except CriticalError as fatal:
            self._end("critical", fatal)
            return
        self.events.append(PipelineEvent("reset", len(self.derived), str(error), self._concluded))
        self._pipeline.reset()
        self._pipeline.confirm_engine_reset()

    def _end(self, kind: str, error: Exception) -> None:
        cause = error.__cause__
        if isinstance(cause, UpgradeBundleMissing):
            raise cause
        self.events.append(PipelineEvent(kind, len(self.derived), str(error)))
        self._over = True

    def _apply(self, found: AttributesWithParent) -> None:
        self._resets = 0
        refused = ""
        if self._refuses(found.attributes):
            if not self._config.is_active(Fork.HOLOCENE, L2Time(found.attributes.timestamp)):
                self.derived.append(DerivedAttributes(found, None, "dropped"))
                self._chain.go_back_to(self._concluded)
                return
            refused = "replaced"
            found = self._pipeline.deposits_only_attributes(found.parent.id, found.derived_from)
        try:
            block = self._chain.apply(found)
        except PayloadError as error:
            self._end("seal_error", error)
            return
        self.derived.append(DerivedAttributes(found, block, refused))
        if found.concluding:
            self._concluded = block

    def _refuses(self, attributes: PayloadAttributes) -> bool:
        modulus = self._reject_modulus
        return bool(modulus) and any(
            int.from_bytes(keccak256(b"reject" + tx)[:8], "big") % modulus == 0
            for tx in attributes.transactions
            if tx[:1] != bytes((DEPOSIT_TX_TYPE,))
        )
