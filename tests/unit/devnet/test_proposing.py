from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from pyoprollup.devnet import BatchType, DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.dispute_contracts import ANCHOR_STATE_REGISTRY, DISPUTE_GAME_FACTORY
from pyoprollup.devnet.proposing import NodeOutputs, proposals_on_l1
from pyoprollup.devnet.report import DevnetReport
from pyoprollup.errors import ConfigError, NotFound
from pyoprollup.eth.types import to_hex

OPTIONS: dict[str, Any] = {
    "l1_blocks": 8,
    "l1_finality": 3,
    "transactions": 1,
    "data_availability": DataAvailability.CALLDATA,
    "proposer": True,
    "proposal_interval": 24,
}


@cache
def lived() -> Devnet:
    devnet = Devnet(DevnetOptions(**OPTIONS))
    devnet.run()
    return devnet


def test_games_appear_and_are_what_the_verifiers_have() -> None:
    devnet = lived()
    games = list(proposals_on_l1(devnet.l1, devnet.verifiers))
    assert len(games) >= 2
    assert all(game.agrees for game in games)
    for node in devnet.verifiers:
        for game in games:
            assert to_hex(NodeOutputs(node).output_at_block(game.block).output_root) == game.root
    assert [game.block for game in games] == sorted({game.block for game in games})
    report = DevnetReport.of(devnet, 1.0)
    assert report.agrees
    assert [game["game"] for game in report.to_json()["proposals"]] == [game.game for game in games]
    assert not replace(report, proposals=(replace(games[0], agrees=False),)).agrees


def test_a_root_that_a_verifier_does_not_have_is_told() -> None:
    devnet = lived()

    class Other:
        def output_at_block(self, number: int) -> Any:
            raise NotFound(f"no block {number}")

    other: Any = Other()
    games = list(proposals_on_l1(devnet.l1, [*devnet.verifiers, other]))
    assert games
    assert not any(game.agrees for game in games)


def test_the_same_options_give_the_same_games() -> None:
    again = Devnet(DevnetOptions(**OPTIONS))
    again.run()
    assert list(proposals_on_l1(again.l1, again.verifiers)) == list(
        proposals_on_l1(lived().l1, lived().verifiers)
    )
    assert again.l1.head_block.hash == lived().l1.head_block.hash


def test_before_isthmus_the_state_has_the_storage_root() -> None:
    devnet = Devnet(DevnetOptions(**{**OPTIONS, "forks": {}, "batch_type": BatchType.SINGULAR}))
    devnet.run()
    games = list(proposals_on_l1(devnet.l1, devnet.verifiers))
    assert games
    assert all(game.agrees for game in games)


def test_a_reorg_of_l1_leaves_no_wrong_game() -> None:
    devnet = Devnet(DevnetOptions(**{**OPTIONS, "l1_reorgs": {5: 2, 7: 3}, "sequencer_restarts": (6,)}))
    devnet.run()
    games = list(proposals_on_l1(devnet.l1, devnet.verifiers))
    assert games
    assert all(game.agrees for game in games)
    times = [game.timestamp for game in games]
    assert all(later - earlier >= 24 for earlier, later in itertools.pairwise(times))


def test_without_a_proposer_nothing_of_it_is_on_l1() -> None:
    devnet = Devnet(DevnetOptions(l1_blocks=1))
    for address in (DISPUTE_GAME_FACTORY, ANCHOR_STATE_REGISTRY):
        assert devnet.l1.code_at(address) == b""
    assert devnet.proposer is None


def test_the_interval_is_checked() -> None:
    with pytest.raises(ConfigError, match="proposal_interval"):
        DevnetOptions(proposal_interval=0).check()
