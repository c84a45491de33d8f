"""Whole devnets with disputes and two who play dishonestly: who is right wins, and loses no bond."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.devnet import DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.game_pictures import devnet_games, game_sheet
from pyoprollup.eth.crypto import address_of

OPTIONS = {
    "l1_blocks": 9,
    "l1_finality": 3,
    "transactions": 1,
    "deposits": 0,
    "data_availability": DataAvailability.CALLDATA,
    "silent_verifier": False,
    "proposer": True,
    "proposal_interval": 72,
    "challenger": True,
    "dispute_clock": 240,
    "dispute_depth": 6,
}
CASES = {
    "random": ("wrong-root",),
    "freeloader": ("unsafe",),
    "spammer": ("wrong-number",),
}


@pytest.mark.slow
@pytest.mark.parametrize("strategy", CASES)
def test_the_honest_side_wins_and_keeps_its_bonds(strategy: str) -> None:
    """With answers that waited for resolutions, or nonces given out twice, it lost both."""
    # Whoever plays at random disputes right roots as well.
    others = (strategy, "random") if strategy != "random" else ("random", "random")
    devnet = Devnet(DevnetOptions(**OPTIONS, bad_proposals=CASES[strategy], dishonest=others))  # type: ignore[arg-type]
    devnet.run()
    challenger = address_of(devnet.genesis.challenger)
    sheets = [game_sheet(devnet, game) for game in devnet_games(devnet)]
    assert len(sheets) >= 2
    assert max(len(sheet.claims) for sheet in sheets) > 10
    for sheet in sheets:
        right = sheet.claims[0].agree and not sheet.facts.l2_block_challenged
        assert sheet.facts.status is (GameStatus.DEFENDER_WON if right else GameStatus.CHALLENGER_WON)
        for each in sheet.claims:
            if each.claim.claimant == challenger:
                assert each.agree, f"claim {each.claim.index} is not true"
                assert not each.claim.is_countered, f"the bond of claim {each.claim.index} is lost"
