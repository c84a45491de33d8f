"""Phase 5 of the flow, challenging: rows 5.1 to 5.9. A row 5.10, the VM, is another test's."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from pyoprollup.bindings import DisputeGameFactory, GameMetadata, load_contract
from pyoprollup.challenger.config import ChallengerConfig
from pyoprollup.challenger.contracts import FaultDisputeGameContract, fault_dispute_game_contract
from pyoprollup.challenger.game.bonds import required_bond
from pyoprollup.challenger.game.claims import Game
from pyoprollup.challenger.game.resolution import resolve
from pyoprollup.challenger.game.solver import GameSolver
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.monitor import GameMonitor
from pyoprollup.challenger.pinned_game import PinnedGame
from pyoprollup.challenger.register import OpenGame
from pyoprollup.devnet import DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.dispute_contracts import DISPUTE_GAME_FACTORY, GAME_TYPE
from pyoprollup.devnet.game_pictures import open_devnet_game
from pyoprollup.devnet.proposing import proposals_on_l1
from pyoprollup.devnet.watch import Watch
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.refs import BlockLabel, L1BlockRef
from pyoprollup.eth.types import Address
from pyoprollup.events import Happening, News

OPTIONS = DevnetOptions(
    l1_blocks=14,
    l1_finality=3,
    transactions=1,
    deposits=0,
    data_availability=DataAvailability.CALLDATA,
    silent_verifier=False,
    proposer=True,
    proposal_interval=72,
    challenger=True,
    bad_proposals=("wrong-root", "unsafe"),
    dishonest=("deep-liar",),
    dispute_clock=240,
    dispute_depth=8,
)


class Lived:
    """A rollup with disputes, from its beginning to the last claimed bond, and what it has told."""

    def __init__(self) -> None:
        self.told: list[Happening] = []
        self.devnet = Devnet(OPTIONS, watch=Watch(self.told.append))
        self.devnet.run()

    @property
    def head(self) -> L1BlockRef:
        return self.devnet.l1.l1_block_ref_by_label(BlockLabel.UNSAFE)

    @property
    def challenger(self) -> Address:
        return address_of(self.devnet.genesis.challenger)

    def games(self) -> list[GameMetadata]:
        return DisputeGameFactory(DISPUTE_GAME_FACTORY, self.devnet.l1).all_games(self.head.hash)

    def contract(self, game: GameMetadata) -> FaultDisputeGameContract:
        return fault_dispute_game_contract(game.game_type, game.proxy, self.devnet.l1, self.head.hash)

    def disputed(self) -> tuple[GameMetadata, Game]:
        """The game with the most claims, and its tree."""
        found = [(game, self.contract(game).game(self.head.hash)) for game in self.games()]
        return max(found, key=lambda each: len(each[1].claims))

    def opened(self, game: GameMetadata) -> OpenGame:
        """A game with the truth about it."""
        opened = open_devnet_game(self.devnet, game, self.head)
        opened.nodes.refresh()
        return opened

    def events(self, event: str) -> list[dict[str, Any]]:
        return [dict(happening.details) for happening in self.told if happening.event == event]


@cache
def lived() -> Lived:
    return Lived()


def test_all_five_phases_in_one_run() -> None:
    """Wrong proposals fall, right ones stand, all by the verifiers' chain; the money is where it belongs."""
    run = lived()
    found = list(proposals_on_l1(run.devnet.l1, run.devnet.verifiers))
    assert {game.agrees for game in found} == {True, False}
    for game in found:
        expected = GameStatus.DEFENDER_WON if game.agrees else GameStatus.CHALLENGER_WON
        assert game.status == str(expected), game
    assert run.devnet.l1.balance_at(run.challenger) > 1_000_000 * 10**18


def test_the_same_options_give_the_same_games() -> None:
    again = Lived()
    assert again.games() == lived().games()
    assert again.disputed()[1].claims == lived().disputed()[1].claims


# --- 5.1


def test_5_1_start() -> None:
    """The challenger begins with its first look, and says that it is up once it has reached the factory."""
    challenger = lived().devnet.disputes.challenger
    assert challenger is not None
    assert challenger.metrics.is_up
    assert challenger.is_idle


# --- 5.2


def test_5_2_progress_games() -> None:
    """Each new L1 block is a look at all games in the window, and every game was looked at to its end."""
    run = lived()
    challenger = run.devnet.disputes.challenger
    assert challenger is not None
    metrics = challenger.metrics
    assert metrics.games_in_progress == 0
    assert metrics.games_defender_won + metrics.games_challenger_won == len(run.games())
    assert metrics.highest_acted_l1_block >= run.head.number - 1


# --- 5.3


