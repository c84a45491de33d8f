from __future__ import annotations

import pytest

from pyoprollup.bindings import DisputeGameFactory
from pyoprollup.devnet.dispute_contracts import DISPUTE_GAME_FACTORY, GAME_TYPE, INIT_BOND
from pyoprollup.errors import Unavailable
from pyoprollup.eth.types import Hash32
from pyoprollup.proposer import Proposal, ProposalGames
from tests.unit.bindings.support import FACTORY, FakeL1
from tests.unit.proposer.support import ACCOUNT, STRANGER, Bench, output_of


def games(bench: Bench) -> ProposalGames:
    return ProposalGames(bench.factory, bench.l1.head_block.hash)


def test_a_game_as_old_as_the_cutoff_is_recent() -> None:
    bench = Bench()
    bench.run(40)
    at = bench.games()[0].metadata.timestamp
    recent = games(bench).has_proposed_since(ACCOUNT, at, GAME_TYPE)
    assert recent is not None
    assert recent.claim == output_of(20).root()
    assert games(bench).has_proposed_since(ACCOUNT, at + 0.5, GAME_TYPE) is None
    assert games(bench).has_proposed_since(STRANGER, at, GAME_TYPE) is None
    assert games(bench).has_proposed_since(ACCOUNT, at, GAME_TYPE + 1) is None


def test_there_is_one_game_for_a_proposal() -> None:
    bench = Bench()
    bench.run(40)
    proposal = Proposal(output_of(20).root(), 20)
    assert games(bench).existing_game(GAME_TYPE, proposal) == bench.games()[0].metadata.proxy
    for other in (Proposal(output_of(21).root(), 20), Proposal(output_of(20).root(), 21)):
        assert games(bench).existing_game(GAME_TYPE, other) is None
    assert games(bench).existing_game(GAME_TYPE + 1, proposal) is None


def test_the_state_of_an_older_block_has_no_newer_games() -> None:
    bench = Bench()
    bench.run(40)
    old = ProposalGames(bench.factory, bench.l1.block_by_number(1).hash)
    assert old.has_proposed_since(ACCOUNT, 0, GAME_TYPE) is None
    assert old.existing_game(GAME_TYPE, Proposal(output_of(20).root(), 20)) is None


@pytest.mark.parametrize("version", ["1.0.0", "1.2.0", "1.3.0", "1.4.1"])
def test_the_transaction_is_the_same_for_all_versions_of_the_factory(version: str) -> None:
    bench = Bench()
    factory = DisputeGameFactory(DISPUTE_GAME_FACTORY, bench.l1, version)
    candidate = ProposalGames(factory, bench.l1.head_block.hash).proposal_tx(
        GAME_TYPE, Proposal(Hash32(b"\5" * 32), 9)
    )
    assert candidate.to == DISPUTE_GAME_FACTORY
    assert candidate.value == INIT_BOND
    words = [GAME_TYPE.to_bytes(32, "big"), b"\5" * 32, (96).to_bytes(32, "big"), (32).to_bytes(32, "big")]
    assert candidate.data == bytes.fromhex("82ecf2f6") + b"".join(words) + (9).to_bytes(32, "big")


def test_an_l1_that_does_not_answer_is_no_game_that_does_not_answer() -> None:
    def down(_data: bytes) -> bytes:
        raise Unavailable("down")

    factory = DisputeGameFactory(FACTORY, FakeL1({FACTORY: down}))
    with pytest.raises(Unavailable):
        ProposalGames(factory, Hash32(bytes(32))).has_proposed_since(ACCOUNT, 0, GAME_TYPE)
