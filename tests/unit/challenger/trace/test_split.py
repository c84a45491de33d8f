"""Split games: which lower game a position is in, and the keys of its pre-images."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from pyoprollup.challenger.game.claims import Claim
from pyoprollup.challenger.game.errors import ClaimNotFound
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import TraceError
from pyoprollup.challenger.trace.access import TranslatingProvider
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider
from pyoprollup.challenger.trace.split import (
    bounding_claims,
    create_local_context,
    local_context_preimage,
    split_provider_selector,
)
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address
from pyoprollup.preimage.keys import localize_ident
from tests.unit.challenger.game.support import Tree, lie, trees

SPLIT, DEPTH = 2, 6


def split_tree() -> Tree:
    """Root, its attack and that one's defence: a leaf of the upper game with a claim before it."""
    tree = Tree(depth=DEPTH)
    tree.attack(0, lie(1))
    tree.defend(1, lie(2))
    return tree


def bounds(tree: Tree, ref: int, position: Position) -> tuple[int | None, int]:
    pre, post = bounding_claims(tree.game, tree.claims[ref], position, SPLIT)
    return None if pre is None else pre.index, post.index


def test_a_leaf_is_attacked_after_the_claim_before_it() -> None:
    tree = split_tree()
    assert tree.claims[2].position == Position(2, 2)
    assert bounds(tree, 2, tree.claims[2].position.attack()) == (1, 2)


def test_a_leaf_is_defended_before_the_claim_after_it() -> None:
    tree = split_tree()
    assert bounds(tree, 2, tree.claims[2].position.defend()) == (2, 0)


def test_the_first_block_begins_from_what_the_game_does() -> None:
    tree = Tree(depth=DEPTH)
    tree.attack(tree.attack(0, lie(1)).index, lie(2))
    assert bounds(tree, 2, tree.claims[2].position.attack()) == (None, 2)


def test_deep_in_a_lower_game_the_bounds_are_those_of_its_leaf() -> None:
    tree = split_tree()
    tree.attack(2, lie(3))
    tree.defend(3, lie(4))
    tree.attack(4, lie(5))
    assert bounds(tree, 5, tree.claims[5].position) == (1, 2)


def test_above_the_split_there_is_no_lower_game() -> None:
    tree = split_tree()
    with pytest.raises(TraceError):
        bounding_claims(tree.game, tree.claims[1], Position(3, 0), SPLIT)


def test_a_tree_without_the_claim_that_bounds_is_no_crash() -> None:
    """No contract lets it come to that; a contract of somebody's own may."""
    tree = Tree(depth=DEPTH)
    tree.claims.append(Claim(lie(), Position(2, 2), 0, 1))
    with pytest.raises(ClaimNotFound):
        bounding_claims(tree.game, tree.claims[1], Position(3, 4), SPLIT)


@given(trees(honest_plays=False))
@settings(max_examples=100)
def test_bounds_are_neighbours(tree: Tree) -> None:
    """In any tree: the disputed claim is one step after the agreed one, wherever both stand."""
    split = tree.depth // 2
    for claim in tree.claims:
        if claim.depth < split or claim.depth == tree.depth:
            continue
        for position in (claim.position.attack(), claim.position.defend()):
            if claim.is_root and position != claim.position.attack():
                continue
            if position.trace_index(tree.depth) >= 1 << tree.depth:
                continue
            pre, post = bounding_claims(tree.game, claim, position, split)
            before = -1 if pre is None else pre.position.trace_index(split)
            assert post.position.trace_index(split) == before + 1


def test_the_selector_takes_the_upper_trace_down_to_the_split() -> None:
    tree = split_tree()
    top, bottom = AlphabetTraceProvider(0, SPLIT), AlphabetTraceProvider(9, 3)
    made: list[tuple[int, int | None, int]] = []

    def create(depth: int, pre: Claim | None, post: Claim) -> AlphabetTraceProvider:
        made.append((depth, None if pre is None else pre.index, post.index))
        return bottom

    select = split_provider_selector(top, SPLIT, create)
    assert select(tree.game, tree.claims[0], Position(2, 3)) is top
    assert made == []
    below = select(tree.game, tree.claims[2], Position(3, 4))
    assert below == TranslatingProvider(bottom, SPLIT + 1)
    assert made == [(DEPTH - SPLIT - 1, 1, 2)]


def test_a_context_is_the_hash_of_both_claims() -> None:
    tree = split_tree()
    pre, post = tree.claims[1], tree.claims[2]
    word = (2).to_bytes(32, "big")
    assert local_context_preimage(pre, post) == pre.value + word + post.value + (6).to_bytes(32, "big")
    assert local_context_preimage(None, pre) == pre.value + word
    assert create_local_context(None, pre) == keccak256(pre.value + word)


@pytest.mark.parametrize("ident", [1, 5, 9])
def test_local_keys_are_the_contracts(ident: int) -> None:
    game, context = Address(b"\x12" * 20), keccak256(b"context")
    key = localize_ident(ident, game, context)
    number = b"\1" + ident.to_bytes(31, "big")
    assert key == b"\1" + keccak256(number + bytes(12) + game + context)[1:]
    assert key != localize_ident(ident, Address(b"\x13" * 20), context)
