"""Bonds come back, and games are closed: by mode, closed state and who is owed what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from pyoprollup.bindings import ContractTransaction, GameMetadata, NotSupported
from pyoprollup.challenger.claimer import BondContract, Claimer
from pyoprollup.challenger.game.status import GameStatus
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.sender import InFlight, NotifyingSender, TransactionReverted, nothing
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.types import Address, Hash32, to_hex
from pyoprollup.sources.l1 import AtBlock, CallFailed
from pyoprollup.txmgr import TxCandidate
from tests.unit.challenger.game.support import HONEST, LIAR, OTHER
from tests.unit.challenger.support import HEAD, TO, Told

BLOCK = HEAD.hash


def game(number: int) -> GameMetadata:
    return GameMetadata(number, 0, 500, Address(bytes([number]) * 20))


@dataclass
class Bonds(BondContract):
    """A game: who is owed what, whether that is locked, and whether it is closed or can be."""

    status: GameStatus = GameStatus.DEFENDER_WON
    credits: dict[Address, int] = field(default_factory=dict)
    locked: set[Address] = field(default_factory=set)
    closed: bool = True
    can_close: bool = True
    closes: bool = True
    reads: int = 0
    error: dict[Address, RollupError] = field(default_factory=dict)

    def is_closed(self, block: AtBlock) -> bool:
        assert block == BLOCK
        return self.closed

    def credit(self, recipient: Address, block: AtBlock) -> tuple[int, GameStatus]:
        assert block == BLOCK
        self.reads += 1
        if recipient in self.error:
            raise self.error[recipient]
        return self.credits.get(recipient, 0), self.status

    def claim_credit_tx(self, recipient: Address, block: AtBlock) -> ContractTransaction:
        assert block == BLOCK
        if recipient in self.locked:
            raise CallFailed("locked")
        return ContractTransaction(TO, b"claim " + recipient[:1], 0)

    def close_game_tx(self, _block: AtBlock) -> ContractTransaction:
        if not self.closes:
            raise NotSupported("such games are not closed")
        if not self.can_close:
            raise CallFailed("too early")
        return ContractTransaction(TO, b"close", 0)


class Setting(NotifyingSender):
    """A claimer, its games, and an account that succeeds at once, or as it is told."""

    def __init__(self, *contracts: Bonds, selective: bool = False) -> None:
        self.contracts = {game(index): contract for index, contract in enumerate(contracts, 1)}
        self.sent: list[tuple[str, bytes]] = []
        self.send: Callable[[], None] = nothing
        self.metrics = ChallengerMetrics()
        self.told = Told()
        self.create_error: dict[int, RollupError] = {}
        self.claimer = Claimer(
            self._create, self, (HONEST, OTHER), self.metrics, self.told.news, selective=selective
        )

    def _create(self, metadata: GameMetadata, block: Hash32) -> BondContract:
        assert block == BLOCK
        if metadata.index in self.create_error:
            raise self.create_error[metadata.index]
        return self.contracts[metadata]

    @property
    def address(self) -> Address:
        return HONEST

    def send_and_wait(
        self, purpose: str, candidates: Sequence[TxCandidate], on_mined: Callable[[], None] = nothing
    ) -> None:
        self.sent += [(purpose, candidate.data) for candidate in candidates]
        self.send()
        on_mined()

    def look(self) -> list[bytes]:
        """One pass over all games; what it sent."""
        self.sent.clear()
        self.claimer.claim_bonds(self.contracts, BLOCK)
        return [data for _, data in self.sent]


def test_credit_is_claimed_for_each_of_our_accounts() -> None:
    setting = Setting(Bonds(credits={HONEST: 7, OTHER: 5, LIAR: 9}))
    assert setting.look() == [b"claim \xaa", b"claim \xcc"]
    assert setting.metrics.bonds_claimed == 12 and setting.metrics.claim_failures == 0


def test_a_game_in_progress_is_waited_for() -> None:
    bonds = Bonds(GameStatus.IN_PROGRESS, {HONEST: 7}, closed=False)
    setting = Setting(bonds)
    assert setting.look() == [] and setting.look() == [] and bonds.reads == 4


def test_locked_credit_is_waited_for() -> None:
    bonds = Bonds(credits={HONEST: 7}, locked={HONEST}, closed=False)
    setting = Setting(bonds)
    assert setting.look() == [] and setting.metrics.claim_failures == 0
    bonds.locked.clear()
    assert setting.look() == [b"claim \xaa"]


@pytest.mark.parametrize("status", [GameStatus.CHALLENGER_WON, GameStatus.DEFENDER_WON])
def test_without_credit_of_ours_the_game_is_closed_so_that_the_anchor_moves(status: GameStatus) -> None:
    """Public failure 25: no credit does not mean nothing to do."""
    setting = Setting(Bonds(status, {LIAR: 9}, closed=False))
    assert setting.look() == [b"close"]


def test_with_credit_of_ours_the_claim_closes_the_game() -> None:
    setting = Setting(Bonds(credits={HONEST: 7}, closed=False))
    assert setting.look() == [b"claim \xaa"]


def test_before_it_is_closed_a_game_that_refunds_shows_no_credit() -> None:
    """Public failure 25: of a game that is not proper. It is closed first, and then there is credit."""
    bonds = Bonds(closed=False)
    setting = Setting(bonds)
    assert setting.look() == [b"close"]
    bonds.closed, bonds.credits = True, {HONEST: 7}
    assert setting.look() == [b"claim \xaa"]
    bonds.credits = {}
    assert setting.look() == []


def test_a_game_that_cannot_be_closed_yet_is_tried_again() -> None:
    bonds = Bonds(closed=False, can_close=False)
    setting = Setting(bonds)
    assert setting.look() == [] and setting.metrics.claim_failures == 0
    bonds.can_close = True
    assert setting.look() == [b"close"]


def test_in_selective_mode_no_game_is_closed_for_its_own_sake() -> None:
    setting = Setting(Bonds(closed=False), Bonds(credits={HONEST: 7}, closed=False), selective=True)
    assert setting.look() == [b"claim \xaa"]


def test_old_games_are_not_closed() -> None:
    bonds = Bonds(closed=False, closes=False)
    setting = Setting(bonds)
    assert setting.look() == []
    bonds.reads = 0
    assert setting.look() == [] and bonds.reads == 0


def test_what_is_done_with_is_not_looked_at_again() -> None:
    bonds = Bonds(credits={})
    setting = Setting(bonds)
    setting.look()
    bonds.reads = 0
    setting.look()
    assert bonds.reads == 0


def test_what_left_the_list_and_comes_back_is_looked_at() -> None:
    bonds = Bonds()
    setting = Setting(bonds)
    setting.look()
    setting.claimer.claim_bonds([], BLOCK)
    bonds.reads = 0
    setting.look()
    assert bonds.reads == 2


def test_after_a_reorg_nothing_is_done_with() -> None:
    bonds = Bonds()
    setting = Setting(bonds)
    setting.look()
    bonds.credits = {HONEST: 7}
    assert setting.look() == []
    setting.claimer.begin_anew()
    assert setting.look() == [b"claim \xaa"]


# --- what fails


def test_somebody_else_may_close_a_game_first() -> None:
    bonds = Bonds(closed=False)
    setting = Setting(bonds)

    def beaten() -> None:
        bonds.closed = True
        raise TransactionReverted("closed already")

    setting.send = beaten
    assert setting.look() == [b"close"]
    assert setting.metrics.claim_failures == 0 and setting.told.events() == ["closing-game"]


def test_a_game_that_fails_to_close_is_told_and_tried_again() -> None:
    setting = Setting(Bonds(closed=False))

    def refused() -> None:
        raise TransactionReverted("no")

    setting.send = refused
    assert setting.look() == [b"close"] and setting.look() == [b"close"]
    assert setting.metrics.claim_failures == 2 and "bonds-unclaimed" in setting.told.events()


@pytest.mark.parametrize("error", [Unavailable("down"), CallFailed("broken")])
def test_a_game_that_fails_stops_no_other(error: RollupError) -> None:
    setting = Setting(Bonds(), Bonds(credits={HONEST: 7}), Bonds(credits={HONEST: 8}))
    setting.create_error[1] = error
    setting.contracts[game(2)].error[HONEST] = error
    assert setting.look() == [b"claim \xaa"]
    assert setting.metrics.claim_failures == 1
    games = [told.details["game"] for told in setting.told.happenings if told.event == "bonds-unclaimed"]
    assert games == [to_hex(game(number).proxy) for number in (1, 2)]


def test_a_claimant_that_fails_stops_no_other() -> None:
    bonds = Bonds(credits={HONEST: 7, OTHER: 5})
    bonds.error[HONEST] = CallFailed("broken")
    setting = Setting(bonds)
    assert setting.look() == [b"claim \xcc"]
    assert setting.metrics.claim_failures == 1


def test_while_one_claimant_is_unknown_the_game_is_not_closed() -> None:
    bonds = Bonds(closed=False)
    bonds.error[OTHER] = Unavailable("down")
    assert Setting(bonds).look() == []


def test_all_that_can_be_claimed_is_sent_in_one_pass() -> None:
    """Nobody waits for a transaction: each claimant's and each game's is on its way at once."""
    setting = Setting(Bonds(credits={HONEST: 7, OTHER: 5}), Bonds(closed=False), Bonds(credits={OTHER: 1}))

    def on_its_way() -> None:
        raise InFlight("on its way")

    setting.send = on_its_way
    assert setting.look() == [b"claim \xaa", b"claim \xcc", b"close", b"claim \xcc"]
    assert setting.metrics.bonds_claimed == 0 and setting.metrics.claim_failures == 0


def test_nothing_is_claimed_for_others() -> None:
    setting = Setting(Bonds(credits={LIAR: 9}))
    assert setting.look() == []
