from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from pyoprollup.devcontracts import contract
from pyoprollup.devnet.dispute_contracts import DELAYED_WETH, DISPUTE_GAME_FACTORY, GAME_TYPE, INIT_BOND
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.types import Address, Hash32, to_hex
from pyoprollup.evm.genesis import Account
from pyoprollup.proposer import AlreadyRunningError, NotRunningError, ProposalHead
from pyoprollup.sources.l1 import BlockInfo
from tests.unit.proposer.support import (
    ACCOUNT,
    ETHER,
    OWNER_KEY,
    STRANGER_KEY,
    Bench,
    output_of,
)


def create(bench: Bench, number: int, game_type: int = GAME_TYPE, key: bytes = STRANGER_KEY) -> None:
    """Somebody else proposes the block with this number, rightly."""
    tx = bench.factory.create(game_type, output_of(number).root(), number.to_bytes(32, "big"), INIT_BOND)
    bench.send(key, tx.to, tx.data, tx.value)


# --- what and when


def test_a_game_for_the_safe_block_with_its_output_root_and_the_bond() -> None:
    bench = Bench()
    bench.run(40)
    (game,) = bench.games()
    assert game.root_claim == output_of(20).root()
    assert game.extra_data == (20).to_bytes(32, "big")
    assert bench.l1.balance_at(DELAYED_WETH) == INIT_BOND
    metrics = bench.proposer.metrics
    assert (metrics.proposals, metrics.is_up) == (1, True)
    assert metrics.proposed is not None
    assert metrics.proposed.number == 20
    assert bench.events("proposed")[0].details["root"] == to_hex(game.root_claim)


def test_only_final_blocks_by_default() -> None:
    bench = Bench(proposal_source=ProposalHead.FINALIZED)
    bench.run(40)
    assert bench.numbers() == [10]


def test_one_proposal_in_each_interval() -> None:
    bench = Bench()
    for safe in (20, 30, 40, 50, 60, 70):
        bench.node.safe = safe
        bench.run(30)
    times = [game.metadata.timestamp for game in bench.games()]
    assert len(times) >= 2
    assert all(later - earlier >= 60 for earlier, later in itertools.pairwise(times))


def test_a_clock_that_is_wrong_does_not_propose_at_every_look() -> None:
    bench = Bench(proposal_interval=300)
    bench.now += 100_000
    for _ in range(100):
        bench.node.safe = (bench.node.safe or 0) + 1
        bench.now += 12
        bench.l1.mine()
        bench.proposer.step(bench.now)
    times = [game.metadata.timestamp for game in bench.games()]
    assert len(times) >= 3
    assert all(later - earlier >= 276 for earlier, later in itertools.pairwise(times))


@pytest.mark.parametrize("head", [None, 0])
def test_neither_genesis_nor_a_block_that_the_node_does_not_know(head: int | None) -> None:
    bench = Bench()
    bench.node.safe = head
    bench.run(120)
    assert bench.games() == []
    assert bench.node.asked == []
    assert len(bench.events("nothing-to-propose")) == 1
    bench.node.safe = 20
    bench.run(40)
    assert bench.numbers() == [20]


def test_nothing_that_the_node_answers_wrongly() -> None:
    bench = Bench()
    bench.node.offset = 1
    bench.run(60)
    bench.node.offset = 0
    bench.node.changes = {"version": Hash32(b"\1" + bytes(31))}
    bench.run(60)
    bench.node.failing = True
    bench.run(60)
    assert bench.games() == []
    assert bench.proposer.metrics.source_errors >= 10
    bench.node.failing, bench.node.changes = False, {}
    bench.run(40)
    assert bench.numbers() == [20]


# --- others in the list


def test_the_same_proposal_by_somebody_else_is_not_made_again() -> None:
    bench = Bench()
    create(bench, 20)
    bench.run(200)
    assert bench.numbers() == [20]
    assert len(bench.events("game-exists")) == 1
    assert bench.proposer.metrics.games_existed > 5
    bench.node.safe = 21
    bench.run(40)
    assert bench.numbers() == [20, 21]


def test_a_chain_that_stands_still_is_not_proposed_again() -> None:
    bench = Bench()
    bench.run(300)
    assert bench.numbers() == [20]
    assert bench.proposer.metrics.proposals_reverted == 0
    assert len(bench.events("game-exists")) == 1


ONLY_INITIALIZES = (
    bytes.fromhex("60003560e01c63")
    + contract("FaultDisputeGame").call("initialize")
    + bytes.fromhex("1460145760006000fd5b00")
)
"""Takes ``initialize`` and reverts at everything else."""


