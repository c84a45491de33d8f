"""All games at one L1 block, from contracts that may be broken, foreign or lying."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.challenger.contracts import BondDistributionMode
from pyoprollup.dispute_mon import EnrichedGame, Extraction, FaultGame, GameExtractor, Sources
from pyoprollup.dispute_mon.extract import one_by_one
from pyoprollup.errors import Unavailable
from pyoprollup.eth.output_root import OutputV0
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.rollupapi import RollupUnavailable
from pyoprollup.sources.l1 import CallFailed, ExecutionReverted
from tests.unit.challenger.contracts.support import Raw
from tests.unit.dispute_mon.support import (
    CLOCK,
    CREATED,
    DELAY,
    FACTORY,
    HONEST,
    LIAR,
    REGISTRY,
    WETH,
    FakeGame,
    FakeL1,
    SuperSource,
    claim,
    l1_hash,
    l1_ref,
    l1_with,
    proxy,
    root,
)
from tests.unit.dispute_mon.test_agreement import Node

OUTPUT = OutputV0(Hash32(b"\x01" * 32), ZERO_HASH, ZERO_HASH)
NOW = CREATED + 100.0


def node(**fields: Any) -> Node:
    return Node(**{"at": 15, "output": OUTPUT, **fields})


def right(**fields: Any) -> FakeGame:
    return FakeGame(root_claim=OUTPUT.root(), **fields)


def extractor(l1: FakeL1, *nodes: Node, **options: Any) -> GameExtractor:
    return GameExtractor(l1, FACTORY, Sources(nodes or (node(),), options.pop("super_roots", ())), **options)


def extract(l1: FakeL1, *nodes: Node, earliest: int = 0, **options: Any) -> Extraction:
    return extractor(l1, *nodes, **options).extract(l1_ref(l1.head), earliest, NOW)


def only(extraction: Extraction) -> EnrichedGame:
    (game,) = extraction.games
    return game


def test_a_game_is_complete() -> None:
    claims = [root(), claim(1, 0, 2, HONEST)]
    l1 = l1_with([right(claims=claims, resolved=[1], credit=7)])
    extraction = extract(l1)
    game = only(extraction)
    assert isinstance(game, FaultGame)
    assert [(each.claim, each.resolved) for each in game.claims] == [(claims[0], False), (claims[1], True)]
    assert game.common.agreement.agree and game.common.l1_head_number == 10
    assert game.common.updated_at == NOW and game.common.anchor_state_registry == REGISTRY
    data = game.bond_data
    assert data.mode is BondDistributionMode.UNDECIDED and data.credits == {HONEST: 7, LIAR: 7}
    assert (data.weth, data.weth_delay, data.collateral) == (WETH, DELAY, 10**6)
    assert data.withdrawable_at == CREATED + CLOCK + DELAY
    assert extraction.anchors == {REGISTRY: 44} and extraction.block == l1_ref(20).id


def test_every_read_is_at_the_one_block() -> None:
    l1 = l1_with([right(), right(version="1.2.0"), right(game_type=255)])
    assert len(extract(l1).games) == 3
    assert {block for block, _ in l1.asked} == {l1_hash(20)}


def test_the_window_and_ignored_games() -> None:
    games = [right(timestamp=CREATED + index) for index in range(4)]
    extraction = extract(l1_with(games), earliest=CREATED + 1, ignored=frozenset({proxy(2)}))
    assert sorted(game.common.metadata.index for game in extraction.games) == [1, 3]
    assert extraction.ignored == 1 and extraction.failed == {}


BROKEN: dict[str, FakeGame] = {
    "reverts": right(lies={"version": ExecutionReverted()}),
    "has no code": right(lies={"version": Raw(b"")}),
    "of a foreign type": right(game_type=1337),
    "of a type without a name": right(game_type=77),
    "short data": right(lies={"claimData": Raw(bytes(32))}),
    "absurd count": right(lies={"claimDataLen": 2**256 - 1}),
    "no claims": right(lies={"claimDataLen": 0}),
    "parent out of range": right(claims=[root(), claim(1, 1, 2)]),
    "no move": right(claims=[root(), claim(1, 0, 3)]),
    "status": right(status=9),
    "mode": right(mode=3),
    "unknown L1 head": right(l1_head=Hash32(b"\x01" + bytes(31))),
    "out of gas": right(lies={"claimDataLen": CallFailed("out of gas")}),
}


@pytest.mark.parametrize("which", BROKEN)
def test_one_broken_game_stops_no_other(which: str) -> None:
    extraction = extract(l1_with([right(), BROKEN[which], right()]))
    assert sorted(game.common.metadata.index for game in extraction.games) == [0, 2]
    ((metadata, why),) = extraction.failed.items()
    assert metadata.index == 1 and why


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, 2**64, 2**256 - 1])
def test_absurd_block_numbers_are_wrong_claims(number: int) -> None:
    """Failures 11 and 20: no conversion ends anything, and no node is asked."""
    asked = node()
    game = only(extract(l1_with([right(number=number)]), asked))
    assert not game.common.agreement.agree and game.common.l2_sequence_number == number
    assert asked.asked == []


def test_games_that_no_node_can_check_yet_wait() -> None:
    """Failures 11 and 12: unknown is neither agreement nor disagreement, and is asked again."""
    l1 = l1_with([right()])
    lagging = node(at=10)
    looks = extractor(l1, lagging)
    extraction = looks.extract(l1_ref(20), 0, NOW)
    assert extraction.games == () and extraction.failed == {}
    assert [metadata.index for metadata in extraction.waiting] == [0]
    assert [found.out_of_sync for found in extraction.endpoints.values()] == [1]
    lagging.at = 11
    extraction = looks.extract(l1_ref(20), 0, NOW + 30)
    assert only(extraction).common.agreement.agree and not extraction.waiting


def test_a_game_stays_as_it_was_while_it_cannot_be_checked() -> None:
    l1 = l1_with([right()])
    asked = node()
    looks = extractor(l1, asked)
    looks.extract(l1_ref(20), 0, NOW)
    asked.status_error = RollupUnavailable("down")
    extraction = looks.extract(l1_ref(21), 0, NOW + 30)
    assert only(extraction).common.updated_at == NOW
    assert len(extraction.failed) == 1
    assert [found.errors for found in extraction.endpoints.values()] == [frozenset({"node-0"})]


def test_a_game_at_the_same_address_after_a_reorg_is_another_one() -> None:
    """Failure 14: nothing that was read of the game before is taken for this one's."""
    game = right()
    l1 = l1_with([game])
    looks = extractor(l1, node())
    looks.extract(l1_ref(20), 0, NOW)
    l1.asked.clear()
    changed = l1_with([replace(game, timestamp=CREATED + 1, lies={"claimDataLen": 2**200})])
    l1.contracts = changed.contracts
    extraction = looks.extract(l1_ref(21), 0, NOW + 30)
    assert extraction.games == () and len(extraction.failed) == 1
    assert "version" in l1.names


