"""The checks of ``agent_act``: one look of the honest player at a game."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pyoprollup.challenger.agent import Agent, AgentConfig, Delays
from pyoprollup.challenger.game.actions import Action
from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.clock import Clock, chess_clock
from pyoprollup.challenger.game.solver import GameSolver, NextActions
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.pinned_game import GameReads
from pyoprollup.challenger.responder import FaultResponder
from pyoprollup.challenger.trace.access import SimpleTraceAccessor
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider
from pyoprollup.eth.types import ZERO_ADDRESS, address_from_hex
from pyoprollup.events import News
from pyoprollup.sources.l1 import CallFailed
from pyoprollup.vectors.core import Case, expect, register
from pyoprollup.vectors.game_formats import action_json, number, read_claim

__all__ = ["check_act", "check_clock"]


@register("agent_act", "clocks")
def check_clock(case: Case) -> None:
    """A clock in a word."""
    clock = Clock.unpack(number(case["packed"]))
    # The reference takes the timestamp for a signed number.
    expect("clock", (case["duration"], case["timestamp"] % 2**64), (clock.duration, clock.timestamp))
    expect("packed", number(case["packed"]), clock.pack())


@register("agent_act", "act")
def check_act(case: Case) -> None:
    """What the player asks and sends while it resolves, what it does then, and how long it waits before."""
    view, delays = _View(case), _Delays()
    config = AgentConfig(
        ZERO_ADDRESS,
        case["max_clock"],
        [address_from_hex(claimant) for claimant in case["claimants"]],
        case["selective"],
        case["response_delay"] or 0,
        case["response_delay_after"] or 0,
    )
    trace = SimpleTraceAccessor(AlphabetTraceProvider(number(case["start_block"]), case["max_depth"]))
    agent = Agent(config, _LastFirst(trace), delays, ChallengerMetrics(), News("vectors"))
    responder = _Responder(view)
    agent.act(view, responder, case["now"])
    expect("calls", case["calls"] or [], view.calls)
    expect("actions", _sorted(case["actions"] or []), _sorted(map(action_json, responder.actions)))
    expect("delays", case["delays"] or [], delays.waited)
    clocks = [view.elapsed(claim) for claim in view.claims()]
    expect("elapsed", case["elapsed"], clocks)


def _sorted(actions: Any) -> list[str]:
    return sorted(json.dumps(action, sort_keys=True) for action in actions)


class _LastFirst(GameSolver):
    """The reference begins all actions at once, and in its recordings the last of them came first.

    It matters for which of them are held back, as those before count.
    """

    def calculate_next_actions(self, game: Game) -> NextActions:
        found = GameSolver.calculate_next_actions(self, game)
        return NextActions((*found.actions[-1:], *found.actions[:-1]), found.error)


class _Delays(Delays):
    def __init__(self) -> None:
        self.waited: list[int] = []

    def hold(self, _action: Action, seconds: int) -> None:
        self.waited.append(seconds)


class _View(GameReads):
    """A contract that lets a claim be resolved once its clock is over and all that answers it is resolved."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._claims = [read_claim(claim) for claim in case["claims"]]
        self._resolved = set(case["resolved_before"] or ())
        self.calls: list[Any] = []

    def elapsed(self, claim: Claim) -> int:
        """Seconds on the clock against a claim."""
        parent = None if claim.is_root else self._claims[claim.parent_index].clock
        return chess_clock(self._case["now"], claim.clock, parent)

    def claims(self) -> Sequence[Claim]:
        return self._claims

    def game(self, claims: Sequence[Claim]) -> Game:
        return Game(claims, self._case["max_depth"])

    def is_l2_block_number_challenged(self) -> bool:
        challenged: bool = self._case["l2_block_challenged"]
        return challenged

    def clock_extension(self) -> int:
        extension: int = self._case["clock_extension"]
        return extension

    def call_resolve(self) -> GameStatus:
        self.calls.append({"call": "call_resolve"})
        if 0 not in self._resolved:
            raise CallFailed("the root claim is not resolved")
        return GameStatus.DEFENDER_WON

    def call_resolve_claim(self, claim_index: int) -> None:
        answers = [claim.index for claim in self._claims if claim.parent_index == claim_index]
        ok = (
            claim_index not in self._resolved
            and self.elapsed(self._claims[claim_index]) >= self._case["max_clock"]
            and self._resolved.issuperset(answers)
        )
        self.calls.append({"call": "call_resolve_claim", "claim": claim_index, "ok": ok})
        if not ok:
            raise CallFailed("the claim cannot be resolved")

    def resolve(self) -> None:
        """The game is over."""
        self.calls.append({"call": "resolve"})

    def resolve_claims(self, indices: Sequence[int]) -> None:
        """These claims are."""
        self.calls.append({"call": "resolve_claims", "claims": list(indices)})
        self._resolved.update(indices)


class _Responder(FaultResponder):
    """Takes note of what it is to do."""

    def __init__(self, view: _View) -> None:
        self._told = view
        self.actions: list[Action] = []

    def call_resolve(self) -> GameStatus:
        return self._told.call_resolve()

    def resolve(self) -> None:
        self._told.resolve()

    def call_resolve_claim(self, claim_index: int) -> None:
        self._told.call_resolve_claim(claim_index)

    def resolve_claims(self, claim_indices: Sequence[int]) -> None:
        self._told.resolve_claims(claim_indices)

    def perform_action(self, action: Action) -> None:
        self.actions.append(action)
