"""All checks together, as a value and as JSON."""

from __future__ import annotations

import json

from pyoprollup.bindings import GameMetadata
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.dispute_mon import (
    Agreement,
    Extraction,
    NodeEndpoints,
    NoticeKind,
    Report,
    make_report,
    report_json,
)
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_HASH
from tests.unit.dispute_mon.support import (
    CREATED,
    HONEST,
    OTHER_ROOT,
    REGISTRY,
    WETH,
    claim,
    fault,
    permissioned,
    proxy,
    root,
    zk,
)

BLOCK = BlockID(ZERO_HASH, 77)
FAILED = GameMetadata(9, 0, CREATED, proxy(9))
WAITING = GameMetadata(8, 0, CREATED, proxy(8))


def report() -> Report:
    games = (
        fault(root(), claim(1, 0, 2, HONEST), l2_sequence_number=2**200, updated_at=90.0),
        fault(
            root(),
            index=1,
            agreement=Agreement(False, OTHER_ROOT, NodeEndpoints(2, not_found=1)),
            updated_at=80.0,
        ),
        zk(index=2, updated_at=95.0),
        permissioned(index=3, status=GameStatus.DEFENDER_WON, updated_at=99.0),
    )
    extraction = Extraction(
        block=BLOCK,
        games=games,
        ignored=1,
        failed={FAILED: "broken"},
        waiting=frozenset({WAITING}),
        unchecked={
            WAITING: NodeEndpoints(2, out_of_sync=2),
            games[0].common.metadata: NodeEndpoints(2, frozenset("a")),
        },
        anchors={REGISTRY: 2**100},
    )
    return make_report(extraction, CREATED + 10, frozenset({HONEST}))


def test_a_report_has_all_checks() -> None:
    found = report()
    assert found.game_types == {"cannon": 2, "zk": 1, "super-permissioned": 1}
    assert found.oldest_update == 80.0
    assert sum(found.forecast.games.values()) == 4
    assert found.endpoints.out_of_sync == 2 and found.endpoints.failing == 1
    kinds = {notice.kind for notice in found.notices}
    assert NoticeKind.UNEXPECTED_FORECAST in kinds and NoticeKind.NODES_DISAGREE in kinds
    assert found.credits.collateral[WETH].required == 100 + 200 + 100 + 300


def test_without_games_the_time_is_now() -> None:
    found = make_report(Extraction(BLOCK, ()), CREATED, frozenset())
    assert found.oldest_update == CREATED and found.notices == () and not found.game_types


def test_json_has_all_of_it_and_no_number_that_javascript_would_change() -> None:
    value = report_json(report())
    assert json.loads(json.dumps(value)) == value
    assert [game["index"] for game in value["games"]] == [0, 1, 2, 3]
    assert value["games"][0]["l2_sequence_number"] == str(2**200)
    assert value["games"][0]["class"] == "agree_challenger_ahead"
    assert value["failed"] == [{"game": "0x" + proxy(9).hex(), "index": 9, "error": "broken"}]
    assert value["waiting"] == ["0x" + proxy(8).hex()]
    assert value["summary"]["anchors"] == {"0x" + REGISTRY.hex(): str(2**100)}
    assert value["summary"]["honest_actors"]["0x" + HONEST.hex()]["bonds"]["pending"] == "200"

    def numbers(item: object) -> None:
        if isinstance(item, dict):
            for each in item.values():
                numbers(each)
        elif isinstance(item, list):
            for each in item:
                numbers(each)
        elif isinstance(item, int):
            assert abs(item) < 2**53

    numbers(value)
