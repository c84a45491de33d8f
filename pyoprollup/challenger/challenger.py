"""The challenger: at each new L1 block it looks at all games, claims what it is owed, and checks pre-images.

It is a :class:`~pyoprollup.events.Stepper`: it does not sleep. Looks at games may take long, so workers take
them; what they want to be sent comes back here. It keeps nothing over a restart, and decides by what L1 says.

Specification: fault-proof/stage-one/honest-challenger-fdg.md.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from pyoprollup.bindings import GameMetadata
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.coordinator import Coordinator, GameDefect, Job, JobResult
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.monitor import GameMonitor
from pyoprollup.challenger.sender import Outbox, Outgoing
from pyoprollup.challenger.sending import OutgoingTransactions
from pyoprollup.challenger.workers import Workers
from pyoprollup.errors import DecodeError, NotFound, RollupError, Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Address
from pyoprollup.events import AT_ONCE, Level, News
from pyoprollup.sources.l1 import BlockInfo, CallFailed, L1Blocks, L1Sender
from pyoprollup.txmgr import TxManager

__all__ = ["Challenger", "ChallengerL1", "Task"]

_L1_ERRORS = (CallFailed, DecodeError, Unavailable, NotFound)
"""What an L1 and the contracts on it may answer with; anything may be better the next time."""

_SETTLE_SECONDS = 300.0
"""For which transactions of an earlier life are waited for at the start."""


class ChallengerL1(L1Sender, L1Blocks, Protocol):
    """The L1 that games are on."""


class Task(Protocol):
    """Something that is done for all games together after an L1 block, one block at a time."""

    @abstractmethod
    def __call__(self, games: Sequence[GameMetadata], head: L1BlockRef, /) -> None:
        """Do it; what is to be sent goes into the task's own outbox. Raises nothing of what is outside."""

    @abstractmethod
    def begin_anew(self) -> None:
        """L1 was reorganized: forget what was found out. Called while the task may be at work."""


After = Callable[[], None]
"""What is to be done in the challenger's thread when a piece of work is done."""


