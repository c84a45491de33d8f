"""Which claims an honest player stands by."""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.challenger.game.honest_claims import HonestClaims
from tests.unit.challenger.game.support import HONEST, LIAR, Tree, lie


def test_a_claim_is_honest_by_what_it_says_whoever_made_it() -> None:
    tree, honest = Tree(), HonestClaims()
    root, answer = tree.claims[0], tree.attack(0, lie(1))
    honest.add_honest_claim(root, replace(answer, index=-1, claimant=HONEST))
    assert honest.is_honest(answer) and answer.claimant == LIAR
    assert not honest.is_honest(replace(answer, value=lie(2)))
    assert not honest.is_honest(root)


def test_the_answer_to_a_claim_is_known_before_it_is_posted() -> None:
    tree, honest = Tree(), HonestClaims()
    root, answer = tree.claims[0], tree.attack(0, lie(1))
    assert honest.honest_counter(root) is None
    honest.add_honest_claim(root, answer)
    assert honest.honest_counter(root) == answer
    assert honest.honest_counter(answer) is None


def test_a_root_answers_nothing() -> None:
    tree, honest = Tree(), HonestClaims()
    honest.add_honest_claim(None, tree.claims[0])
    assert honest.is_honest(tree.claims[0])
    assert honest.honest_counter(tree.claims[0]) is None