@pytest.mark.parametrize("left_out", [0, 1, 3])
def test_5_3_get_games_at_or_after(left_out: int) -> None:
    """Newest first, down to the first game that is too old; one of just that age is in."""
    run = lived()
    games = run.games()
    config = ChallengerConfig(game_factory_address=DISPUTE_GAME_FACTORY)
    factory = DisputeGameFactory(DISPUTE_GAME_FACTORY, run.devnet.l1)
    monitor = GameMonitor(config, factory, News("test"))
    earliest = games[left_out].timestamp
    found = monitor.games_at_or_after(earliest, run.head)
    assert list(found) == [game for game in reversed(games) if game.timestamp >= earliest]


# --- 5.4


def test_5_4_schedule() -> None:
    """Games are looked at side by side: answers in one come between answers in another."""
    actions = [h.source for h in lived().told if h.event == "acting" and h.source.startswith("game")]
    assert len(set(actions)) > 1


# --- 5.5


def test_5_5_act() -> None:
    """The moves that the agent made are those that an honest player makes, claim by claim."""
    run = lived()
    game, tree = run.disputed()
    opened = run.opened(game)
    ours = [claim for claim in tree.claims if claim.claimant == run.challenger]
    assert len(ours) >= 5
    for claim in ours:
        assert opened.trace.get(tree, tree.claims[claim.parent_index], claim.position) == claim.value
        assert not claim.is_countered


def test_5_5_nothing_is_left_to_be_said() -> None:
    run = lived()
    game, tree = run.disputed()
    found = GameSolver(run.opened(game).trace).calculate_next_actions(tree)
    assert found.error is None
    assert not found.actions


# --- 5.6


def test_5_6_perform_action() -> None:
    """Each action became a transaction that was mined: none was given up or reverted."""
    run = lived()
    assert run.events("acting")
    assert not run.events("transaction-failed")
    assert not run.events("action-failed")


# --- 5.7


def test_5_7_moves_and_bonds() -> None:
    """Every claim stands where its move has put it, with the bond of its depth."""
    run = lived()
    game, tree = run.disputed()
    depth = run.contract(game).max_game_depth(run.head.hash)
    for claim in tree.claims[1:]:
        parent = tree.claims[claim.parent_index]
        assert claim.position in (parent.position.attack(), parent.position.defend())
        assert claim.bond == required_bond(claim.depth, depth)


def test_5_7_steps() -> None:
    """A claim at the maximum depth was countered by a step, which the contract executed."""
    run = lived()
    _, tree = run.disputed()
    stepped = [claim for claim in tree.claims if claim.depth == tree.max_depth and claim.is_countered]
    assert stepped
    assert {claim.countered_by for claim in stepped} == {run.challenger}


def test_5_7_resolution() -> None:
    """The contract has come to the end that the claims imply."""
    run = lived()
    for game in run.games():
        contract = run.contract(game)
        end = resolve(contract.game(run.head.hash))
        assert end.status is contract.status(run.head.hash)
        assert end.claims == contract.game(run.head.hash).claims


# --- 5.8


def test_5_8_send_and_wait() -> None:
    """The account has sent nothing twice: each claim is there once, and each nonce was used."""
    run = lived()
    challenger, l1 = run.devnet.disputes.challenger, run.devnet.l1
    assert challenger is not None
    assert l1.nonce_at(run.challenger) == l1.pending_nonce_at(run.challenger)
    for game in run.games():
        keys = [claim.key for claim in run.contract(game).game(run.head.hash).claims]
        assert len(keys) == len(set(keys))


# --- 5.9


def test_5_9_traces_and_preimages() -> None:
    """What the executed step read is in the oracle, under the key of this game and this dispute."""
    run = lived()
    game, tree = run.disputed()
    opened = run.opened(game)
    stepped = next(claim for claim in tree.claims if claim.depth == tree.max_depth and claim.is_countered)
    is_attack = opened.trace.get(tree, stepped, stepped.position) != stepped.value
    position = stepped.position if is_attack else stepped.position.move_right()
    data = opened.trace.get_step_data(tree, stepped, position)
    assert data.preimage is not None
    view = PinnedGame(opened.contract, opened.depths, run.head.hash)
    assert view.preimage_exists(stepped, data.preimage)
    assert not view.preimage_exists(stepped, replace(data.preimage, offset=5))


def test_5_9_bonds_are_claimed() -> None:
    run = lived()
    for game in run.games():
        contract = run.contract(game)
        assert contract.is_closed(run.head.hash)
        assert contract.credit(run.challenger, run.head.hash)[0] == 0


def test_5_9_the_anchor_moves() -> None:
    """Closed games that were won have become the anchor, one after the other."""
    run = lived()
    won = [
        game for game in run.games() if run.contract(game).status(run.head.hash) is GameStatus.DEFENDER_WON
    ]
    registry = run.contract(won[-1]).anchor_state_registry(run.head.hash)
    anchor = load_contract("AnchorStateRegistry").at(registry, run.devnet.l1).read("getAnchorRoot")
    numbers = [run.contract(game).game_range(run.head.hash).poststate for game in won]
    assert anchor[1] == max(numbers)
    assert {game.game_type for game in won} == {GAME_TYPE}
