"""Trees of claims over an alphabet, made by moves: true ones and false ones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from pyoprollup.challenger.game.actions import Action, ChallengeL2BlockNumber, Step
from pyoprollup.challenger.game.claims import NO_PARENT, Claim, Game
from pyoprollup.challenger.game.clock import Clock
from pyoprollup.challenger.game.position import ROOT_POSITION, Position
from pyoprollup.challenger.game.solver import GameSolver, NextActions
from pyoprollup.challenger.trace.access import SimpleTraceAccessor
from pyoprollup.challenger.trace.alphabet import AlphabetTraceProvider
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32

HONEST, LIAR, OTHER = (Address(bytes([number]) * 20) for number in (0xAA, 0xBB, 0xCC))
DEPTH = 4


def lie(number: int = 0) -> Hash32:
    """A value that is nowhere in an alphabet."""
    return keccak256(b"lie %d" % number)


@dataclass
class Tree:
    """A game that grows. ``trace`` is what is true in it."""

    depth: int = DEPTH
    true_root: bool = True
    claims: list[Claim] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.provider = AlphabetTraceProvider(0, self.depth)
        self.trace = SimpleTraceAccessor(self.provider)
        value = self.true(ROOT_POSITION) if self.true_root else lie()
        self.claims.append(Claim(value, ROOT_POSITION, NO_PARENT, 0, LIAR, bond=1, clock=Clock(0, 0)))

    @property
    def game(self) -> Game:
        return Game(self.claims, self.depth)

    def true(self, position: Position) -> Hash32:
        return self.provider.get(position)

    def move(
        self, parent: int, is_attack: bool, value: Hash32 | None = None, claimant: Address = LIAR
    ) -> Claim:
        """An answer, true if no value is given."""
        answered = self.claims[parent].position
        position = answered.attack() if is_attack else answered.defend()
        claim = Claim(
            self.true(position) if value is None else value,
            position,
            parent,
            len(self.claims),
            claimant,
            bond=1 + position.depth,
        )
        self.claims.append(claim)
        return claim

    def attack(self, parent: int, value: Hash32 | None = None, claimant: Address = LIAR) -> Claim:
        return self.move(parent, True, value, claimant)

    def defend(self, parent: int, value: Hash32 | None = None, claimant: Address = LIAR) -> Claim:
        return self.move(parent, False, value, claimant)

    def honest(self) -> NextActions:
        """What an honest player does now."""
        return GameSolver(self.trace).calculate_next_actions(self.game)

    def shown(self) -> list[tuple[str, int, bool]]:
        """The same, in short: kind, claim that is answered, and whether it is attacked."""
        found = self.honest()
        assert found.error is None
        return [shown(action) for action in found.actions]

    def perform(self, action: Action) -> None:
        """Do what the honest player wants to do."""
        assert not isinstance(action, ChallengeL2BlockNumber)
        parent = action.parent.index
        if isinstance(action, Step):
            self.claims[parent] = replace(self.claims[parent], countered_by=HONEST)
        else:
            self.move(parent, action.is_attack, action.value, HONEST)

    def play(self) -> None:
        """Let the honest player do all that it wants."""
        while actions := self.honest().actions:
            for action in actions:
                self.perform(action)


def shown(action: Action) -> tuple[str, int, bool]:
    assert not isinstance(action, ChallengeL2BlockNumber)
    return ("step" if isinstance(action, Step) else "move", action.parent.index, action.is_attack)


@st.composite
def trees(draw: st.DrawFn, max_claims: int = 14, *, honest_plays: bool = True) -> Tree:
    """Random trees: lies and truths of strangers, and the honest player's answers to some of them."""
    tree = Tree(draw(st.integers(1, 5)), draw(st.booleans()))
    for _ in range(draw(st.integers(0, max_claims))):
        parent = draw(st.sampled_from(tree.claims))
        if parent.depth == tree.depth:
            continue
        is_attack = parent.is_root or draw(st.booleans())
        position = parent.position.attack() if is_attack else parent.position.defend()
        value = draw(st.sampled_from([tree.true(position), lie(1), lie(2)]))
        if not tree.game.is_duplicate(Claim(value, position, parent.index, -1)):
            tree.move(parent.index, is_attack, value, draw(st.sampled_from([LIAR, OTHER])))
        if honest_plays and draw(st.booleans()):
            for action in tree.honest().actions:
                tree.perform(action)
    return tree
