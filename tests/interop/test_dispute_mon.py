"""The contracts of disputes and the monitor of games, on anvil with the reference's contracts (games 1.2.0).

Random games are made, played and resolved with transactions of ours; before and after it the monitor looks.
What it forecasts must come true, and what it says is owed must be what is held.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyoprollup.bindings import ContractReverted
from pyoprollup.challenger.contracts import BondDistributionMode
from pyoprollup.challenger.game.claims import NO_PARENT
from pyoprollup.challenger.game.position import Position
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon import (
    CreditExpectation,
    DisputeMonConfig,
    FaultGame,
    GameExtractor,
    GameMonitor,
    NoticeKind,
    Report,
    Sources,
    forecast_status,
)
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from tests.interop.anvil import GAME_TYPE
from tests.interop.dispute_world import CLOCK, DELAY, OUTPUT, DisputeWorld, random_root
from tests.interop.network import Network, network
from tests.unit.dispute_mon.test_agreement import Node

pytestmark = [pytest.mark.npm, pytest.mark.slow]

GAMES = 8


class World(DisputeWorld):
    """With a monitor that agrees with the root :data:`OUTPUT`."""

    def __init__(self, net: Network, anvil: Path, artifacts: Path) -> None:
        super().__init__(net, anvil, artifacts)
        sources = Sources((Node(at=10**9, output=OUTPUT, safe=10**9),))
        extractor = GameExtractor(self.l1, self.factory.address, sources)
        honest = frozenset({self.players[0].address})
        config = DisputeMonConfig(self.factory.address, honest, game_window=1e9)
        self.monitor = GameMonitor(config, self.l1, extractor, lambda: float(self.now))

    def look(self) -> Report:
        report = self.monitor.look(float(self.now))
        assert report is not None and not report.extraction.failed
        return report


@pytest.fixture(scope="module")
def world(anvil: Path, l1_contracts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with network(tmp_path_factory.mktemp("net")) as net:
        made = World(net, anvil, l1_contracts)
        yield made
        made.l1.close()


def test_parameters_of_a_game(world: World) -> None:
    game, block = world.create(OUTPUT.root(), 1), world.block
    assert game.version.prefix == "1.2." and world.factory.version == "1.0.0"
    assert (game.max_game_depth(block), game.split_depth(block)) == (73, 30)
    assert (game.clock_extension(block), game.max_clock_duration(block)) == (10_800, CLOCK)
    found = game.extended_metadata(block)
    assert (found.l2_sequence_number, found.root_claim) == (1, OUTPUT.root())
    assert not found.l2_block_number_challenged and found.l2_block_number_challenger == ZERO_ADDRESS
    assert (
        world.l1.l1_block_ref_by_hash(game.l1_head(block)).number
        < world.l1.l1_block_ref_by_hash(block).number
    )
    assert game.game_range(block).poststate == 1 and game.game_range(block).prestate == 0
    assert game.starting_root_hash(block) == b"\x0a" * 32
    vm = world.factory.game_vm(GAME_TYPE, block)
    assert vm.address == game.vm(block).address
    assert world.factory.game_prestate(GAME_TYPE, block) == game.absolute_prestate_hash(block)
    oracle = game.oracle(block)
    assert (oracle.version, oracle.challenge_period(block)) == ("1.0.0", 86_400)
    assert oracle.min_large_preimage_size(block) == 126_000 and oracle.active_preimages(block) == []
    root = game.claim(0, block)
    assert root.parent_index == NO_PARENT and root.bond == world.factory.init_bonds(GAME_TYPE, block)
    bonds = game.required_bonds([Position(0, 0), Position(73, 0)], block)
    assert bonds == [game.required_bond(Position(depth, 0), block) for depth in (0, 73)]


def test_refusals_are_told_by_name(world: World) -> None:
    game = world.create(OUTPUT.root(), 2)
    with pytest.raises(ContractReverted) as caught:
        game.call_resolve_claim(0, world.block)
    assert caught.value.name == "ClockNotExpired"
    with pytest.raises(ContractReverted) as caught:
        game.call_resolve(world.block)
    assert caught.value.name == "OutOfOrderResolution"
    with pytest.raises(ContractReverted) as caught:
        game.claim_credit_tx(world.players[0].address, world.block)
    assert caught.value.name == "NoCreditToClaim"


def test_what_the_monitor_forecasts_comes_true(world: World) -> None:
    chance = random.Random(7)
    start = world.factory.game_count(world.block)
    games = []
    for number in range(GAMES):
        games.append(world.create(random_root(number), 100 + number))
        world.play(games[-1], chance)
    report = world.look()
    forecasts = _forecasts(report, start)
    balance = next(iter(report.credits.collateral.values()))
    assert balance.required == balance.actual > 0
    wrong = {notice.game for notice in report.notices if notice.kind is NoticeKind.UNEXPECTED_FORECAST}

    world.pass_time(2 * CLOCK)
    overdue = {notice.kind for notice in world.look().notices}
    assert NoticeKind.CLAIM_OVERDUE in overdue
    for index, game in enumerate(games):
        assert world.resolve(game) is forecasts[index], index
    report = world.look()
    ended = {notice.game for notice in report.notices if notice.kind is NoticeKind.UNEXPECTED_RESULT}
    assert ended == {address for address in wrong if address in {game.address for game in games}}
    _check_credits(world, report)

    world.pass_time(DELAY + 1)
    for who, game in ((who, game) for who in (0, 1) for game in games):
        actor = world.players[who].address
        credit, _ = game.credit(actor, world.block)
        if credit:
            assert world.look().withdrawals.honest[world.players[0].address] >= (0 if who else credit)
            world.send(who, game.claim_credit_tx(actor, world.block))
            assert game.credit(actor, world.block)[0] == 0
    report = world.look()
    balance = next(iter(report.credits.collateral.values()))
    assert balance.required == balance.actual, "only the games of the other tests are left"


def _forecasts(report: Report, start: int) -> list[GameStatus]:
    found = {}
    for game in report.extraction.games:
        assert isinstance(game, FaultGame)
        found[game.common.metadata.index] = forecast_status(game)
    return [found[start + index] for index in range(GAMES)]


def _check_credits(world: World, report: Report) -> None:
    """What everybody has is what the rules say, unlocked at once in these versions."""
    assert set(report.credits.credits) == {CreditExpectation.EQUAL_WITHDRAWABLE}
    (counts,) = report.withdrawals.requests.values()
    assert counts.divergent == 0 and counts.matching > 0
    for game in report.extraction.games:
        assert isinstance(game, FaultGame) and game.bond_data.mode is BondDistributionMode.LEGACY
        data = game.bond_data
        assert {who: amount for who, amount in data.credits.items() if amount} == data.bonds.expected_credits
    actors: set[Address] = {player.address for player in world.players}
    assert set(report.credits.honest) <= actors
