"""The truth about games about super roots, for who looks at them by hand."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from pyoprollup.challenger.contracts import FaultDisputeGameContract, fault_dispute_game_contract
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.trace import TraceProvider
from pyoprollup.challenger.game_types import GameType
from pyoprollup.challenger.model import GameLimits
from pyoprollup.challenger.register import LowerTraces
from pyoprollup.challenger.trace.super_roots import ClaimInfo, SuperTraceCreator
from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.super_root import TransitionState, super_root
from pyoprollup.eth.types import ZERO_HASH, Hash32, to_hex
from pyoprollup.events import no_news
from pyoprollup.services.games import TruthSource
from tests.disputes import chain as l2
from tests.disputes.model_l1 import ANCHOR
from tests.disputes.super_games import (
    CHAINS,
    Source,
    SuperL1,
    SuperManyGames,
    SuperProgram,
    SuperProgramTraces,
    SuperSetup,
    block,
    output,
)

KIND = GameType.SUPER_CANNON_KONA
LIMITS = GameLimits(max_depth=14, split_depth=9, clock_extension=1_200, max_clock_duration=93_000)
SAFE = ANCHOR + 2


class Node:
    """As much of a rollup node as is asked."""

    def rollup_config(self) -> Any:
        class Config:
            seq_window_size, l2_chain_id = 3_600, CHAINS[0]

        return Config


class World:
    """A game about a wrong super root, to which our challenger has not come yet."""

    def __init__(self, folder: Path) -> None:
        self.l1 = SuperL1(LIMITS, SAFE)
        self.source = Source(self.l1, SAFE)
        many = SuperManyGames(self.l1, (), SAFE, folder, super_nodes=(self.source,))
        many.create(SuperSetup(LIMITS, super_root(output(SAFE, 1_000)), SAFE, SAFE, 1_000), ())
        many.turn(Random(0))
        self.lower: LowerTraces | None = SuperProgramTraces(SuperProgram(SAFE))
        self.truth = TruthSource(
            cast(Any, self.l1),
            [cast(Any, Node())],
            l2.Chain(0),
            [cast(Any, self.source)],
            self._traces,
            folder,
            no_news,
        )

    def _traces(self, game_type: GameType) -> dict[int, LowerTraces]:
        if self.lower is None:
            raise ConfigError("game_types: no VM")
        return {game_type: self.lower}

    @property
    def contract(self) -> FaultDisputeGameContract:
        address = self.l1.state.games[0].address
        return fault_dispute_game_contract(KIND, address, cast(Any, self.l1), self.l1.head_ref.hash)


@pytest.mark.parametrize("has_vm", [True, False])
def test_a_game_is_explained(has_vm: bool, tmp_path: Path) -> None:
    """What is above the split needs no VM."""
    world = World(tmp_path)
    if not has_vm:
        world.lower = None
    sheet = world.truth.explain(KIND, world.contract, world.l1.head_ref)
    (root,) = sheet.claims
    assert root.agree is False
    assert root.answer.startswith("attack") and to_hex(super_root(output(SAFE))) in root.answer


def test_without_a_source_nothing_is_known(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.source.behind = lambda: 3
    with pytest.raises(Unavailable, match="the game's L1 head"):
        world.truth.explain(KIND, world.contract, world.l1.head_ref)


class Recorder(SuperProgramTraces):
    """Remembers what a lower game was to be about."""

    def creator(self, context: Any, timestamp: int) -> SuperTraceCreator:
        create = super().creator(context, timestamp)

        def remember(local_context: Hash32, _depth: int, about: ClaimInfo) -> TraceProvider:
            self.asked = context.l1_head, timestamp, about
            return create(local_context, 4, about)

        return remember


def test_the_first_step_to_a_time_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    world.lower = lower = Recorder(SuperProgram(SAFE))
    monkeypatch.setattr("pyoprollup.services.games._RUN_DEPTH", 4)
    done = world.truth.run_trace(KIND, SAFE, ZERO_HASH)
    agreed = output(SAFE - 1).marshal()
    step = TransitionState(agreed, (block(CHAINS[0], SAFE),), 1)
    l1_head, timestamp, about = lower.asked
    assert l1_head == world.l1.refs[-2].id and timestamp > SAFE
    assert about == ClaimInfo(agreed, step.hash())
    assert (done.agreed.l2_block_number, done.claimed.l2_block_number) == (SAFE - 1, SAFE)
    assert done.claimed.output_root == step.hash()
    trace = SuperProgramTraces.creator(lower, cast(Any, None), timestamp)(ZERO_HASH, 4, about)
    expected = trace.get(Position(4, 15))
    assert done.claim == expected and done.claim[0] == 0


def test_what_cannot_be_run_is_said(tmp_path: Path) -> None:
    world = World(tmp_path)
    with pytest.raises(Unavailable, match="tells no time"):
        world.truth.run_trace(KIND, None, ZERO_HASH)
    with pytest.raises(Unavailable, match="no super root at"):
        world.truth.run_trace(KIND, SAFE + 2, ZERO_HASH)
