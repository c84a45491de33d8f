"""The player of a game, and what it plays with: one look at a time, by one L1 block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from pyoprollup.challenger.contracts import GameDepths
from pyoprollup.challenger.fault_actor import FaultActor
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.pinned_game import PinnedGame
from pyoprollup.challenger.player import Actor, GamePlayer, InvalidPrestate, NotInSync, PassResult, Validator
from pyoprollup.challenger.sender import InFlight, Outbox, Outgoing
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.events import NEVER
from pyoprollup.txmgr import TxCandidate
from tests.unit.challenger.game.support import HONEST
from tests.unit.challenger.support import TO, Told, head

SENT = Outgoing("purpose", (TxCandidate(TO, b"1"),), print)


class Playing(Actor):
    """An actor that fails when it is told to."""

    def __init__(self) -> None:
        self.looked: list[int] = []
        self.act_error: RollupError | None = None
        self.status_error: RollupError | None = None
        self.now = GameStatus.IN_PROGRESS
        self.due = NEVER

    def status(self, _head: L1BlockRef) -> GameStatus:
        if self.status_error is not None:
            raise self.status_error
        return self.now

    def act(self, head: L1BlockRef) -> None:
        self.looked.append(head.number)
        if self.act_error is not None:
            raise self.act_error

    def collect(self) -> Sequence[Outgoing]:
        return [SENT]

    @property
    def next_due(self) -> float:
        return self.due


def player(actor: Actor | None, status: GameStatus = GameStatus.IN_PROGRESS, *validators: Validator) -> Any:
    told = Told()
    return GamePlayer(actor, status, validators, told.news), told


def test_a_look_sends_and_says_how_the_game_stands() -> None:
    actor = Playing()
    actor.due = 55.0
    plays, _ = player(actor)
    assert plays.progress_game(head(7)) == PassResult(GameStatus.IN_PROGRESS, (SENT,), 55.0)
    assert actor.looked == [7]


def test_a_game_that_is_over_at_the_first_look_is_not_looked_at() -> None:
    plays, _ = player(None, GameStatus.DEFENDER_WON)
    assert plays.progress_game(head(7)) == PassResult(GameStatus.DEFENDER_WON)


def test_a_game_that_ends_is_not_looked_at_again() -> None:
    """Public failure 43: nothing is done in a game that has ended."""
    actor = Playing()
    plays, told = player(actor)
    actor.now = GameStatus.CHALLENGER_WON
    assert plays.progress_game(head(7)).status is GameStatus.CHALLENGER_WON
    assert plays.progress_game(head(8)) == PassResult(GameStatus.CHALLENGER_WON)
    assert actor.looked == [7] and told.events() == ["game-resolved"]


@pytest.mark.parametrize(
    ("error", "event", "counts"),
    [
        (NotInSync("behind"), "not-in-sync", True),
        (Unavailable("down"), "act-failed", True),
        (InFlight("on its way"), None, False),
    ],
)
def test_what_fails_is_told_and_the_game_goes_on(error: RollupError, event: str | None, counts: bool) -> None:
    actor = Playing()
    actor.act_error = error
    plays, told = player(actor)
    result = plays.progress_game(head(7))
    assert result == PassResult(GameStatus.IN_PROGRESS, (SENT,), NEVER, error if counts else None)
    assert told.events() == ([event] if event else [])
    plays.progress_game(head(8))
    assert actor.looked == [7, 8]


def test_an_unknown_status_is_the_last_one() -> None:
    actor = Playing()
    actor.status_error = Unavailable("down")
    plays, told = player(actor)
    assert plays.progress_game(head(7)).status is GameStatus.IN_PROGRESS
    assert told.events() == ["status-unknown"]


def test_each_validator_may_refuse_the_game() -> None:
    class Refuses(Validator):
        def validate(self) -> None:
            raise InvalidPrestate("another program")

    class Takes(Validator):
        def validate(self) -> None:
            """It is right."""

    plays, _ = player(Playing(), GameStatus.IN_PROGRESS, Takes(), Refuses())
    with pytest.raises(InvalidPrestate):
        plays.validate_prestate()
    player(Playing(), GameStatus.IN_PROGRESS, Takes())[0].validate_prestate()


# --- a fault dispute game


class Parts:
    """Contract, agent, nodes, uploader and delays, which take note of what they are asked."""

    def __init__(self) -> None:
        self.did: list[Any] = []
        self.outbox = Outbox(HONEST)
        self.sends = True
        self.judges = True
        self.resolves = False
        self.refresh_error: RollupError | None = None
        self.confirm_error: BaseException | None = None
        self.next_due = 5.0
        self.actor = FaultActor(
            cast(Any, self),
            GameDepths(8, 4),
            cast(Any, self),
            cast(Any, self),
            self.outbox,
            self._uploader,
            cast(Any, self),
        )

    def _uploader(self, block: L1BlockRef, outbox: Outbox) -> Any:
        assert outbox is self.outbox
        self.did.append(("uploader", block.number))
        return None

    def status(self, block: bytes) -> GameStatus:
        self.did.append(("status", block))
        return GameStatus.IN_PROGRESS

    def begin(self) -> None:
        self.did.append("begin")

    def refresh(self) -> None:
        self.did.append("refresh")
        if self.refresh_error is not None:
            raise self.refresh_error

    def confirm(self) -> None:
        self.did.append("confirm")
        if self.confirm_error is not None:
            raise self.confirm_error

    def act(self, view: PinnedGame, _responder: object, now: int, check: Callable[[], None]) -> None:
        self.did.append(("act", view.block, now))
        if self.resolves:
            with pytest.raises(InFlight):
                self.outbox.send_and_wait("resolve", [TxCandidate(TO, b"2")])
        if self.judges:
            check()
        if self.sends:
            with pytest.raises(InFlight):
                self.outbox.send_and_wait("move", [TxCandidate(TO, b"1")])


def test_a_look_is_by_one_block_and_what_it_goes_by_is_confirmed_before_anything_is_sent() -> None:
    parts, at = Parts(), head(7)
    parts.actor.act(at)
    assert parts.did == [("uploader", 7), "begin", ("act", at.hash, at.time), "refresh", "confirm"]
    assert len(parts.actor.collect()) == 1 and parts.actor.collect() == []
    assert parts.actor.next_due == 5.0
    assert parts.actor.status(at) is GameStatus.IN_PROGRESS and parts.did[-1] == ("status", at.hash)


def test_what_is_in_doubt_at_the_end_is_not_sent() -> None:
    """Public failure 5: no move on a guess."""
    parts = Parts()
    parts.confirm_error = Unavailable("another answer")
    with pytest.raises(Unavailable):
        parts.actor.act(head(7))
    assert parts.actor.collect() == []


def test_answers_go_first_and_resolutions_go_even_in_doubt() -> None:
    parts = Parts()
    parts.resolves = True
    parts.actor.act(head(7))
    assert [each.purpose for each in parts.actor.collect()] == ["move", "resolve"]
    parts.confirm_error = Unavailable("another answer")
    with pytest.raises(Unavailable):
        parts.actor.act(head(7))
    assert [each.purpose for each in parts.actor.collect()] == ["resolve"]


def test_what_was_sent_without_the_trace_needs_no_confirmation() -> None:
    """Resolution goes by the contract alone."""
    parts = Parts()
    parts.judges = False
    parts.actor.act(head(7))
    assert "confirm" not in parts.did and len(parts.actor.collect()) == 1


def test_without_a_move_there_is_nothing_to_confirm() -> None:
    parts = Parts()
    parts.sends = False
    parts.actor.act(head(7))
    assert "confirm" not in parts.did


def test_a_node_that_is_not_in_sync_ends_the_look() -> None:
    parts = Parts()
    parts.refresh_error = NotInSync("behind")
    with pytest.raises(NotInSync):
        parts.actor.act(head(7))
    assert parts.actor.collect() == []
