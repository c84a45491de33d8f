"""The devnet's challenger and who plays against it; whole disputes are in ``tests/flow/test_phase5.py``."""

from __future__ import annotations

from typing import Any, cast

import pytest

from pyoprollup.devnet import DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.challenging import BadProposer, DishonestPlayer, NodeHeaders, dispute_settings
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.refs import BlockLabel

SMALL: dict[str, Any] = {
    "l1_blocks": 4,
    "transactions": 0,
    "data_availability": DataAvailability.CALLDATA,
    "proposer": True,
    "proposal_interval": 24,
}


@pytest.mark.parametrize(
    ("clock", "extension", "period", "delay"),
    [(302_400, 10_800, 75_600, 302_400), (600, 36, 150, 600), (5_000_000, 10_800, 86_400, 302_400)],
)
def test_delays_are_no_longer_than_the_clocks(clock: int, extension: int, period: int, delay: int) -> None:
    options = DevnetOptions(**SMALL, dispute_clock=clock, l1_block_time=12, dispute_depth=9)
    settings = dispute_settings(options)
    assert (settings.max_clock_duration, settings.clock_extension) == (clock, extension)
    assert (settings.oracle_period, settings.finality_delay, settings.weth_delay) == (period, delay, delay)
    assert settings.split_depth == 9


def test_without_a_challenger_nothing_is_waited_for() -> None:
    devnet = Devnet(DevnetOptions(**SMALL))
    assert devnet.disputes.challenger is None and devnet.disputes.bad_proposer is None
    assert devnet.disputes.steppers == {} and devnet.disputes.over
    assert devnet.disputes.patience == 1


def test_each_has_a_key_and_a_place_in_the_schedule() -> None:
    options = DevnetOptions(
        **SMALL, challenger=True, dishonest=("random", "staller"), bad_proposals=("wrong-root",)
    )
    disputes = Devnet(options).disputes
    assert list(disputes.steppers) == ["challenger", "dishonest 0", "dishonest 1", "bad proposer"]
    players = [disputes.steppers[f"dishonest {index}"] for index in range(2)]
    assert all(isinstance(player, DishonestPlayer) for player in players)
    assert isinstance(disputes.bad_proposer, BadProposer) and disputes.challenger is not None
    accounts = {cast(Any, each).manager.address for each in (*players, disputes.bad_proposer)}
    assert len(accounts) == 3
    assert disputes.patience > options.dispute_clock // options.l1_block_time


def test_headers_are_those_of_the_nodes_chain() -> None:
    devnet = Devnet(DevnetOptions(**SMALL))
    devnet.run()
    node = devnet.nodes["verifier"]
    head = node.core.heads.safe
    assert NodeHeaders(node).header_by_number(head.number).hash() == head.hash
    with pytest.raises(Unavailable):
        NodeHeaders(node).header_by_number(10**9)
    with pytest.raises(NotFound):
        devnet.l1.l1_block_ref_by_number(10**9)
    assert devnet.l1.l1_block_ref_by_label(BlockLabel.UNSAFE).number >= 4
