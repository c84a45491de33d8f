"""Players are made of games that can be played, and that begin from what we believe."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from pyoprollup.bindings import GameMetadata
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.contracts import MalformedGame, UnsupportedGameType
from pyoprollup.challenger.game.position import ROOT_POSITION
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.model import Call, GameLimits
from pyoprollup.challenger.player import InvalidPrestate, NotInSync
from pyoprollup.challenger.register import BottomTraces, GameContext, PlayerFactory, Surroundings, open_game
from pyoprollup.challenger.trace.outputs import ProposalTraceCreator
from pyoprollup.challenger.uploads import uploader_of
from pyoprollup.challenger.validator import PrestateValidator, StartingRootValidator
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.types import Hash32
from pyoprollup.events import no_news
from tests.disputes import chain as l2
from tests.disputes.many_games import Node, ProgramTraces
from tests.disputes.model_l1 import BOND, GAME_TYPE, ModelL1
from tests.disputes.program import Program
from tests.disputes.world import HONEST, PROPOSER
from tests.unit.challenger.game.support import OTHER, lie

LIMITS = GameLimits(8, 4, 600, 91_200)
SAFE = 112


class Setting:
    """An L1 with a game about block 110, and all that players share."""

    def __init__(
        self, tmp_path: Path, traces: BottomTraces | None = None, root: Hash32 | None = None
    ) -> None:
        self.l1 = ModelL1(LIMITS, SAFE, keep=5)
        call = Call(PROPOSER, self.l1.time, BOND, number=3, parent_hash=self.l1.head_ref.hash)
        extra = (110).to_bytes(32, "big")
        self.game = self.l1.state.factory.create(call, GAME_TYPE, root or l2.root(110), extra)
        self.l1.mine()
        self.game = self.l1.state.games[0]
        self.metadata = GameMetadata(0, GAME_TYPE, self.game.created_at, self.game.address)
        self.folder = tmp_path
        self.node = Node(self.l1, SAFE)
        self.traces: BottomTraces = traces or ProgramTraces(Program(SAFE))
        config = ChallengerConfig(
            game_factory_address=self.l1.state.factory.address, additional_bond_claimants=(OTHER,)
        )
        known = l2.Chain(SAFE)
        self.around = Surroundings(
            config, HONEST, [self.node], known, 3600, 901, lambda: 0.0, no_news, ChallengerMetrics()
        )

    def player(self, game_type: int = GAME_TYPE) -> Any:
        factory = PlayerFactory(
            cast(Any, self.l1), self.around, {GAME_TYPE: self.traces}, cast(Any, uploader_of)
        )
        metadata = GameMetadata(0, game_type, self.game.created_at, self.game.address)
        return factory(metadata, self.folder, self.l1.head_ref)

    def opened(self) -> Any:
        from pyoprollup.challenger.contracts import fault_dispute_game_contract

        block = self.l1.head_ref.hash
        contract = fault_dispute_game_contract(GAME_TYPE, self.game.address, cast(Any, self.l1), block)
        return open_game(contract, self.traces, self.around, cast(Any, self.l1), self.folder, block)


class Other(ProgramTraces):
    """Lower traces of another program; ``validated`` says whether that matters."""

    validated = True
    error: Exception | None = None

    @property
    def is_validated(self) -> bool:
        return self.validated

    def absolute_prestate(self, context: GameContext) -> Hash32:
        assert context.l2_chain_id == 901
        if self.error is not None:
            raise self.error
        return lie(3)

    def creator(self, context: GameContext) -> ProposalTraceCreator:
        return ProgramTraces.creator(self, context)


def test_bonds_of_several_accounts_are_ours(tmp_path: Path) -> None:
    assert Setting(tmp_path).around.claimants == (HONEST, OTHER)


def test_a_game_in_progress_is_played(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    player = setting.player()
    player.validate_prestate()
    result = player.progress_game(setting.l1.head_ref)
    assert (result.status, result.outgoing, result.error) == (GameStatus.IN_PROGRESS, (), None)


def test_a_wrong_game_is_answered(tmp_path: Path) -> None:
    setting = Setting(tmp_path, root=lie(1))
    (outgoing,) = setting.player().progress_game(setting.l1.head_ref).outgoing
    assert outgoing.candidates[0].to == setting.game.address


def test_what_is_true_in_a_game(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    opened = setting.opened()
    opened.nodes.refresh()
    assert opened.trace.get(None, None, ROOT_POSITION) == l2.root(110)
    assert (opened.top.prestate_block, opened.top.poststate_block) == (100, 110)
    assert opened.context.l1_head == setting.l1.refs[2].id and opened.context.folder == tmp_path


@pytest.mark.parametrize("game_type", [1, 8, 77])
def test_types_without_traces_are_not_played(tmp_path: Path, game_type: int) -> None:
    with pytest.raises(UnsupportedGameType):
        Setting(tmp_path).player(game_type)


def test_a_game_that_is_over_is_not_opened(tmp_path: Path) -> None:
    """Neither its traces are made, nor is anything validated."""
    setting = Setting(tmp_path, Other(Program(SAFE)))
    setting.game.status = GameStatus.DEFENDER_WON
    player = setting.player()
    player.validate_prestate()
    assert player.progress_game(setting.l1.head_ref).status is GameStatus.DEFENDER_WON


@pytest.mark.parametrize(
    ("max_depth", "split_depth"), [(126, 30), (8, 8), (8, 9), (1 << 255, 4), (0, 0), (1 << 255, 1 << 254)]
)
def test_absurd_depths_are_refused(tmp_path: Path, max_depth: int, split_depth: int) -> None:
    """A game that nobody can play, from whoever makes contracts."""
    setting = Setting(tmp_path)
    setting.game.limits = GameLimits(max_depth, split_depth, 600, 91_200)  # type: ignore[misc]
    with pytest.raises(MalformedGame):
        setting.player()


def test_an_l1_head_that_is_not_on_l1_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setting = Setting(tmp_path)

    def nothing(_hash: Hash32) -> Any:
        raise NotFound("no such block")

    monkeypatch.setattr(setting.l1, "l1_block_ref_by_hash", nothing)
    with pytest.raises(Unavailable):
        setting.player()


# --- what a game begins from


def test_a_game_of_another_program_is_none_of_ours(tmp_path: Path) -> None:
    player = Setting(tmp_path, Other(Program(SAFE))).player()
    with pytest.raises(InvalidPrestate, match="absolute prestate"):
        player.validate_prestate()


def test_in_games_that_come_to_no_step_it_does_not_matter(tmp_path: Path) -> None:
    traces = Other(Program(SAFE))
    traces.validated = False
    Setting(tmp_path, traces).player().validate_prestate()


def test_an_unknown_program_is_neither_right_nor_wrong(tmp_path: Path) -> None:
    traces = Other(Program(SAFE))
    traces.error = Unavailable("the server is down")
    with pytest.raises(Unavailable):
        Setting(tmp_path, traces).player().validate_prestate()


def test_a_game_from_another_output_root_is_none_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = Setting(tmp_path)
    player = setting.player()
    real = setting.node.output_at_block
    monkeypatch.setattr(
        setting.node, "output_at_block", lambda number: real(number + 1000 if number == 100 else number)
    )
    with pytest.raises(InvalidPrestate, match="starting root"):
        player.validate_prestate()


def test_a_node_that_is_behind_says_nothing_about_it(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    setting.node.behind = lambda: 10
    with pytest.raises(NotInSync):
        setting.player().validate_prestate()


def test_validators_compare() -> None:
    PrestateValidator(lie(1), lambda: lie(1)).validate()
    with pytest.raises(InvalidPrestate, match="the thing"):
        PrestateValidator(lie(1), lambda: lie(2), "the thing").validate()
    assert issubclass(StartingRootValidator, PrestateValidator)
