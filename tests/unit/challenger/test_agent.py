"""One look of an honest player at a game: what it resolves, and what it answers otherwise."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.challenger.agent import Agent, AgentConfig, Contradiction, Delays, HeldBack
from pyoprollup.challenger.game.actions import Action, ChallengeL2BlockNumber, Move
from pyoprollup.challenger.game.clock import Clock
from pyoprollup.challenger.game.solver import GameSolver
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge, TraceAccessor
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.sender import InFlight, TransactionReverted
from pyoprollup.challenger.trace.access import SimpleTraceAccessor
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from tests.disputes import chain as l2
from tests.unit.challenger.game.support import HONEST, LIAR, OTHER, Tree, lie
from tests.unit.challenger.support import Responder, Told, View

MAX, START = 1_000, 50_000
OVER = START + MAX + 1
"""When all clocks of claims that were made at the start have run out."""


class Waiting(Delays):
    """Takes note of what it is to hold back."""

    def __init__(self) -> None:
        self.seconds: list[int] = []
        self.holds = False

    def hold(self, _action: Action, seconds: int) -> None:
        self.seconds.append(seconds)
        if self.holds:
            raise HeldBack


class Play:
    """A player and its game."""

    def __init__(
        self,
        tree: Tree,
        *,
        claimants: Collection[Address] = (HONEST,),
        selective: bool = False,
        delay: int = 0,
        after: int = 0,
        trace: TraceAccessor | None = None,
    ) -> None:
        for claim in tree.claims:
            if claim.clock == Clock(0, 0):
                tree.claims[claim.index] = replace(claim, clock=Clock(0, START))
        self.view = View(tree.claims, tree.depth)
        self.responder = Responder(self.view)
        self.delays = Waiting()
        self.metrics = ChallengerMetrics()
        self.told = Told()
        self.checked = 0
        config = AgentConfig(HONEST, MAX, claimants, selective, delay, after)
        solver = GameSolver(trace or tree.trace)
        self.agent = Agent(config, solver, self.delays, self.metrics, self.told.news)

    def look(self, now: int) -> None:
        def check() -> None:
            self.checked += 1

        self.agent.act(self.view, self.responder, now, check)

    @property
    def answered(self) -> list[int]:
        return [action.parent.index for action in self.responder.did if isinstance(action, Move)]


def disputed() -> Tree:
    """A false root with our answer, and two lies against that."""
    tree = Tree(true_root=False)
    tree.attack(0, claimant=HONEST)
    tree.attack(1, lie(1))
    tree.attack(1, lie(2))
    return tree


# --- in which order


def test_while_clocks_run_claims_are_answered_and_no_resolution_is_tried() -> None:
    play = Play(disputed())
    play.look(START + MAX)
    assert play.answered == [2, 3]
    assert not [asked for asked in play.view.asked if asked.startswith("call_resolve_claim")]
    assert play.checked == 1 and play.metrics.moves == 2


@pytest.mark.parametrize(("elapsed", "tries"), [(MAX - 1, False), (MAX, False), (MAX + 1, True)])
def test_a_claim_is_tried_once_its_clock_is_past_the_maximum(elapsed: int, tries: bool) -> None:
    """Public failure 15: the contract resolves from the maximum on, and we are never too early."""
    play = Play(disputed())
    play.look(START + elapsed)
    assert any(asked.startswith("call_resolve_claim") for asked in play.view.asked) is tries


def test_claims_are_resolved_from_the_bottom_up_and_then_the_game() -> None:
    play = Play(disputed())
    play.look(OVER)
    assert play.responder.did == [[2, 3], [1], [0], "resolve"]
    assert play.answered == [] and play.checked == 0
    assert "challenged" not in play.view.asked


def test_leaves_that_pay_somebody_else_are_resolved_too() -> None:
    """Public failure 18: else the game could not be, or bonds would stay in it."""
    tree = disputed()
    tree.attack(0, lie(7), OTHER)
    tree.attack(4, lie(8), LIAR)
    play = Play(tree)
    play.look(OVER)
    assert sorted(index for did in play.responder.did[:-1] for index in did) == list(range(6))


def test_a_claim_with_very_many_answers_is_resolved_in_parts() -> None:
    """Public failure 19: it is tried again until it is done, and not for ever."""
    tree = Tree(true_root=False)
    for number in range(600):
        tree.attack(0, lie(number))
    play = Play(tree)
    play.view.resolved = set(range(1, 601))
    parts = 0

    def in_parts(what: Any) -> RollupError | None:
        nonlocal parts
        parts += isinstance(what, list)
        return InFlight("on its way") if parts < 12 else None

    play.responder.fails = in_parts
    for _ in range(12):
        play.look(OVER)
    assert [what for what in play.responder.did if not isinstance(what, Move)] == [[0]] * 12 + ["resolve"]


def test_a_resolution_that_fails_does_not_spin() -> None:
    play = Play(disputed())
    play.responder.fails = lambda _what: TransactionReverted("out of gas")
    play.look(OVER)
    assert [did for did in play.responder.did if isinstance(did, list)] == [[2, 3]]
    assert play.told.events().count("resolve-claims-failed") == 1


def test_a_contract_that_lets_claims_be_resolved_again_and_again_ends_the_pass() -> None:
    """The rounds are bounded by the number of claims."""
    play = Play(disputed())

    def forget(_what: Any) -> RollupError | None:
        play.view.resolved.clear()
        return None

    play.view.call_resolve_claim = lambda _index: None  # type: ignore[method-assign]
    play.responder.fails = forget
    play.look(OVER)
    assert len(play.responder.did) <= len(play.view.said) + 2


def test_a_game_whose_end_is_sent_is_not_played_even_if_sending_fails() -> None:
    play = Play(disputed())
    play.view.resolved = {0, 1, 2, 3}
    play.responder.fails = lambda _what: TransactionReverted("somebody was faster")
    play.look(OVER)
    assert play.responder.did == ["resolve"] and "resolve-failed" in play.told.events()


def test_answers_do_not_wait_for_resolutions() -> None:
    """With many claims there is something to resolve in every block, and nothing would ever be answered."""
    play = Play(disputed())
    play.view.said[3] = replace(play.view.said[3], clock=Clock(0, OVER - 1))
    play.responder.fails = lambda _what: InFlight("on its way")
    play.look(OVER)
    assert play.responder.did[0] == [2] and 3 in play.answered


def test_a_game_whose_end_is_on_its_way_is_not_played() -> None:
    play = Play(disputed())
    play.view.resolved = {0, 1, 2, 3}
    play.responder.fails = lambda _what: InFlight("on its way")
    with pytest.raises(InFlight):
        play.look(OVER)
    assert play.responder.did == ["resolve"]


# --- selective resolution


@pytest.mark.parametrize(
    ("claimant", "countered_by", "pays"),
    [
        (HONEST, ZERO_ADDRESS, True),
        (OTHER, ZERO_ADDRESS, True),
        (LIAR, ZERO_ADDRESS, False),
        (LIAR, HONEST, True),
        (LIAR, OTHER, True),
        (HONEST, LIAR, False),
        (OTHER, LIAR, False),
    ],
)
def test_in_selective_mode_a_claim_is_resolved_if_it_pays_us(
    claimant: Address, countered_by: Address, pays: bool
) -> None:
    tree = Tree(true_root=False)
    tree.attack(0, claimant=claimant)
    tree.claims[1] = replace(tree.claims[1], countered_by=countered_by)
    play = Play(tree, claimants=(HONEST, OTHER), selective=True)
    play.look(OVER)
    assert ([1] in play.responder.did) is pays
    assert "resolve" not in play.responder.did and "call_resolve" not in play.view.asked


# --- what is not known


def test_claims_that_cannot_be_read_lead_to_nothing() -> None:
    play = Play(disputed())
    play.view.fails["claims"] = Unavailable("down")
    with pytest.raises(Unavailable):
        play.look(OVER)
    assert play.responder.did == [] and "claims-unreadable" in play.told.events()


def test_an_unknown_challenge_leads_to_nothing() -> None:
    play = Play(disputed())
    play.view.fails["challenged"] = Unavailable("down")
    with pytest.raises(Unavailable):
        play.look(START + 1)
    assert play.responder.did == []


def test_a_root_whose_number_is_proven_wrong_needs_no_answers() -> None:
    play = Play(disputed())
    play.view.challenged = True
    play.look(START + 1)
    assert play.responder.did == [] and play.checked == 0


def test_a_trace_that_must_not_be_asked_leads_to_nothing_but_resolution() -> None:
    """What time has decided is resolved whether or not the node is in sync."""
    play = Play(disputed())

    def not_in_sync() -> None:
        raise Unavailable("not in sync")

    with pytest.raises(Unavailable):
        play.agent.act(play.view, play.responder, START + 1, not_in_sync)
    assert play.responder.did == []
    play.agent.act(play.view, play.responder, OVER, not_in_sync)
    assert play.responder.did[-1] == "resolve"


def test_what_was_found_before_the_trace_failed_is_done() -> None:
    tree = disputed()
    play = Play(tree)

    class Half(AlphabetTraceProvider):
        asked = 0

        def get(self, position: Any) -> Any:
            Half.asked += position == tree.claims[3].position
            if Half.asked == 2:
                raise Unavailable("down")
            return AlphabetTraceProvider.get(self, position)

    play.agent._solver = GameSolver(SimpleTraceAccessor(Half(0, tree.depth)))
    play.look(START + 1)
    assert play.answered == [2] and "moves-unknown" in play.told.events()


def test_our_own_claim_is_never_countered() -> None:
    """The trace has changed its mind: one of its answers was wrong, and nobody knows which."""
    tree = Tree(true_root=False)
    tree.attack(0, lie(5), HONEST)
    tree.attack(0, lie(6), LIAR)
    play = Play(tree)
    with pytest.raises(Contradiction):
        play.look(START + 1)
    assert play.responder.did == []


# --- what fails


def test_an_action_that_fails_stops_no_other() -> None:
    play = Play(disputed())
    play.responder.fails = lambda what: TransactionReverted("no") if what.parent.index == 2 else None
    play.look(START + 1)
    assert play.answered == [2, 3]
    assert play.told.events().count("action-failed") == 1


def test_actions_on_their_way_stop_no_other() -> None:
    play = Play(disputed())
    play.responder.fails = lambda _what: InFlight("on its way")
    play.look(START + 1)
    assert play.answered == [2, 3] and "action-failed" not in play.told.events()


# --- delays


def test_answers_are_held_back_from_a_number_on() -> None:
    play = Play(disputed(), delay=60, after=1)
    play.look(START + 1)
    assert play.answered == [2, 3] and play.delays.seconds == [60]


def test_what_is_held_back_is_not_done() -> None:
    play = Play(disputed(), delay=60)
    play.delays.holds = True
    play.look(START + 1)
    assert play.answered == [] and play.metrics.moves == 0 and "action-failed" not in play.told.events()


@pytest.mark.parametrize(
    ("elapsed", "waits"),
    [(MAX - 300 - 60 - 1, True), (MAX - 300 - 60, True), (MAX - 300 - 60 + 1, False), (MAX - 10, False)],
)
def test_no_answer_waits_into_the_last_extension(elapsed: int, waits: bool) -> None:
    play = Play(disputed(), delay=60)
    play.view.extension = 300
    play.look(START + elapsed)
    assert play.answered == [2, 3] and play.delays.seconds == ([60, 60] if waits else [])


def test_without_a_known_extension_nothing_waits() -> None:
    play = Play(disputed(), delay=60)
    play.view.fails["extension"] = Unavailable("down")
    play.look(START + 1)
    assert play.answered == [2, 3] and play.delays.seconds == []


def test_without_a_delay_nobody_asks_for_the_extension() -> None:
    play = Play(disputed())
    play.look(START + 1)
    assert "extension" not in play.view.asked


# --- the block number


class WrongNumber(AlphabetTraceProvider):
    def get_l2_block_number_challenge(self) -> L2BlockNumberChallenge:
        return L2BlockNumberChallenge(l2.output(5), l2.header(5))


def test_a_wrong_number_is_challenged_on_the_roots_clock() -> None:
    tree = Tree(true_root=True)
    play = Play(tree, delay=60, trace=SimpleTraceAccessor(WrongNumber(0, tree.depth)))
    play.look(START + 1)
    assert [type(action) for action in play.responder.did] == [ChallengeL2BlockNumber]
    assert play.metrics.l2_challenges == 1 and play.delays.seconds == [60]
