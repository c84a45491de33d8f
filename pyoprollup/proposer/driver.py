"""The proposer: now and then it creates a dispute game for the newest L2 block that it may propose.

It keeps nothing over a restart, and decides by what L1 says: all reads of a pass are at one L1 block. It is
a :class:`~pyoprollup.events.Stepper`: it has no thread and does not sleep.

Specification: protocol/proposals.md, Proposing L2 Output Commitments.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, TypeVar

from pyoprollup.bindings import DisputeGameFactory, GameMetadata, contract_version
from pyoprollup.errors import DecodeError, NotFound, Unavailable
from pyoprollup.eth.types import to_hex
from pyoprollup.events import AT_ONCE, Level, News, Tell, no_news
from pyoprollup.proposer.config import ProposalHead, ProposerConfig
from pyoprollup.proposer.contracts import ProposalGames
from pyoprollup.proposer.errors import AlreadyRunningError, NotRunningError, SourceFailed
from pyoprollup.proposer.metrics import ProposerMetrics
from pyoprollup.proposer.source import Proposal, ProposalSource
from pyoprollup.sources.l1 import BlockInfo, CallFailed, CallMsg, ExecutionReverted, L1Sender
from pyoprollup.txmgr import PendingSend, TxCandidate, TxManager
from pyoprollup.txmgr.errors import NonceMoved, SendError, TxPoolError
from pyoprollup.txmgr.fees import calc_gas_fee_cap

__all__ = ["L2OutputSubmitter"]

T = TypeVar("T")

_NODE_SYNC_POLL = 12.0
_LONGEST_BACKOFF = 600.0
"""Seconds between attempts at most, while proposals fail."""
_REMEMBERED_GAMES = 1_000
_CLOCK_SLACK = 24.0
"""Seconds by which our clock may be ahead of L1's head, which is some slots old at times."""

_L1_ERRORS = (CallFailed, DecodeError, Unavailable, NotFound)
"""What an L1 and the contracts on it may answer with; anything may be better the next time."""


