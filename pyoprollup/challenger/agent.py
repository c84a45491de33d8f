"""The honest player of one game: at each look it resolves what can be resolved, and answers what was said.

Specification: fault-proof/stage-one/honest-challenger-fdg.md, "Fault Dispute Game Responses", "Resolution".
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pyoprollup.challenger.game.actions import Action, ChallengeL2BlockNumber, Move, Step
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.clock import chess_clock
from pyoprollup.challenger.game.solver import GameSolver
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.pinned_game import GameReads
from pyoprollup.challenger.responder import FaultResponder
from pyoprollup.challenger.sender import InFlight
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.types import Address
from pyoprollup.events import Level, News

__all__ = ["Agent", "AgentConfig", "Contradiction", "Delays", "HeldBack"]


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """How a player plays: ``account`` makes the moves, and bonds of any of the ``claimants`` are ours.

    In ``selective`` mode only claims that pay one of these are resolved, and never the game. An answer is
    held back for ``response_delay`` seconds, once ``response_delay_after`` answers were given in the game.
    """

    account: Address
    max_clock_duration: int
    claimants: Collection[Address]
    selective: bool = False
    response_delay: int = 0
    response_delay_after: int = 0


class HeldBack(Unavailable):
    """An answer has to wait."""


class Delays(Protocol):
    """Holds back answers, so that the game goes slowly."""

    @abstractmethod
    def hold(self, action: Action, seconds: int) -> None:
        """Return when the action may be performed; raises :class:`HeldBack` if nobody waits for that."""


class Contradiction(RollupError):
    """The trace says now that a claim of our own is wrong. One of its answers was, so no move is made."""


class Agent:
    """An honest player. It keeps the number of its answers, and nothing else."""

    def __init__(
        self,
        config: AgentConfig,
        solver: GameSolver,
        delays: Delays,
        metrics: ChallengerMetrics,
        news: News,
    ) -> None:
        self._config = config
        self._solver = solver
        self._delays = delays
        self._metrics = metrics
        self._news = news
        self._responses = 0

    def act(
        self,
        view: GameReads,
        responder: FaultResponder,
        now: int,
        check_trace: Callable[[], None] = lambda: None,
    ) -> None:
        """One look at the game; ``now`` is L1's time in seconds.

        What time has decided is resolved in any case. What was said is answered in the same look: in a game
        with many claims there is something to resolve in every block, and clocks do not wait. Before the
        trace is asked ``check_trace`` is called, which may raise. Raises that, and what ``view`` does where
        nothing can be done at all. What fails for one claim or action alone is told, and the others are dealt
        with.
        """
        if self._try_resolve(view, responder, now):
            return
        if view.is_l2_block_number_challenged():
            return  # The root claim has lost, whatever is said below it.
        game = view.game(view.claims())
        check_trace()
        found = self._solver.calculate_next_actions(game)
        if found.error is not None:
            self._news.failed("moves-unknown", found.error)
        self._check(found.actions)
        for action in found.actions:
            self._perform(view, responder, game, action, now)

    def _check(self, actions: Sequence[Action]) -> None:
        """No action counters what we have claimed ourselves; raises :class:`Contradiction`."""
        for action in actions:
            if isinstance(action, ChallengeL2BlockNumber):
                continue
            if action.parent.claimant == self._config.account:
                raise Contradiction(
                    f"claim {action.parent.index} is ours, and the trace says that it is wrong"
                )

    # --- answers

    def _perform(
        self, view: GameReads, responder: FaultResponder, game: Game, action: Action, now: int
    ) -> None:
        config = self._config
        try:
            is_late = config.response_delay and self._responses >= config.response_delay_after
            if is_late and not self._is_urgent(view, game, action, now):
                self._delays.hold(action, config.response_delay)
            self._count(action)
            responder.perform_action(action)
        except HeldBack:
            return
        except InFlight:
            self._responses += 1
        except RollupError as error:
            self._news("action-failed", Level.ERROR, error=error, **_shown(action))
        else:
            self._responses += 1

    def _is_urgent(self, view: GameReads, game: Game, action: Action, now: int) -> bool:
        """Whether our clock is in its last extension, or would be after the delay."""
        if isinstance(action, ChallengeL2BlockNumber):
            parent = game.claims[0]
        else:
            parent = action.parent
        try:
            last = self._config.max_clock_duration - view.clock_extension()
        except RollupError as error:
            self._news.failed("clock-extension-unknown", error)
            return True
        return game.chess_clock(now, parent) + self._config.response_delay > last

    def _count(self, action: Action) -> None:
        match action:
            case Move():
                self._metrics.moves += 1
            case Step():
                self._metrics.steps += 1
            case ChallengeL2BlockNumber():
                self._metrics.l2_challenges += 1
        self._news("acting", **_shown(action))

    # --- resolution

    def _try_resolve(self, view: GameReads, responder: FaultResponder, now: int) -> bool:
        """Resolve what can be; whether the game is over, or would be if the transaction did not fail."""
        try:
            if not self._resolve_claims(view, responder, now) or self._config.selective:
                return False
        except InFlight:
            return False
        try:
            if responder.call_resolve() is GameStatus.IN_PROGRESS:
                return False
        except RollupError:
            return False
        self._news("resolving-game")
        self._try("resolve-failed", responder.resolve)
        return True

    def _resolve_claims(self, view: GameReads, responder: FaultResponder, now: int) -> bool:
        """Resolve claims from the bottom up, as far as it goes; whether the claims could be read.

        Each round resolves what the one before made possible, so there are no more of them than claims. The
        first that fails is the last: it would fail again.
        """
        try:
            rounds = len(view.claims()) + 1
            while rounds and (found := self._resolvable(view, responder, now)):
                rounds -= 1
                self._news("resolving-claims", claims=found)
                if not self._try("resolve-claims-failed", lambda: responder.resolve_claims(found)):
                    break
        except InFlight:
            raise
        except RollupError as error:
            self._news("claims-unreadable", Level.ERROR, error=error)
            return False
        return True

    def _try(self, what: str, send: Callable[[], None]) -> bool:
        try:
            send()
        except InFlight:
            raise
        except RollupError as error:
            self._news(what, Level.ERROR, error=error)
            return False
        return True

    def _resolvable(self, view: GameReads, responder: FaultResponder, now: int) -> list[int]:
        claims = view.claims()
        found = []
        for claim in claims:
            parent = None if claim.is_root else claims[claim.parent_index].clock
            clock = chess_clock(now, claim.clock, parent)
            if clock <= self._config.max_clock_duration or not self._pays(claim):
                continue
            try:
                responder.call_resolve_claim(claim.index)
            except RollupError:
                continue  # Resolved already, or a claim below it is not.
            found.append(claim.index)
        return found

    def _pays(self, claim: Claim) -> bool:
        """Whether the claim is to be resolved by us: in selective mode, whether the bond comes to us."""
        if not self._config.selective:
            return True
        return (claim.countered_by if claim.is_countered else claim.claimant) in self._config.claimants


def _shown(action: Action) -> dict[str, Any]:
    if isinstance(action, ChallengeL2BlockNumber):
        return {"action": "challenge-l2-block"}
    kind = "step" if isinstance(action, Step) else "move"
    return {"action": kind, "attack": action.is_attack, "claim": action.parent.index}