class Challenger:
    """A challenger, put together. It owns its transaction manager and steps it.

    ``tasks`` are by name, each with the outbox that it fills. ``now`` gives seconds.
    """

    def __init__(
        self,
        config: ChallengerConfig,
        l1: ChallengerL1,
        manager: TxManager,
        monitor: GameMonitor,
        coordinator: Coordinator,
        tasks: dict[str, tuple[Task, Outbox]],
        workers: Workers[After],
        metrics: ChallengerMetrics,
        now: Callable[[], float],
        news: News,
    ) -> None:
        config.check()
        self.config = config
        self.metrics = metrics
        self._l1 = l1
        self._manager = manager
        self._monitor = monitor
        self._coordinator = coordinator
        self._tasks = tasks
        self._workers = workers
        self._now = now
        self._news = news
        self._sending: OutgoingTransactions[Address | str] = OutgoingTransactions(
            manager, config.max_pending_tx, metrics, news
        )
        self._busy_tasks: set[str] = set()
        self._again: set[Address] = set()
        self._head: L1BlockRef | None = None
        self._seen = 0
        """Number of L1's head at the last look."""
        self._updated_at = -1
        self._poll_at = self._started_at = now()
        self._settled = False
        self.paused = False
        """Whether no new L1 block is looked at, by the will of the operator."""

    @property
    def head(self) -> L1BlockRef | None:
        """L1's head at the last look."""
        return self._head

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being looked at or sent."""
        return not self._workers.busy and not len(self._sending)

    # --- the contract of stepping

    @property
    def next_due(self) -> float:
        """When there is something to do."""
        if self._workers.has_results or self._again:
            return AT_ONCE
        return min(self._poll_at, self._sending.next_due, self._coordinator.next_due)

    def step(self, now: float) -> None:
        """Do what is due."""
        for owner in self._sending.step(now):
            self._sent(owner)
        for after in self._workers.collect():
            after()
        if now >= self._poll_at:
            self._poll_at = now + self.config.poll_interval
            if not self.paused:
                self._poll(now)
        self._look_again(now)
        busy = min(self._workers.busy, self.config.max_concurrency)
        self.metrics.busy_workers, self.metrics.idle_workers = busy, self.config.max_concurrency - busy

    def wake(self) -> None:
        """Look for a new L1 block at once."""
        self._poll_at = min(self._poll_at, self._now())

    # --- L1 blocks

    def _poll(self, now: float) -> None:
        try:
            info = self._l1.head()
            if not self._is_settled(info, now) or self._is_old(info):
                return
            self._on_head(info)
        except _L1_ERRORS as error:
            self.metrics.l1_errors += 1
            self._news.failed("l1-failed", error)

    def _is_settled(self, head: BlockInfo, now: float) -> bool:
        """Whether all that an earlier life has sent is mined: until then the games do not show it."""
        if self._settled:
            return True
        account = self._manager.address
        mined, pending = self._l1.nonce_at(account, head.hash), self._l1.pending_nonce_at(account)
        self._settled = mined >= pending or now >= self._started_at + _SETTLE_SECONDS
        if not self._settled:
            self._news("waiting-for-transactions", mined=mined, pending=pending)
        return self._settled

    def _is_old(self, head: BlockInfo) -> bool:
        """Whether L1's node has gone back, or does not know our last transactions yet.

        Behind a load balancer are nodes of several heights. A head that stays where it is was a reorg, and
        the next look goes by it.
        """
        before, self._seen = self._seen, head.number
        if head.number >= max(before, self._sending.mined_in):
            return False
        self.metrics.heads_went_back += 1
        mined_in = self._sending.mined_in
        self._news("head-went-back", Level.WARNING, head=head.id, before=before, mined_in=mined_in)
        return True

    def _on_head(self, info: BlockInfo) -> None:
        head = info.ref
        if self._head is not None and head.hash == self._head.hash:
            return
        if self._head is not None and head.parent_hash != self._head.hash:
            self._sending.drop_orphaned(self._is_canonical)
            if not self._is_canonical(self._head):
                self._begin_anew()
        if head.time < self._updated_at + self.config.min_update_interval:
            self._head = head
            return
        games = self._monitor.games(head)
        self.metrics.is_up = True
        # Only now: a look that failed is to be taken again.
        self._head, self._updated_at = head, head.time
        for name in self._tasks:
            self._start_task(name, games.to_claim, head)
        for job in self._coordinator.schedule(games.to_play, head):
            self._start(job)

    def _begin_anew(self) -> None:
        """What was found out by blocks that are gone is not to be gone by."""
        self._news("l1-reorganized", Level.WARNING, head=self._head)
        self._monitor.begin_anew()
        self._coordinator.begin_anew()
        for task, _ in self._tasks.values():
            task.begin_anew()

    def _is_canonical(self, block: L1BlockRef) -> bool:
        try:
            return self._l1.l1_block_ref_by_number(block.number).hash == block.hash
        except NotFound:
            return False

    # --- work

    def _start(self, job: Job) -> None:
        def work() -> After:
            begun = self._now()
            done = job.run()
            return partial(self._on_job, done, self._now() - begun)

        self._workers.submit(work)

    def _on_job(self, done: JobResult, seconds: float) -> None:
        self.metrics.acts += 1
        self.metrics.act_seconds += seconds
        self._coordinator.process_result(done)
        if done.result is not None:
            self._send(done.job.game.proxy, done.result.outgoing, done.job.head)
        if done.job.head != self._head:
            # A head has come meanwhile, and found the game busy.
            self._again.add(done.job.game.proxy)

    def _start_task(self, name: str, games: Sequence[GameMetadata], head: L1BlockRef) -> None:
        if name in self._busy_tasks or self._sending.is_sending(name):
            return  # It has not finished with an earlier block.
        self._busy_tasks.add(name)
        task, outbox = self._tasks[name]

        def work() -> After:
            try:
                task(games, head)
            except RollupError as error:
                self._news.failed(f"{name}-failed", error)
            except Exception as exc:  # noqa: BLE001 - a task's defect is not to end the play of games
                self._news.failed(f"{name}-failed", GameDefect(f"{type(exc).__name__}: {exc}"))
            return partial(self._on_task, name, outbox.collect(), head)

        self._workers.submit(work)

    def _on_task(self, name: str, outgoing: Sequence[Outgoing], head: L1BlockRef) -> None:
        self._busy_tasks.discard(name)
        self._send(name, outgoing, head)

    def _send(self, owner: Address | str, outgoing: Sequence[Outgoing], head: L1BlockRef) -> None:
        if not outgoing:
            return
        if not self._is_canonical_or_unknown(head):
            self._news("transactions-dropped", Level.WARNING, owner=str(owner), basis=head)
            return
        self._sending.send(owner, outgoing, head)
        if not isinstance(owner, str):
            self._coordinator.sending(owner, True)

    def _is_canonical_or_unknown(self, head: L1BlockRef) -> bool:
        try:
            return self._is_canonical(head)
        except _L1_ERRORS:
            return True

    def _sent(self, owner: Address | str) -> None:
        if not isinstance(owner, str):
            self._coordinator.sending(owner, False)
            if self._sending.refused.get(owner) != self._head:
                # Else the same would be decided again, and refused again, until there is another head.
                self._again.add(owner)
            self._poll_at = self._now()

    def _look_again(self, now: float) -> None:
        """Games whose transactions are done, and those in which an answer was held back until now."""
        games, self._again = self._again, set()
        head = self._head
        if self.paused or head is None or head.number < self._sending.mined_in:
            return  # A head that knows the transactions comes, and then all are looked at.
        for address in sorted(games.union(self._coordinator.due(now))):
            job = self._coordinator.again(address, head)
            if job is not None:
                self._start(job)