@pytest.mark.parametrize("code", [ONLY_INITIALIZES, b"\x00", bytes.fromhex("60206000f3")])
@pytest.mark.parametrize("game_type", [0, 5, 6, 1337])
def test_games_that_answer_nothing_or_nonsense_never_stop_the_scan(code: bytes, game_type: int) -> None:
    other = Address(b"\xf0" * 20)
    bench = Bench(alloc={other: Account(nonce=1, code=code)}, proposal_interval=300)
    bench.run(40)
    assert bench.numbers() == [20]
    before = bench.factory.game_impls(game_type) or other, bench.factory.game_args(game_type)
    set_type(bench, game_type, other, b"")
    create(bench, 5, game_type)
    bench.run(12)
    assert bench.factory.game_count() == 2
    set_type(bench, game_type, *before)
    bench.node.safe = 30
    bench.run(100)
    assert bench.proposer.metrics.proposals == 1, "it saw our own, behind the other"
    bench.run(150)
    assert bench.proposer.metrics.proposals == 2
    unreadable = game_type == 0 and code in (ONLY_INITIALIZES, b"\x00")
    assert len(bench.events("unreadable-game")) == unreadable
    assert (bench.proposer.metrics.unreadable_games > 1) == unreadable


def set_type(bench: Bench, game_type: int, implementation: Address, args: bytes) -> None:
    function = "setImplementation(uint32,address,bytes)"
    for tx in (
        bench.factory.bound.transaction(function, game_type, implementation, args),
        bench.factory.bound.transaction("setInitBond", game_type, INIT_BOND),
    ):
        bench.send(OWNER_KEY, tx.to, tx.data)
        bench.run(12)


# --- money


def test_a_bond_that_cannot_be_paid_is_said_once_with_the_amounts() -> None:
    bench = Bench(balance=INIT_BOND - 1)
    bench.run(300)
    assert bench.games() == []
    (said,) = bench.events("bond-cannot-be-paid")
    assert said.details["bond"] == INIT_BOND
    assert said.details["balance"] == INIT_BOND - 1
    assert said.details["account"] == to_hex(ACCOUNT)
    assert bench.proposer.metrics.unpaid > 10
    bench.send(STRANGER_KEY, ACCOUNT, b"", ETHER)
    bench.run(60)
    assert bench.numbers() == [20]


def test_fees_count_as_well() -> None:
    bench = Bench(balance=INIT_BOND + 10**12)
    bench.run(100)
    (said,) = bench.events("bond-cannot-be-paid")
    assert said.details["fees"] > 10**12


def test_a_bond_that_changes_is_read_anew() -> None:
    bench = Bench()
    bench.run(40)
    change = bench.factory.bound.transaction("setInitBond", GAME_TYPE, 2 * INIT_BOND)
    bench.send(OWNER_KEY, change.to, change.data)
    bench.node.safe = 30
    bench.run(80)
    assert bench.numbers() == [20, 30]
    assert bench.l1.balance_at(DELAYED_WETH) == 3 * INIT_BOND


def test_a_creation_that_would_revert_is_said_once_and_not_sent() -> None:
    bench = Bench(game_type=7)
    bench.run(200)
    (said,) = bench.events("create-reverts")
    assert "NoImplementation(7)" in str(said.details["error"])
    assert bench.l1.nonce_at(ACCOUNT) == 0


# --- restarts, reorgs, several backends


def test_a_restart_at_any_time_proposes_nothing_twice() -> None:
    for at in range(1, 40, 3):
        bench = Bench()
        bench.run(at)
        bench.node.safe = 22
        bench.proposer = bench.new_proposer()
        bench.run(35)
        assert len(bench.games()) == 1, at


def test_a_proposal_that_an_l1_reorg_takes_back_is_made_again() -> None:
    bench = Bench()
    bench.run(40)
    assert bench.numbers() == [20]
    bench.l1.reorg(3, requeue=False)
    assert bench.games() == []
    bench.run(120)
    assert bench.numbers() == [20]


class Balanced:
    """Two L1 nodes behind one address, one of them some blocks behind, answering in turn."""

    def __init__(self, l1: Any, lag: int) -> None:
        self._l1, self._lag, self._count = l1, lag, 0

    def head(self) -> BlockInfo:
        self._count += 1
        if self._count % 2:
            info: BlockInfo = self._l1.head()
            return info
        behind = self._l1.block_by_number(max(0, self._l1.head_block.number - self._lag))
        return replace(self._l1.head(), ref=behind.ref)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._l1, name)


@pytest.mark.parametrize("lag", [1, 3])
def test_an_l1_node_that_is_behind_leads_to_no_second_proposal(lag: int) -> None:
    bench = Bench(poll_interval=3)
    bench.backend = Balanced(bench.l1, lag)
    bench.proposer = bench.new_proposer()
    for safe in range(20, 60):
        bench.node.safe = safe
        bench.run(6)
    times = [game.metadata.timestamp for game in bench.games()]
    assert len(times) >= 3
    assert all(later - earlier >= 60 for earlier, later in itertools.pairwise(times))
    assert bench.proposer.metrics.heads_went_back > 3


