"""A game explained: of each claim what an honest player thinks of it, and what it does about it, and why.

It is the reasoning of :mod:`~pyoprollup.challenger.game.solver`, claim by claim, in words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyoprollup.challenger.game.actions import Action, ChallengeL2BlockNumber, Move, Step
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.honest_claims import HonestClaims
from pyoprollup.challenger.game.resolution import resolve
from pyoprollup.challenger.game.solver import GameSolver, Judgement, NextActions, judge
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.game.trace import TraceAccessor
from pyoprollup.challenger.register import OpenGame
from pyoprollup.errors import RollupError
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import Address, to_hex

__all__ = ["ClaimSheet", "GameFacts", "GameSheet", "explain_game", "explain_open_game", "shown_action"]


@dataclass(frozen=True, slots=True)
class GameFacts:
    """A game besides its claims. Times in seconds; ``now`` is L1's."""

    address: Address
    game_type: int
    status: GameStatus
    l2_block: int
    split_depth: int
    max_clock_duration: int
    now: int
    l2_block_challenged: bool = False


@dataclass(frozen=True, slots=True)
class ClaimSheet:
    """A claim, and what is to be said of it.

    ``kind`` is ``root``, ``attack`` or ``defend``. ``elapsed`` is on the clock against it, in seconds.
    ``agree`` is whether the trace says the same, ``None`` if that cannot be told.
    """

    claim: Claim
    kind: str
    trace_index: int
    elapsed: int
    agree: bool | None
    judgement: Judgement | None
    answer: str
    """What is done about it, a sentence; empty if nothing is."""

    def to_json(self) -> dict[str, Any]:
        """What is printed as JSON; numbers that may be wide are strings."""
        claim = self.claim
        return {
            "index": claim.index,
            "parent": None if claim.is_root else claim.parent_index,
            "kind": self.kind,
            "depth": claim.depth,
            "position": str(claim.position.gindex),
            "trace_index": str(self.trace_index),
            "value": to_hex(claim.value),
            "claimant": to_hex(claim.claimant),
            "countered_by": to_hex(claim.countered_by) if claim.is_countered else None,
            "bond": str(claim.bond),
            "clock": {"duration": claim.clock.duration, "timestamp": claim.clock.timestamp},
            "elapsed": self.elapsed,
            "agree": self.agree,
            "judgement": None if self.judgement is None else self.judgement.name.lower(),
            "reason": None if self.judgement is None else self.judgement.value,
            "answer": self.answer,
        }


@dataclass(frozen=True, slots=True)
class GameSheet:
    """A whole game. ``forecast`` is how it ends if nobody says anything more."""

    facts: GameFacts
    game: Game
    claims: tuple[ClaimSheet, ...]
    next_actions: NextActions
    forecast: GameStatus
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The whole, as it is printed as JSON; numbers that may be wide are strings."""
        facts = self.facts
        return {
            "game": to_hex(facts.address),
            "type": facts.game_type,
            "status": str(facts.status).lower(),
            "l2_block": str(facts.l2_block),
            "max_depth": self.game.max_depth,
            "split_depth": facts.split_depth,
            "max_clock_duration": facts.max_clock_duration,
            "now": facts.now,
            "l2_block_challenged": facts.l2_block_challenged,
            "forecast": str(self.forecast).lower(),
            "claims": [claim.to_json() for claim in self.claims],
            "next": [shown_action(action) for action in self.next_actions.actions],
            "unknown": None if self.next_actions.error is None else str(self.next_actions.error),
            "notes": list(self.notes),
        }


def shown_action(action: Action) -> str:
    """An action in words."""
    match action:
        case ChallengeL2BlockNumber():
            return "prove that the claimed block number is wrong"
        case Move(parent, is_attack, value):
            return f"{'attack' if is_attack else 'defend'} claim {parent.index} with {to_hex(value)}"
        case Step(parent, is_attack):
            return f"step against claim {parent.index}, as {'an attack' if is_attack else 'a defence'}"


def explain_game(game: Game, facts: GameFacts, trace: TraceAccessor) -> GameSheet:
    """Explain a game by what is true in it. Raises :class:`GameError` for one without claims."""
    solver = GameSolver(trace)
    found = solver.calculate_next_actions(game)
    by_claim = {a.parent.index: a for a in found.actions if not isinstance(a, ChallengeL2BlockNumber)}
    explainer = _Explainer(game, facts, trace, solver)
    sheets = tuple(explainer.sheet(claim, by_claim.get(claim.index)) for claim in game.claims)
    notes = []
    if any(isinstance(action, ChallengeL2BlockNumber) for action in found.actions):
        notes.append("the root is that of another block than the game says: one proof ends the game")
    if facts.l2_block_challenged:
        notes.append("the block number was proven wrong: the root claim has lost, whatever is said below it")
    if found.error is not None:
        notes.append(f"not all can be told: {found.error}")
    return GameSheet(facts, game, sheets, found, resolve(game).status, tuple(notes))


def explain_open_game(opened: OpenGame, game_type: int, head: L1BlockRef) -> GameSheet:
    """Explain a game as it stands after an L1 block, by what our nodes know.

    Raises :class:`~pyoprollup.errors.Unavailable` where they cannot judge it, and what reads of L1 do.
    """
    contract, block = opened.contract, head.hash
    opened.nodes.refresh()
    about = contract.extended_metadata(block)
    facts = GameFacts(
        contract.address,
        game_type,
        about.status,
        about.l2_sequence_number,
        opened.depths.split_depth,
        about.max_clock_duration,
        head.time,
        about.l2_block_number_challenged,
    )
    sheet = explain_game(contract.game(block), facts, opened.trace)
    opened.nodes.confirm()
    return sheet


class _Explainer:
    """Goes through the claims in their order, as the solver does."""

    def __init__(self, game: Game, facts: GameFacts, trace: TraceAccessor, solver: GameSolver) -> None:
        self._game = game
        self._facts = facts
        self._trace = trace
        self._solver = solver
        self._honest = HonestClaims()
        self._unknown = False
        """Whether the trace had no answer: what comes after cannot be judged."""

    def sheet(self, claim: Claim, action: Move | Step | None) -> ClaimSheet:
        game = self._game
        agree = self._agree(claim)
        if claim.is_root and agree:
            self._honest.add_honest_claim(None, claim)
        judgement = None if self._unknown else judge(game, claim, self._honest)
        answer = self._answer(claim, judgement, action)
        kind = "root" if claim.is_root else "defend" if game.defends_parent(claim) else "attack"
        elapsed = min(game.chess_clock(self._facts.now, claim), self._facts.max_clock_duration)
        index = claim.position.trace_index(game.max_depth)
        return ClaimSheet(claim, kind, index, elapsed, agree, judgement, answer)

    def _agree(self, claim: Claim) -> bool | None:
        try:
            return self._trace.get(self._game, claim, claim.position) == claim.value
        except RollupError:
            self._unknown = True
            return None

    def _answer(self, claim: Claim, judgement: Judgement | None, action: Move | Step | None) -> str:
        if judgement is None or not judgement.is_countered:
            return ""
        if claim.depth == self._game.max_depth:
            if claim.is_countered:
                return "it was stepped against"
            return "" if action is None else shown_action(action)
        try:
            answer = self._solver.honest_answer(self._game, claim, self._honest)
        except RollupError:
            self._unknown = True
            return ""
        if answer is None:
            return ""
        self._honest.add_honest_claim(claim, answer)
        if action is not None:
            return shown_action(action)
        made = next(other for other in self._game.claims if other.key == answer.key)
        return f"claim {made.index} is the answer"
