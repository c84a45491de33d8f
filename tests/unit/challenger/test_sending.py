"""One account's transactions for many owners: order, limit, failures, and what a reorg leaves of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.sender import Outgoing
from pyoprollup.challenger.sending import OutgoingTransactions
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import ZERO_HASH, Address, Hash32
from pyoprollup.events import AT_ONCE, Happening, Level, News
from pyoprollup.sources.l1 import L1Receipt
from pyoprollup.txmgr import TxCandidate
from pyoprollup.txmgr.errors import SendCancelled, SendError

TO = Address(b"\x77" * 20)
BASIS = L1BlockRef(Hash32(b"\x01" * 32), 50, ZERO_HASH, 600)


@dataclass(eq=False)
class Send:
    candidate: TxCandidate
    receipt: L1Receipt | None = None
    error: SendError | None = None

    @property
    def done(self) -> bool:
        return self.receipt is not None or self.error is not None

    def mine(self, number: int = 60, *, succeeded: bool = True) -> None:
        self.receipt = L1Receipt(Hash32(b"\x05" * 32), Hash32(b"\x06" * 32), number, int(succeeded))

    def cancel_unless_mined(self, error: SendError | None = None) -> None:
        if not self.done:
            self.error = error


class Manager:
    next_due = 77.0

    def __init__(self) -> None:
        self.sends: list[Send] = []
        self.steps: list[float] = []

    def send_async(self, candidate: TxCandidate) -> Send:
        self.sends.append(Send(candidate))
        return self.sends[-1]

    def step(self, now: float) -> None:
        self.steps.append(now)


class Setting:
    def __init__(self, max_pending: int = 0) -> None:
        self.manager = Manager()
        self.metrics = ChallengerMetrics()
        self.told: list[Happening] = []
        self.mined: list[str] = []
        news = News("sending", self.told.append)
        self.sending: OutgoingTransactions[str] = OutgoingTransactions(
            cast(Any, self.manager), max_pending, self.metrics, news
        )

    def send(self, owner: str, *data: bytes, on_mined: Callable[[], None] | None = None) -> None:
        candidates = tuple(TxCandidate(TO, each) for each in data)
        mined = on_mined or (lambda: self.mined.append(owner))
        self.sending.send(owner, [Outgoing("purpose", candidates, mined)], BASIS)

    def sent(self) -> list[bytes]:
        return [send.candidate.data for send in self.manager.sends]


def test_what_is_sent_together_is_done_together() -> None:
    setting = Setting()
    setting.send("a", b"1", b"2")
    assert setting.sending.is_sending("a") and len(setting.sending) == 2
    assert setting.sending.step(1.0) == [] and setting.sent() == [b"1", b"2"]
    setting.manager.sends[0].mine()
    assert setting.sending.step(2.0) == [] and setting.mined == []
    setting.manager.sends[1].mine()
    assert setting.sending.step(3.0) == ["a"] and setting.mined == ["a"]
    assert not setting.sending.is_sending("a") and len(setting.sending) == 0
    assert setting.manager.steps == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_no_more_than_the_limit_are_on_their_way(limit: int) -> None:
    setting = Setting(limit)
    setting.send("a", b"1", b"2")
    setting.send("b", b"3", b"4")
    for number in range(4):
        setting.sending.step(float(number))
        pending = [send for send in setting.manager.sends if not send.done]
        assert len(pending) == min(limit, 4 - number)
        pending[0].mine()
    assert setting.sending.step(9.0) and setting.sent() == [b"1", b"2", b"3", b"4"]
    assert sorted(setting.mined) == ["a", "b"]


def test_a_revert_is_the_owners_alone() -> None:
    """What was to be done when all are mined is not done; the owner is told that nothing is left."""
    setting = Setting()
    setting.send("a", b"1", b"2")
    setting.send("b", b"3")
    setting.sending.step(1.0)
    setting.manager.sends[0].mine(succeeded=False)
    setting.manager.sends[1].mine()
    setting.manager.sends[2].mine()
    assert setting.sending.step(2.0) == ["a", "b"]
    assert setting.mined == ["b"]
    assert setting.metrics.transactions_failed == 1
    assert [(told.details["what"], told.level) for told in setting.told if told.level > Level.DEBUG] == [
        ("reverted", Level.WARNING)
    ]


def test_one_that_is_given_up_is_told() -> None:
    setting = Setting()
    setting.send("a", b"1")
    setting.sending.step(1.0)
    setting.manager.sends[0].error = SendError("too expensive")
    assert setting.sending.step(2.0) == ["a"]
    assert setting.mined == [] and setting.metrics.transactions_failed == 1


def test_the_highest_block_with_one_of_ours() -> None:
    setting = Setting()
    setting.send("a", b"1", b"2")
    setting.sending.step(1.0)
    setting.manager.sends[0].mine(64)
    setting.manager.sends[1].mine(63)
    setting.sending.step(2.0)
    assert setting.sending.mined_in == 64


def test_what_an_orphaned_block_has_led_to_is_dropped() -> None:
    """Public failure 14: what is on its way is cancelled, and what waits is not sent."""
    setting = Setting(1)
    setting.send("a", b"1", b"2")
    setting.sending.step(1.0)
    setting.sending.drop_orphaned(lambda block: block != BASIS)
    assert isinstance(setting.manager.sends[0].error, SendCancelled)
    assert setting.sending.step(2.0) == ["a"]
    assert setting.sent() == [b"1"] and setting.mined == []


def test_what_is_mined_already_cannot_be_dropped() -> None:
    setting = Setting()
    setting.send("a", b"1")
    setting.sending.step(1.0)
    setting.manager.sends[0].mine()
    setting.sending.drop_orphaned(lambda _block: False)
    assert setting.sending.step(2.0) == ["a"] and setting.mined == ["a"]


def test_what_a_canonical_block_has_led_to_goes_on() -> None:
    setting = Setting()
    setting.send("a", b"1")
    setting.sending.step(1.0)
    setting.sending.drop_orphaned(lambda block: block == BASIS)
    assert setting.manager.sends[0].error is None


def test_it_is_due_when_something_is_done() -> None:
    setting = Setting()
    assert setting.sending.next_due == 77.0
    setting.send("a", b"1")
    assert setting.sending.next_due == AT_ONCE
    setting.sending.step(1.0)
    assert setting.sending.next_due == 77.0
    setting.manager.sends[0].mine()
    assert setting.sending.next_due == AT_ONCE


def test_what_waits_for_room_is_not_due() -> None:
    setting = Setting(1)
    setting.send("a", b"1", b"2")
    setting.sending.step(1.0)
    assert setting.sending.next_due == 77.0


def test_it_is_due_when_a_reorg_has_left_nothing() -> None:
    setting = Setting(1)
    setting.send("a", b"1")
    setting.sending.drop_orphaned(lambda _block: False)
    assert setting.sending.next_due == AT_ONCE
    assert setting.sending.step(1.0) == ["a"]


# --- what L1 refuses


def test_a_refused_move_holds_nobody_up() -> None:
    """Given up at once; and it is told by which block it was decided, as that would decide the same again."""
    setting = Setting(1)
    setting.send("a", b"1")
    setting.send("b", b"2")
    setting.sending.step(1.0)
    setting.manager.sends[0].error = SendError("refused")
    assert setting.sending.step(2.0) == ["a"]
    assert setting.sending.refused == {"a": BASIS} and setting.sent() == [b"1", b"2"]
    setting.manager.sends[1].mine()
    assert setting.sending.step(3.0) == ["b"] and setting.sending.refused == {}


def test_it_counts_as_done_if_anything_is_mined() -> None:
    """The rest is decided anew, as there is a block that has changed the game."""
    setting = Setting()
    setting.send("a", b"1", b"2")
    setting.sending.step(1.0)
    setting.manager.sends[0].error = SendError("refused")
    setting.manager.sends[1].mine()
    assert setting.sending.step(2.0) == ["a"] and setting.sending.refused == {}