def test_all_reads_of_a_pass_are_at_one_block() -> None:
    bench = Bench()
    asked: list[Any] = []

    class Recording(Balanced):
        def call(self, msg: Any, block: Any = None) -> bytes:
            asked.append(block)
            answer: bytes = self._l1.call(msg, block)
            return answer

    bench.backend = Recording(bench.l1, 0)
    bench.proposer = bench.new_proposer()
    bench.run(11)
    # The first is the factory's version.
    assert len(asked) == 4
    assert set(asked[1:]) == {bench.l1.head_block.hash}


class Failing(Balanced):
    """An L1 of which every answer fails while ``error`` is set."""

    error: Exception | None = None

    def __getattribute__(self, name: str) -> Any:
        if name in ("head", "call", "calls", "nonce_at", "balance_at", "estimate_gas") and self.error:
            raise self.error
        return super().__getattribute__(name)


@pytest.mark.parametrize("error", [Unavailable("down"), NotFound("no such block")])
def test_an_l1_that_does_not_answer_is_asked_again_in_the_usual_time(error: Exception) -> None:
    bench = Bench()
    backend = bench.backend = Failing(bench.l1, 0)
    bench.proposer = bench.new_proposer()
    backend.error = error
    bench.run(120)
    assert bench.proposer.metrics.l1_errors <= 12
    backend.error = None
    bench.run(60)
    assert bench.numbers() == [20]


def test_no_factory_at_the_address_is_said_with_the_option() -> None:
    bench = Bench(game_factory_address=Address(b"\x99" * 20))
    bench.run(100)
    (said,) = bench.events("factory-unreachable")
    assert said.details["option"] == "game-factory-address"
    assert not bench.proposer.metrics.is_up


# --- start and stop


def test_waits_until_the_node_has_gone_beyond_the_block_that_l1_was_at() -> None:
    bench = Bench(wait_node_sync=True)
    bench.run(30)
    target = bench.l1.head_block.number
    bench.proposer = bench.new_proposer()
    bench.node.current_l1 = target
    bench.run(60)
    assert bench.games() == []
    bench.node.current_l1 = target + 1
    bench.run(40)
    assert bench.numbers() == [20]


def test_starts_and_stops() -> None:
    bench = Bench()
    with pytest.raises(AlreadyRunningError):
        bench.proposer.start_l2_output_submitting()
    bench.proposer.stop_l2_output_submitting()
    with pytest.raises(NotRunningError):
        bench.proposer.stop_l2_output_submitting()
    bench.run(60)
    assert bench.games() == []
    assert bench.proposer.is_idle
    bench.proposer.start_l2_output_submitting()
    bench.run(40)
    assert bench.numbers() == [20]


def test_stopping_leaves_what_is_on_its_way_to_l1() -> None:
    bench = Bench()
    bench.run(5, mine=False)
    assert bench.l1.pending_nonce_at(ACCOUNT) == 1
    bench.proposer.stop_l2_output_submitting()
    assert bench.proposer.is_idle
    bench.run(30)
    assert bench.numbers() == [20]
    bench.node.safe = 25
    bench.proposer.start_l2_output_submitting()
    bench.run(20)
    assert bench.numbers() == [20]


def test_a_reverted_proposal_is_counted_and_the_next_one_waits_longer() -> None:
    """The game was created between our look and our transaction, so ours reverts."""
    bench = Bench(poll_interval=3)
    bench.run(1, mine=False)
    assert bench.l1.pending_nonce_at(ACCOUNT) == 1
    tx = bench.factory.create(GAME_TYPE, output_of(20).root(), (20).to_bytes(32, "big"), INIT_BOND)
    change = bench.factory.bound.transaction("setInitBond", GAME_TYPE, INIT_BOND + 1)
    assert tx.to == DISPUTE_GAME_FACTORY
    send_first(bench, change.data)
    bench.run(14)
    assert bench.proposer.metrics.proposals_reverted == 1
    assert bench.games() == []
    bench.run(60)
    assert bench.numbers() == [20]


def send_first(bench: Bench, data: bytes) -> None:
    """The owner's transaction, with a tip that puts it in front of all others."""
    from pyoprollup.eth.signer import sign_transaction
    from pyoprollup.eth.transactions import DYNAMIC_FEE_TX_TYPE, Transaction

    tx = Transaction(
        type=DYNAMIC_FEE_TX_TYPE,
        nonce=0,
        gas_price=200 * 10**9,
        gas_tip_cap=100 * 10**9,
        gas=1_000_000,
        to=DISPUTE_GAME_FACTORY,
        value=0,
        data=data,
        chain_id=bench.l1.config.chain_id,
    )
    bench.l1.send_transaction(sign_transaction(tx, OWNER_KEY, bench.l1.config.chain_id).encode())
