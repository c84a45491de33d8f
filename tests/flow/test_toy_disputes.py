"""A whole devnet whose disputes end in the fault-proof VM: a liar is led down to one instruction."""

from __future__ import annotations

import pytest

from pyoprollup.challenger.contracts import fault_dispute_game_contract
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.devnet import DataAvailability, Devnet, DevnetOptions
from pyoprollup.devnet.dispute_contracts import MIPS64_VM, TOY_GAME_TYPE
from pyoprollup.devnet.game_pictures import devnet_games, game_sheet
from pyoprollup.devnet.proposing import proposals_on_l1
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.refs import BlockLabel


@pytest.mark.slow
def test_a_lie_about_a_program_ends_in_a_step_that_a_contract_executes() -> None:
    devnet = Devnet(
        DevnetOptions(
            l1_blocks=12,
            l1_finality=3,
            transactions=0,
            deposits=0,
            data_availability=DataAvailability.CALLDATA,
            silent_verifier=False,
            challenger=True,
            proposal_interval=48,
            toy_proposals=("right", "wrong"),
            dishonest=("deep-liar",),
            dispute_clock=480,
            dispute_depth=7,
        )
    )
    devnet.run()
    right, wrong = (game_sheet(devnet, game) for game in devnet_games(devnet))
    assert right.facts.game_type == wrong.facts.game_type == TOY_GAME_TYPE
    assert (right.facts.status, wrong.facts.status) == (GameStatus.DEFENDER_WON, GameStatus.CHALLENGER_WON)
    challenger = address_of(devnet.genesis.challenger)
    head = devnet.l1.l1_block_ref_by_label(BlockLabel.UNSAFE).hash
    game = fault_dispute_game_contract(TOY_GAME_TYPE, wrong.facts.address, devnet.l1, head)
    assert game.vm(head).address == MIPS64_VM
    # Both sides went all the way down, and there is nothing below the last lie but a step.
    last = wrong.claims[-1].claim
    assert last.depth == game.max_game_depth(head) == 32
    assert last.claimant != challenger and last.countered_by == challenger
    for each in wrong.claims:
        if each.claim.claimant == challenger:
            assert each.agree and not each.claim.is_countered
    assert [each.is_right for each in proposals_on_l1(devnet.l1, devnet.verifiers)] == [True, True]
