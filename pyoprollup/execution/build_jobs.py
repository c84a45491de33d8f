"""Build jobs: payloads that were built from attributes and wait for ``get_payload``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from pyoprollup.engine.ports import PayloadID
from pyoprollup.eth.attributes import PayloadAttributes
from pyoprollup.eth.headers import Header
from pyoprollup.eth.types import Hash32
from pyoprollup.evm.base_fee import base_fee_at
from pyoprollup.evm.block import ExecutedBlock, Execution
from pyoprollup.evm.errors import ExecutionError
from pyoprollup.evm.store import KeyValue
from pyoprollup.execution.fill import Fill, SlowTransactions
from pyoprollup.execution.pace import Pace
from pyoprollup.execution.pool.pool import TxPool
from pyoprollup.rollup.config import RollupConfig

__all__ = ["LEAST_FILL", "MAX_JOBS", "BuildJobs"]

MAX_JOBS = 10
"""Jobs that are kept, as many as the reference does; the oldest go first."""
LEAST_FILL = 0.25
"""Seconds that a block takes transactions for when it is asked for, if it had no time for any before, or if
there are new ones."""


@dataclass(slots=True)
class _Job:
    block: ExecutedBlock
    """As it is to be handed out; at first, with the forced transactions alone."""
    fill: Fill | None
    """What adds transactions of the pool; none any more when the block is finished."""
    end: float
    """When filling ends, on the clock of the pace."""


class BuildJobs:
    """The jobs, by id. A block with all that executing it wrote stays until its job is dropped.

    A block is executed once: first what is forced, then what the pool has. With a ``pace`` the latter goes on
    between other calls until the block's time, or until the block is asked for; without, it is done at once
    when the block is asked for.
    """

    def __init__(self, config: RollupConfig, state: KeyValue, pace: Pace | None = None) -> None:
        self._config = config
        self._state = state
        self._pace = pace
        self._execution = Execution(config, checkpoint=None if pace is None else pace.checkpoint)
        self._jobs: dict[PayloadID, _Job] = {}
        self.slow = SlowTransactions()

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
        builder = self._execution.begin(parent, attributes, self._state)
        fill, end = None, 0.0
        if pool is not None and not attributes.no_tx_pool:
            base_fee = base_fee_at(self._config, parent, attributes.timestamp)
            fill = Fill(builder, pool, base_fee, self.slow, self._pace)
        if self._pace is not None:
            # A block that is late already gets the time that lies between blocks.
            end = max(attributes.timestamp, self._pace.now() + attributes.timestamp - parent.time)
        while len(self._jobs) >= MAX_JOBS:
            del self._jobs[next(iter(self._jobs))]
        self._jobs[job_id] = _Job(builder.seal(), fill, end)
        if self._pace is not None and fill is not None:
            self._pace.later(lambda: self._go_on(job_id))

    def _go_on(self, job_id: PayloadID) -> None:
        """Fill the block of the newest job, as long as nobody else wants anything."""
        job = self._jobs.get(job_id)
        if self._pace is None or job is None or job.fill is None or job_id != next(reversed(self._jobs)):
            return
        with suppress(ExecutionError):
            if job.fill.in_between(job.end):
                self._pace.later(lambda: self._go_on(job_id))

    def finish(self, job_id: PayloadID) -> ExecutedBlock | None:
        """The block of a job, ``None`` if there is no such job. It does not change any more from then on."""
        job = self._jobs.get(job_id)
        if job is None:
            return None
        fill, job.fill = job.fill, None
        if fill is not None:
            # The first block is good whatever becomes of the parent's state in the meantime.
            with suppress(ExecutionError):
                if fill.at_the_end(LEAST_FILL):
                    job.block = fill.seal()
        return job.block

    def built(self, block_hash: Hash32) -> ExecutedBlock | None:
        """The block of this hash, if it is one of our own."""
        return next((job.block for job in self._jobs.values() if job.block.hash == block_hash), None)
