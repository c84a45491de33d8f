"""Build jobs: payloads that were built from attributes and wait for ``get_payload``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from pyoprollup.engine.ports import PayloadID
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.base_fee import base_fee_at
from pyoprollup.evm.block import ExecutedBlock, build_block
from pyoprollup.evm.errors import ExecutionError
from pyoprollup.evm.store import KeyValue
from pyoprollup.execution.pool.pool import TxPool
from pyoprollup.rollup.config import RollupConfig

__all__ = ["MAX_JOBS", "BuildJobs"]

MAX_JOBS = 10
"""Jobs that are kept, as many as the reference does; the oldest go first."""


@dataclass(slots=True)
class _Job:
    parent: Header
    attributes: PayloadAttributes
    block: ExecutedBlock
    finished: bool


class BuildJobs:
    """The jobs, by id. A block with all that executing it wrote stays until its job is dropped."""

    def __init__(self, config: RollupConfig, state: KeyValue) -> None:
        self._config = config
        self._state = state
        self._jobs: dict[PayloadID, _Job] = {}

    def __contains__(self, job_id: PayloadID) -> bool:
        return job_id in self._jobs

    def __len__(self) -> int:
        return len(self._jobs)

    def start(
        self,
        job_id: PayloadID,
        parent: Header,
        attributes: PayloadAttributes,
        pool: TxPool | None,
    ) -> None:
        """Build a block; raises ``InvalidBlock`` and ``MissingStateError``."""
        no_pool = attributes.no_tx_pool or pool is None
        job = _Job(parent, attributes, self._build(parent, attributes, pool), finished=no_pool)
        while len(self._jobs) >= MAX_JOBS:
            del self._jobs[next(iter(self._jobs))]
        self._jobs[job_id] = job

    def finish(self, job_id: PayloadID, pool: TxPool | None) -> ExecutedBlock | None:
        """The block of a job, ``None`` if there is no such job.

        The first time, it is built once more if it can have transactions of the pool: there may be
        better ones by now.
        """
        job = self._jobs.get(job_id)
        if job is None:
            return None
        if not job.finished:
            job.finished = True
            # The first block is good whatever becomes of the parent's state in the meantime.
            with suppress(ExecutionError):
                job.block = self._build(job.parent, job.attributes, pool)
        return job.block

    def built(self, block_hash: Hash32) -> ExecutedBlock | None:
        """The block of this hash, if it is one of our own."""
        return next((job.block for job in self._jobs.values() if job.block.hash == block_hash), None)

    def _build(self, parent: Header, attributes: PayloadAttributes, pool: TxPool | None) -> ExecutedBlock:
        if pool is None or attributes.no_tx_pool:
            return build_block(self._config, parent, attributes, self._state)
        candidates = pool.select(base_fee_at(self._config, parent, attributes.timestamp))
        return build_block(
            self._config,
            parent,
            attributes,
            self._state,
            candidates,
            candidates.rejected,
        )
