"""Our honest player beside the reference's: for the same claims, the same actions.

The reference is op-challenger's solver v1.19.6, over the same alphabet (``go_games/main.go``). Compared are
all trees of up to six claims and four levels, and random ones: deeper, with more claims, in any order, some
countered by steps, some of two parts. ``PYOPROLLUP_GAMES`` says how many of the latter,
``PYOPROLLUP_GAMES_SEED`` which.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.challenger.game.actions import ChallengeL2BlockNumber, Move
from pyoprollup.challenger.game.claims import NO_PARENT, Claim, Game
from pyoprollup.challenger.game.position import ROOT_POSITION, Position
from pyoprollup.challenger.game.solver import GameSolver
from pyoprollup.challenger.game.trace import TraceAccessor, TraceError, TraceProvider
from pyoprollup.challenger.trace.access import Accessor, SimpleTraceAccessor
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider
from pyoprollup.challenger.trace.split import create_local_context, split_provider_selector
from pyoprollup.eth.types import ZERO_ADDRESS, Address, Hash32, to_hex

pytestmark = [pytest.mark.go, pytest.mark.slow]

GAMES = int(os.environ.get("PYOPROLLUP_GAMES", "3000"))
SEED = os.environ.get("PYOPROLLUP_GAMES_SEED") or str(secrets.randbelow(1 << 40))
DEPTH, CLAIMS = 4, 6
SOMEBODY = Address(b"\x5b" * 20)
CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Tree:
    """The claims of a game, and what it is about: ``split_depth`` is ``None`` for one of a single part."""

    claims: tuple[Claim, ...]
    max_depth: int
    start: int = 0
    split_depth: int | None = None

    def to_json(self) -> dict[str, Any]:
        claims = [
            {
                "gindex": hex(claim.position.gindex),
                "value": to_hex(claim.value),
                "parent": None if claim.is_root else claim.parent_index,
                "countered_by": to_hex(claim.countered_by),
            }
            for claim in self.claims
        ]
        found: dict[str, Any] = {
            "max_depth": self.max_depth,
            "start_block": hex(self.start),
            "claims": claims,
        }
        if self.split_depth is not None:
            found["split_depth"] = self.split_depth
        return found

    def trace(self) -> TraceAccessor:
        split = self.split_depth
        if split is None:
            return SimpleTraceAccessor(AlphabetTraceProvider(self.start, self.max_depth))

        def bottom(depth: int, pre: Claim | None, post: Claim) -> TraceProvider:
            start = int.from_bytes(create_local_context(pre, post)[:4], "big")
            return AlphabetTraceProvider(start, depth)

        return Accessor(split_provider_selector(AlphabetTraceProvider(self.start, split), split, bottom))


def ours(tree: Tree) -> tuple[list[dict[str, Any]], bool]:
    """Our actions, as the reference's program writes them, and whether the search ended with an error."""
    found = GameSolver(tree.trace()).calculate_next_actions(Game(tree.claims, tree.max_depth))
    shown = []
    for action in found.actions:
        assert not isinstance(action, ChallengeL2BlockNumber)
        entry: dict[str, Any] = {"is_attack": action.is_attack, "parent": action.parent.index}
        if isinstance(action, Move):
            entry |= {"type": "move", "value": to_hex(action.value)}
        else:
            entry |= {"type": "step", "prestate": to_hex(action.prestate)}
            assert action.proof == b"" and action.preimage is not None
            key, data = action.preimage.key, action.preimage.data
            entry["preimage"] = {"key": to_hex(key), "data": to_hex(data), "offset": action.preimage.offset}
        shown.append(entry)
    return shown, found.error is not None


def compare(program: Path, trees: Iterable[Tree]) -> dict[str, int]:
    """Ask both about all trees; how many actions of each kind were found, and how many trees."""
    found = {"trees": 0, "move": 0, "step": 0, "error": 0}
    left = iter(trees)
    while chunk := list(islice(left, CHUNK)):
        asked = "".join(json.dumps(tree.to_json()) + "\n" for tree in chunk)
        run = subprocess.run([program, "games"], input=asked, capture_output=True, text=True, check=True)
        answers = run.stdout.splitlines()
        assert len(answers) == len(chunk)
        for tree, line in zip(chunk, answers, strict=True):
            theirs = json.loads(line)
            actions, failed = ours(tree)
            assert (actions, failed) == (theirs["actions"], "error" in theirs), (SEED, tree.to_json())
            found["trees"] += 1
            found["error"] += failed
            for action in actions:
                found[action["type"]] += 1
    return found


# --- all small trees


def _lie(value: Hash32) -> Hash32:
    return Hash32(bytes([value[0]]) + bytes(31 - 4) + value[-4:])


