"""What an honest player does next in a game.

The player knows the true trace, and goes through the claims in the order in which they were made. Each is
either to be ignored or to be answered, and then it is defended if its value is true and attacked if not:

* Its own claims it never counters. Whoever made them: a claim is its own if it says what the player would
  say in the same place.
* A claim that counters one of its own is always answered.
* A claim beside one of its own, in answer to the same parent, is answered unless it commits to a later step:
  the leftmost claim that stands gets the parent's bond, so one further right can only freeload.
* All others answer claims that the player has ignored, and are ignored too.

What it would answer counts as said at once, even before it is posted: later claims are judged by it. So when
the trace cannot be known for one claim, all after it are left alone.

Specification: fault-proof/stage-one/honest-challenger-fdg.md; fault-proof/stage-one/fault-dispute-game.md,
"Freeloader Claims".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pyoprollup.challenger.game.actions import Action, ChallengeL2BlockNumber, Move, Step
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.errors import GameError
from pyoprollup.challenger.game.honest_claims import HonestClaims
from pyoprollup.challenger.game.trace import TraceAccessor
from pyoprollup.errors import RollupError

__all__ = ["GameSolver", "Judgement", "NextActions", "judge", "should_counter"]


@dataclass(frozen=True, slots=True)
class NextActions:
    """What is to be done, in the order of the claims that it answers.

    With an ``error`` the search ended early: the trace could not be known. The actions before it stand.
    """

    actions: tuple[Action, ...]
    error: RollupError | None = None


class GameSolver:
    """Honest play over a trace. It keeps nothing between two games, or two looks at one."""

    def __init__(self, trace: TraceAccessor) -> None:
        self._trace = trace

    def agree_with_root_claim(self, game: Game) -> bool:
        """Whether the root claim is true.

        Raises what the trace does, and :class:`GameError` if there is no claim.
        """
        if not game.claims:
            raise GameError("a game without a root claim")
        return self._agree_with_claim(game, game.claims[0])

    def calculate_next_actions(self, game: Game) -> NextActions:
        """All that an honest player does in this state of a game. Raises nothing of the trace's."""
        actions: list[Action] = []
        try:
            agree_with_root = self.agree_with_root_claim(game)
            if agree_with_root:
                # Only with the same output as the claim's do we have the pre-image that proves its number.
                challenge = self._trace.get_l2_block_number_challenge(game)
                if challenge is not None:
                    return NextActions((ChallengeL2BlockNumber(challenge),))
            honest = HonestClaims()
            if agree_with_root:
                honest.add_honest_claim(None, game.claims[0])
            for claim in game.claims:
                action = self._answer(game, claim, honest)
                if action is not None:
                    actions.append(action)
        except RollupError as exc:
            return NextActions(tuple(actions), exc)
        return NextActions(tuple(actions))

    def honest_answer(self, game: Game, claim: Claim, honest: HonestClaims) -> Claim | None:
        """The claim that an honest player answers with, posted or not; ``None`` if it gives no answer."""
        if not should_counter(game, claim, honest):
            return None
        agree = self._agree_with_claim(game, claim)
        if agree and claim.is_root:
            return None  # The root has no right sibling: whoever agrees with it waits.
        position = claim.position.defend() if agree else claim.position.attack()
        return Claim(self._trace.get(game, claim, position), position, claim.index, -1)

    def _answer(self, game: Game, claim: Claim, honest: HonestClaims) -> Action | None:
        if claim.depth == game.max_depth:
            return self._step(game, claim, honest)
        return self._move(game, claim, honest)

    def _move(self, game: Game, claim: Claim, honest: HonestClaims) -> Move | None:
        answer = self.honest_answer(game, claim, honest)
        if answer is None:
            return None
        honest.add_honest_claim(claim, answer)
        if game.is_duplicate(answer):
            return None
        return Move(claim, not answer.position.right_of(claim.position), answer.value)

    def _step(self, game: Game, claim: Claim, honest: HonestClaims) -> Step | None:
        if claim.is_countered or not should_counter(game, claim, honest):
            return None
        agree = self._agree_with_claim(game, claim)
        # An attack executes the step that the claim is about, a defence the next one.
        position = claim.position.move_right() if agree else claim.position
        data = self._trace.get_step_data(game, claim, position)
        return Step(claim, not agree, data.prestate, data.proof, data.preimage)

    def _agree_with_claim(self, game: Game, claim: Claim) -> bool:
        return self._trace.get(game, claim, claim.position) == claim.value


class Judgement(Enum):
    """What an honest player thinks of a claim, before it looks at what is claimed."""

    OWN = "it says what an honest player says here"
    ROOT = "the root claim is wrong"
    COUNTERS_OWN = "it counters an honest claim"
    BESIDE_OWN = "it stands beside an honest claim, and not to its right: it could take the bond"
    RIGHT_OF_OWN = "it stands to the right of an honest claim: it cannot take the bond"
    IGNORED = "it answers a claim that is ignored"

    @property
    def is_countered(self) -> bool:
        """Whether such a claim is answered."""
        return self in (Judgement.ROOT, Judgement.COUNTERS_OWN, Judgement.BESIDE_OWN)


def judge(game: Game, claim: Claim, honest: HonestClaims) -> Judgement:
    """What an honest player thinks of a claim, by the rules above."""
    if honest.is_honest(claim):
        return Judgement.OWN
    parent = game.parent(claim)
    if parent is None:
        return Judgement.ROOT
    if honest.is_honest(parent):
        return Judgement.COUNTERS_OWN
    counter = honest.honest_counter(parent)
    if counter is None:
        return Judgement.IGNORED
    depth = game.max_depth
    beside = claim.position.trace_index(depth) <= counter.position.trace_index(depth)
    return Judgement.BESIDE_OWN if beside else Judgement.RIGHT_OF_OWN


def should_counter(game: Game, claim: Claim, honest: HonestClaims) -> bool:
    """Whether an honest player answers a claim."""
    return judge(game, claim, honest).is_countered