def test_the_version_of_a_game_is_asked_once() -> None:
    l1 = l1_with([right()])
    looks = extractor(l1, node())
    for number in (20, 21):
        looks.extract(l1_ref(number), 0, NOW)
    assert l1.names.count("version") == 1


def test_kinds_of_games_need_kinds_of_sources() -> None:
    games = [FakeGame(game_type=5, status=2), FakeGame(game_type=9)]
    extraction = extract(l1_with(games))
    assert len(extraction.failed) == 2 and all("NoSource" in why for why in extraction.failed.values())
    extraction = extract(l1_with(games), super_roots=(SuperSource(15, 9),))
    assert len(extraction.games) == 2
    assert all(game.common.agreement.agree for game in extraction.games)
    alone = GameExtractor(l1_with([right()]), FACTORY, Sources())
    assert "NoSource" in next(iter(alone.extract(l1_ref(20), 0, NOW).failed.values()))


def zk_game(**lies: Any) -> FakeGame:
    values = {
        "claimData": (2**32 - 1, 0, b"\0" * 20, b"\0" * 20, CREATED + 50, FakeGame().root_claim),
        "gameCreator": LIAR,
        "totalBonds": 300,
        "challengerBond": 100,
    }
    return FakeGame(game_type=10, lies={**values, **lies})


def test_a_zk_game_is_complete() -> None:
    from pyoprollup.dispute_mon import ZKGame

    roots = (SuperSource(15, 99),)
    game = only(extract(l1_with([zk_game()]), super_roots=roots))
    assert isinstance(game, ZKGame)
    assert game.parent_status is None and game.deadline == CREATED + 50
    assert [record.amount for record in game.bond_data.bonds.records] == [300]
    assert game.common.agreement.agree, "a root is right or wrong whenever its data came"


@pytest.mark.parametrize(
    "lies",
    [
        {"claimData": (2**32 - 1, 0, b"\0" * 20, b"\0" * 20, 1, ZERO_HASH)},
        {"claimData": (2**32 - 1, 1, b"\0" * 20, b"\0" * 20, 1, FakeGame().root_claim)},
        {"claimData": (2**32 - 1, 4, b"\0" * 20, b"\0" * 20, 1, FakeGame().root_claim)},
        {"bondDistributionMode": 1},
        {"status": 2, "claimData": (0, 4, b"\0" * 20, b"\0" * 20, 1, FakeGame().root_claim)},
    ],
)
def test_a_zk_game_that_contradicts_itself(lies: dict[str, Any]) -> None:
    roots = (SuperSource(15, 9),)
    extraction = extract(l1_with([right(), zk_game(**lies)]), node(), super_roots=roots)
    assert [game.common.metadata.index for game in extraction.games] == [0]
    assert "InconsistentZKGame" in next(iter(extraction.failed.values()))


def test_without_a_list_of_games_there_is_nothing() -> None:
    l1 = l1_with([])
    l1.add(FACTORY, l1.contracts[FACTORY][0], {"gameCount": CallFailed("no such block")})
    with pytest.raises(CallFailed):
        extract(l1)


def test_registries_without_one_anchor_are_left_out() -> None:
    l1 = l1_with([right(version="1.3.0")])
    l1.add(REGISTRY, l1.contracts[REGISTRY][0], {"getAnchorRoot": ExecutionReverted()})
    extraction = extract(l1)
    assert len(extraction.games) == 1 and extraction.anchors == {}


def test_games_are_read_by_several_workers_and_stay_in_order() -> None:
    threads: set[int] = set()

    def workers(function: Callable[[Any], Any], items: Iterable[Any], /) -> Iterable[Any]:
        def noted(item: Any) -> Any:
            threads.add(threading.get_ident())
            return function(item)

        with ThreadPoolExecutor(4) as executor:
            return list(executor.map(noted, items))

    l1 = l1_with([right(timestamp=CREATED + index) for index in range(30)])
    plain = extract(l1, workers=one_by_one)
    threaded = extract(l1, workers=workers)
    assert threaded.games == plain.games and len(plain.games) == 30
    assert threading.get_ident() not in threads


def test_what_is_no_error_of_ours_is_no_failed_game() -> None:
    class Defect(Exception):
        pass

    with pytest.raises(Defect):
        extract(l1_with([right()]), node(status_error=Defect()))
    assert issubclass(RollupUnavailable, Unavailable)
