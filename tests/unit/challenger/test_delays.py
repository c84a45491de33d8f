"""Answers that are held back."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.agent import HeldBack
from pyoprollup.challenger.delays import HeldAnswers
from pyoprollup.challenger.game.actions import ChallengeL2BlockNumber, Move, Step
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge
from pyoprollup.errors import Unavailable
from pyoprollup.events import NEVER
from tests.disputes import chain as l2
from tests.unit.challenger.game.support import Tree, lie


class Time:
    now = 100.0


def test_an_answer_waits_from_when_it_was_first_to_be_given() -> None:
    time, tree = Time(), Tree(true_root=False)
    held = HeldAnswers(lambda: time.now)
    action = Move(tree.claims[0], True, lie(1))
    held.begin()
    with pytest.raises(HeldBack):
        held.hold(action, 60)
    assert held.next_due == 160.0
    time.now = 159.0
    held.begin()
    with pytest.raises(HeldBack):
        held.hold(action, 60)
    assert held.next_due == 160.0
    time.now = 160.0
    held.begin()
    held.hold(action, 60)
    assert held.next_due == NEVER


def test_each_answer_waits_for_itself() -> None:
    time, tree = Time(), Tree(depth=1, true_root=False)
    tree.attack(0, lie(2))
    held = HeldAnswers(lambda: time.now)
    actions = [
        Move(tree.claims[0], True, lie(1)),
        Move(tree.claims[0], True, lie(3)),
        Step(tree.claims[1], True, b"state", b"proof", None),
        ChallengeL2BlockNumber(L2BlockNumberChallenge(l2.output(1), l2.header(1))),
    ]
    for seconds, action in enumerate(actions, 5):
        time.now += 1
        with pytest.raises(HeldBack):
            held.hold(action, seconds)
    assert held.next_due == 101 + 5
    time.now = 106
    held.begin()
    held.hold(actions[0], 5)
    for seconds, action in enumerate(actions[1:], 6):
        with pytest.raises(HeldBack):
            held.hold(action, seconds)
    assert held.next_due == 102 + 6


def test_to_be_held_back_is_no_failure() -> None:
    assert issubclass(HeldBack, Unavailable)