def all_trees(depth: int, start: int) -> Iterator[Tree]:
    """Every game of at most :data:`CLAIMS` claims, in every order in which they can come.

    Each claim is true or false, an attack or a defence, and at the bottom countered by a step or not. That
    the contract takes no claim twice is the only limit.
    """
    trace = AlphabetTraceProvider(start, depth)

    def grow(claims: tuple[Claim, ...]) -> Iterator[Tree]:
        yield Tree(claims, depth, start)
        if len(claims) == CLAIMS:
            return
        taken = {claim.key for claim in claims}
        for parent in claims:
            if parent.depth == depth:
                continue
            for position, value in _answers(parent, trace):
                if (position, value, parent.index) in taken:
                    continue
                yield from grow((*claims, Claim(value, position, parent.index, len(claims))))
                if position.depth == depth:
                    countered = Claim(value, position, parent.index, len(claims), countered_by=SOMEBODY)
                    yield from grow((*claims, countered))

    true = trace.get(ROOT_POSITION)
    for value in (true, _lie(true)):
        yield from grow((Claim(value, ROOT_POSITION, NO_PARENT, 0),))


def _answers(parent: Claim, trace: TraceProvider) -> Iterator[tuple[Position, Hash32]]:
    positions = [parent.position.attack()]
    if not parent.is_root:
        positions.append(parent.position.defend())
    for position in positions:
        true = trace.get(position)
        yield from ((position, true), (position, _lie(true)))


def test_every_small_game(go_games: Path) -> None:
    found = compare(go_games, chain.from_iterable(all_trees(depth, 5) for depth in range(1, DEPTH + 1)))
    print(found)
    assert found["trees"] == 104_664 and found["move"] > 150_000 and found["step"] > 30_000
    assert not found["error"]


# --- random trees


def random_trees(chance: random.Random, count: int) -> Iterator[Tree]:
    for _ in range(count):
        max_depth, split_depth = chance.choice(
            [
                (4, None),
                (5, None),
                (8, None),
                (20, None),
                (63, None),
                (5, 2),
                (8, 4),
                (9, 3),
                (30, 12),
                (73, 30),
            ]
        )
        start = chance.choice([0, 1, 100, chance.randrange(1 << 40)])
        yield _random_tree(chance, Tree((), max_depth, start, split_depth))


def _random_tree(chance: random.Random, empty: Tree) -> Tree:
    """Claims are mostly answers to one of the last: so games get deep, and wide here and there."""
    trace, deep = empty.trace(), chance.random()
    claims: list[Claim] = []
    keys = set()
    lies = chance.random()

    def add(parent: Claim | None, position: Position) -> None:
        index = len(claims)
        ref = parent or Claim(Hash32(bytes(32)), position, NO_PARENT, 0)
        try:
            true = trace.get(Game([*claims] or [ref], empty.max_depth), ref, position)
        except (TraceError, IndexError):
            true = Hash32(b"\x01" * 32)
        value = true if chance.random() > lies else Hash32(b"\x01" + bytes([chance.randrange(3)]) * 31)
        parent_index = NO_PARENT if parent is None else parent.index
        if (position, value, parent_index) in keys:
            return
        keys.add((position, value, parent_index))
        claims.append(Claim(value, position, parent_index, index))

    add(None, ROOT_POSITION)
    for _ in range(chance.choice((3, 8, 20, 60, 120))):
        parents = [claim for claim in claims if claim.depth < empty.max_depth]
        parent = parents[-1] if chance.random() < deep else chance.choice(parents)
        defends = chance.random() < 0.4 and _can_be_defended(parent, empty.split_depth)
        add(parent, parent.position.defend() if defends else parent.position.attack())
    return Tree(_countered(chance, claims, empty.max_depth), empty.max_depth, empty.start, empty.split_depth)


def _can_be_defended(claim: Claim, split_depth: int | None) -> bool:
    """The contract lets nobody defend the root of a game, nor that of a lower one."""
    return not claim.is_root and (split_depth is None or claim.depth != split_depth + 1)


def _countered(chance: random.Random, claims: Sequence[Claim], max_depth: int) -> tuple[Claim, ...]:
    """Some of the claims at the bottom are countered by a step."""
    return tuple(
        Claim(
            claim.value,
            claim.position,
            claim.parent_index,
            claim.index,
            countered_by=SOMEBODY if claim.depth == max_depth and chance.random() < 0.3 else ZERO_ADDRESS,
        )
        for claim in claims
    )


@pytest.mark.parametrize("part", range(2))
def test_random_games(go_games: Path, part: int) -> None:
    """Some of them cannot be judged to the end: both have found the same until then."""
    chance = random.Random(f"{SEED} {part}")
    found = compare(go_games, random_trees(chance, GAMES // 2))
    print(SEED, found)
    assert found["move"] > GAMES // 2 and found["step"] > GAMES // 20
