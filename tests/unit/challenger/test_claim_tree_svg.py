"""The drawing of a game: every claim has its box, no two are on top of each other, and it is well-formed."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from pyoprollup.challenger.claim_tree_svg import MAX_DRAWN, claim_tree_svg
from pyoprollup.challenger.explanation import explain_game
from pyoprollup.challenger.game.status import GameStatus
from tests.unit.challenger.game.support import HONEST, LIAR, Tree, lie, trees
from tests.unit.challenger.test_explanation import FACTS, Blind, explained

SVG = "{http://www.w3.org/2000/svg}"


def drawn(picture: str) -> list[ElementTree.Element]:
    """The boxes."""
    root = ElementTree.fromstring(picture)
    return [each for each in root.iter(f"{SVG}rect") if "box" in each.get("class", "")]


def texts(picture: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(picture).iter(f"{SVG}text")]


@given(trees())
@settings(max_examples=60)
def test_no_two_claims_are_in_the_same_place(tree: Tree) -> None:
    picture = claim_tree_svg(explained(tree))
    boxes = drawn(picture)
    assert len(boxes) == len(tree.claims)
    rows: dict[str, list[float]] = defaultdict(list)
    for box in boxes:
        rows[box.get("y", "")].append(float(box.get("x", "")))
        assert float(box.get("x", "")) >= 0
    for row in rows.values():
        row.sort()
        assert all(right - left >= 168 for left, right in itertools.pairwise(row))


def test_true_false_and_unknown_look_different() -> None:
    tree = Tree(true_root=False)
    tree.attack(0, claimant=HONEST)
    tree.attack(1, lie(1))
    sheet = explain_game(tree.game, FACTS, Blind(tree, 1))
    classes = [box.get("class", "").split() for box in drawn(claim_tree_svg(sheet))]
    assert [kinds[1] for kinds in classes] == ["false", "true", "unknown"]


def test_what_a_box_says() -> None:
    tree = Tree(true_root=False)
    tree.attack(0, claimant=HONEST)
    tree.claims[0] = replace(tree.claims[0], bond=8 * 10**16, countered_by=HONEST)
    found = texts(claim_tree_svg(explained(tree), names={HONEST: "<us>", LIAR: "them"}))
    assert "0 · them" in found and "1 · <us>" in found
    assert "0.08 ETH, to <us>" in found and any(text.endswith("s left") for text in found)
    assert any("in progress; as it is, challenger won" in text for text in found)
    over = replace(explained(tree), facts=replace(FACTS, status=GameStatus.CHALLENGER_WON))
    assert not any("left" in text for text in texts(claim_tree_svg(over)))


@pytest.mark.parametrize(("scheme", "colors"), [("light", {"#ffffff"}), ("dark", {"#0d1117"})])
def test_schemes(scheme: str, colors: set[str]) -> None:
    both = {"#ffffff", "#0d1117"}
    picture = claim_tree_svg(explained(Tree()), scheme)
    assert {color for color in both if color in picture} == colors
    assert all(color in claim_tree_svg(explained(Tree())) for color in both)


def test_a_spam_of_claims_is_cut_off() -> None:
    tree = Tree(true_root=False)
    for number in range(MAX_DRAWN + 5):
        tree.attack(0, lie(number))
    picture = claim_tree_svg(explained(tree))
    assert len(drawn(picture)) == MAX_DRAWN
    assert any(f"{MAX_DRAWN + 6} claims, {MAX_DRAWN} of them drawn" in text for text in texts(picture))