class L2OutputSubmitter:
    """A proposer. It owns its transaction manager and steps it.

    ``now`` gives seconds, as L1's timestamps do. ``tell`` hears of what it deals with by itself.
    """

    def __init__(
        self,
        config: ProposerConfig,
        l1: L1Sender,
        source: ProposalSource,
        tx_manager: TxManager,
        now: Callable[[], float],
        tell: Tell = no_news,
    ) -> None:
        config.check()
        self.config = config
        self.metrics = ProposerMetrics()
        self._l1 = l1
        self._source = source
        self._tx_manager = tx_manager
        self._now = now
        self._news = News("proposer", tell)
        self._factory = DisputeGameFactory(config.game_factory_address, l1)
        self._running = False
        self._agenda: deque[Callable[[float], float | None]] = deque()
        self._agenda_at = self._poll_at = 0.0
        self._sync_target: int | None = None
        self._pending: tuple[Proposal, PendingSend] | None = None
        self._failures = 0
        self._head = 0
        """Number of L1's head at the last pass."""
        self._proposed_in = 0
        """Number of the L1 block with our last proposal: a head below it does not know of it."""
        self._said: Hashable = None
        self._said_games: set[GameMetadata] = set()

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._running

    @property
    def is_idle(self) -> bool:
        """Whether it is not running, and nothing that it sent is on its way."""
        return not self._running and self._pending is None

    # --- start and stop

    def start_l2_output_submitting(self) -> None:
        """Begin, with nothing but what L1 and the node tell. Raises :class:`AlreadyRunningError`."""
        if self._running:
            raise AlreadyRunningError("proposer is already running")
        self._running = True
        self._sync_target = None
        self._agenda = deque([self._reach_factory])
        if self.config.wait_node_sync:
            self._agenda.append(self._wait_node_sync)
        self._agenda_at = self._poll_at = self._now()

    def stop_l2_output_submitting(self) -> None:
        """Propose nothing any more, and do not care for what is on its way unless it is mined.

        Raises :class:`NotRunningError`.
        """
        if not self._running:
            raise NotRunningError("proposer is not running")
        self._running = False
        self._agenda.clear()
        if self._pending is not None:
            self._pending[1].cancel_unless_mined()
            self._collect(self._now())

    # --- the contract of stepping

    @property
    def next_due(self) -> float:
        """When there is something to do."""
        times = [self._tx_manager.next_due]
        if self._pending is not None and self._pending[1].done:
            times.append(AT_ONCE)
        if self._running and self._agenda:
            times.append(self._agenda_at)
        elif self._running and self._pending is None:
            times.append(self._poll_at)
        return min(times)

    def step(self, now: float) -> None:
        """Do what is due."""
        self._tx_manager.step(now)
        self._collect(now)
        if not self._running:
            return
        while self._agenda and now >= self._agenda_at:
            delay = self._agenda[0](now)
            if delay is not None:
                self._agenda_at = now + delay
                return
            self._agenda.popleft()
        if not self._agenda and self._pending is None and now >= self._poll_at:
            self._poll_at = now + self.config.poll_interval
            self._poll(now)

    def wake(self) -> None:
        """Nothing: how often it looks is part of its settings."""

    # --- at the start

    def _reach_factory(self, _now: float) -> float | None:
        """Whether there is a factory; with one that cannot be read nothing can be done."""
        address = self.config.game_factory_address
        try:
            version = contract_version(address, self._l1)
        except _L1_ERRORS as error:
            self.metrics.l1_errors += 1
            self._once(
                ("factory", str(error)),
                "factory-unreachable",
                Level.ERROR,
                error=error,
                address=to_hex(address),
                option="game-factory-address",
            )
            return self.config.poll_interval
        self._factory = DisputeGameFactory(address, self._l1, version)
        self._news("factory-reached", address=to_hex(address), version=version)
        self._said = None
        self.metrics.is_up = not self.config.wait_node_sync
        return None

    def _wait_node_sync(self, _now: float) -> float | None:
        """Wait until the node has derived all that L1 had when this began."""
        try:
            if self._sync_target is None:
                self._sync_target = self._tx_manager.block_number()
            status = self._source.sync_status()
        except (Unavailable, NotFound) as error:
            self._source_failed("node-sync", error)
            return _NODE_SYNC_POLL
        if not status.has_derived_from(self._sync_target):
            return _NODE_SYNC_POLL
        self.metrics.is_up = True
        return None

    # --- deciding

    def _poll(self, now: float) -> None:
        self.metrics.polls += 1
        try:
            head = self._l1.head()
            if self._is_old(head):
                return
            nonce = self._l1.nonce_at(self._tx_manager.address, head.hash)
        except _L1_ERRORS as error:
            self._l1_failed("l1-head", error)
            return
        games = self.games_at(head)
        try:
            # A clock that is far ahead of L1's would find every proposal long ago, at every look.
            proposal = self.fetch_dgf_output(min(now, head.time + _CLOCK_SLACK), games)
            if proposal is not None and not self._exists(games, proposal):
                self.send_transaction(
                    proposal, games.proposal_tx(self.config.game_type, proposal), head, nonce
                )
        except SourceFailed as error:
            self._source_failed("source", error)
        except _L1_ERRORS as error:
            self._l1_failed("pass", error)

    def _is_old(self, head: BlockInfo) -> bool:
        """Whether L1's node has gone back, or does not know our last proposal yet.

        Behind a load balancer are nodes of several heights: decisions by an old one propose twice. A head
        that stays where it is was a reorg, and the next pass goes by it.
        """
        before, self._head = self._head, head.number
        if head.number >= max(before, self._proposed_in):
            return False
        self.metrics.heads_went_back += 1
        self._news("head-went-back", Level.WARNING, head=head.id, before=before, proposed=self._proposed_in)
        return True

    def games_at(self, head: BlockInfo) -> ProposalGames:
        """The games after an L1 block."""
        return ProposalGames(self._factory, head.hash, self._on_unreadable)

    def fetch_dgf_output(self, now: float, games: ProposalGames) -> Proposal | None:
        """What is to be proposed; ``None`` if it is not time, or there is nothing yet.

        Raises what ``games`` and the source do, and :class:`SourceFailed`.
        """
        cutoff = now - self.config.proposal_interval
        account = self._tx_manager.address
        recent = games.has_proposed_since(account, cutoff, self.config.game_type)
        if recent is not None:
            self._news("proposed-recently", Level.DEBUG, game=recent.game, ago=now - recent.game.timestamp)
            return None
        number = self.fetch_current_block_number()
        if not number:
            self._once(("nothing", number), "nothing-to-propose", head=self.config.proposal_source.value)
            return None
        return self.fetch_output(number)

    def fetch_current_block_number(self) -> int | None:
        """Number of the L2 block to propose; ``None``, which is not 0, while the node does not know it."""
        status = self._ask("sync-status", self._source.sync_status)
        safe = self.config.proposal_source is ProposalHead.SAFE
        head = status.safe_l2 if safe else status.finalized_l2
        return None if head is None else head.number

    def fetch_output(self, number: int) -> Proposal:
        """The proposal for this block; raises :class:`SourceFailed` if the node answers for another one."""
        proposal = self._ask("output", lambda: self._source.proposal_at_sequence_number(number))
        if proposal.sequence_number != number:
            raise SourceFailed(f"block {number} was asked for, and {proposal.sequence_number} answered")
        return proposal

    def _ask(self, what: str, question: Callable[[], T]) -> T:
        """Ask the source; what it fails with is its own, not L1's."""
        try:
            return question()
        except (Unavailable, NotFound) as error:
            raise SourceFailed(f"{what}: {error}") from error

    def _exists(self, games: ProposalGames, proposal: Proposal) -> bool:
        """Whether somebody has made this very proposal: L2 stands still, or another was faster."""
        game = games.existing_game(self.config.game_type, proposal)
        if game is None:
            return False
        self.metrics.games_existed += 1
        self._once(
            ("exists", game),
            "game-exists",
            game=to_hex(game),
            block=proposal.sequence_number,
            root=to_hex(proposal.root),
        )
        return True

    # --- sending

    def send_transaction(
        self, proposal: Proposal, candidate: TxCandidate, head: BlockInfo, nonce: int
    ) -> None:
        """Have it brought onto L1, if it can be paid and ``nonce`` is still the account's.

        ``head`` and ``nonce`` are those of the pass that decided. Raises what L1 does.
        """
        if not self._can_send(candidate, head):
            return
        self._news(
            "proposing",
            block=proposal.sequence_number,
            root=to_hex(proposal.root),
            bond=candidate.value,
            l1=head.id,
        )
        # If a transaction of ours, perhaps from before a restart, is mined meanwhile, this one must not be.
        self._pending = (proposal, self._tx_manager.send_async(replace(candidate, nonce=nonce)))

    def _can_send(self, candidate: TxCandidate, head: BlockInfo) -> bool:
        """Whether the transaction would succeed and can be paid; if not, says so once, with the amounts."""
        account = self._tx_manager.address
        balance = self._l1.balance_at(account, head.hash)
        fees = 0
        if balance >= candidate.value:
            call = CallMsg(account, candidate.to, candidate.data, candidate.value)
            try:
                gas = self._l1.estimate_gas(call)
            except ExecutionReverted as error:
                reason = self._factory.bound.contract.reverted(error)
                self._once(("reverts", str(reason)), "create-reverts", Level.ERROR, error=reason)
                return False
            except TxPoolError as error:
                self._l1_failed("estimate", error)
                return False
            caps = self._tx_manager.suggest_gas_price_caps()
            fees = gas * calc_gas_fee_cap(caps.base_fee, caps.tip)
        if balance >= candidate.value + fees:
            return True
        self.metrics.unpaid += 1
        self._once(
            ("unpaid", balance, candidate.value),
            "bond-cannot-be-paid",
            Level.ERROR,
            account=to_hex(account),
            balance=balance,
            bond=candidate.value,
            fees=fees,
        )
        return False

    def _collect(self, now: float) -> None:
        """Take note of the transaction on its way, if it is done."""
        if self._pending is None or not self._pending[1].done:
            return
        (proposal, send), self._pending = self._pending, None
        if send.receipt is None:
            self._failed(now, proposal, send.error)
            return
        self._proposed_in = send.receipt.block_number
        if not send.receipt.succeeded:
            self.metrics.proposals_reverted += 1
            self._back_off(now)
            self._news(
                "proposal-reverted",
                Level.ERROR,
                tx=to_hex(send.receipt.tx_hash),
                block=proposal.sequence_number,
            )
            return
        self._failures = 0
        self._said = None
        self.metrics.proposals += 1
        self.metrics.proposed = proposal.block_ref
        self._news(
            "proposed",
            tx=to_hex(send.receipt.tx_hash),
            block=proposal.sequence_number,
            root=to_hex(proposal.root),
            l1=send.receipt.block_id,
            current_l1=proposal.current_l1,
        )

    def _failed(self, now: float, proposal: Proposal, error: SendError | None) -> None:
        if not self._running:
            return
        if isinstance(error, NonceMoved):
            self._news.failed("nonce-moved", error)
            return
        self.metrics.proposals_failed += 1
        self._back_off(now)
        self._news("proposal-failed", Level.ERROR, error=error, block=proposal.sequence_number)

    def _back_off(self, now: float) -> None:
        """Failures cost gas or time: let there be more and more of it between them."""
        self._failures += 1
        delay = self.config.poll_interval * 2.0 ** min(self._failures, 16)
        self._poll_at = now + min(delay, max(_LONGEST_BACKOFF, self.config.poll_interval))

    # --- news

    def _on_unreadable(self, game: GameMetadata, error: Exception) -> None:
        self.metrics.unreadable_games += 1
        if game not in self._said_games:
            if len(self._said_games) >= _REMEMBERED_GAMES:
                self._said_games.clear()
            self._said_games.add(game)
            self._news.failed("unreadable-game", error, index=game.index, game=to_hex(game.proxy))

    def _source_failed(self, what: str, error: Exception) -> None:
        self.metrics.source_errors += 1
        self._news.failed(f"{what}-failed", error)

    def _l1_failed(self, what: str, error: Exception) -> None:
        self.metrics.l1_errors += 1
        self._news.failed(f"{what}-failed", error)

    def _once(self, key: Hashable, event: str, level: Level = Level.INFO, **details: Any) -> None:
        """Tell something that would be the same at each poll only when it is new."""
        if key != self._said:
            self._said = key
            self._news(event, level, **details)
