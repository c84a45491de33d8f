"""Traces for a game: one for all of it, or one that depends on the claim that is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyoprollup.challenger.game.claims import Claim, Game
from pyoprollup.challenger.game.position import ROOT_POSITION, Position
from pyoprollup.challenger.game.trace import L2BlockNumberChallenge, StepData, TraceAccessor, TraceProvider
from pyoprollup.eth.types import Hash32

__all__ = ["Accessor", "ProviderSelector", "SimpleTraceAccessor", "TranslatingProvider"]

ProviderSelector = Callable[[Game, Claim, Position], TraceProvider]
"""Which trace a position is of, as seen from a claim; may raise what a trace does."""


class Accessor(TraceAccessor):
    """The trace that a selector chooses."""

    def __init__(self, selector: ProviderSelector) -> None:
        self._select = selector

    def get(self, game: Game, ref: Claim, position: Position) -> Hash32:
        return self._select(game, ref, position).get(position)

    def get_step_data(self, game: Game, ref: Claim, position: Position) -> StepData:
        return self._select(game, ref, position).get_step_data(position)

    def get_l2_block_number_challenge(self, game: Game) -> L2BlockNumberChallenge | None:
        return self._select(game, game.claims[0], ROOT_POSITION).get_l2_block_number_challenge()


class SimpleTraceAccessor(Accessor):
    """One trace for the whole game."""

    def __init__(self, trace: TraceProvider) -> None:
        super().__init__(lambda _game, _ref, _position: trace)


@dataclass(frozen=True, slots=True)
class TranslatingProvider(TraceProvider):
    """A trace whose root is at ``root_depth`` of the game: positions are taken relative to it.

    Raises :class:`~pyoprollup.challenger.game.errors.PositionError` for one that is above.
    """

    original: TraceProvider
    root_depth: int

    def absolute_prestate_commitment(self) -> Hash32:
        return self.original.absolute_prestate_commitment()

    def get(self, position: Position) -> Hash32:
        return self.original.get(position.relative_to_ancestor_at_depth(self.root_depth))

    def get_step_data(self, position: Position) -> StepData:
        return self.original.get_step_data(position.relative_to_ancestor_at_depth(self.root_depth))

    def get_l2_block_number_challenge(self) -> L2BlockNumberChallenge | None:
        return self.original.get_l2_block_number_challenge()
