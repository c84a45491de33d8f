"""What is sent for many games by one account."""

from __future__ import annotations

from dataclasses import replace

from pyoprollup.bindings import ContractTransaction
from pyoprollup.challenger.metrics import ChallengerMetrics
from pyoprollup.challenger.sender import Outgoing, candidate, nothing
from pyoprollup.challenger.sending import OutgoingTransactions
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.types import ZERO_HASH, Hash32
from pyoprollup.events import News
from pyoprollup.sources import CallMsg
from pyoprollup.sources.l1 import ExecutionReverted
from tests.unit.derive.support import INBOX
from tests.unit.txmgr.support import Bench

BASIS = L1BlockRef(Hash32(b"\x01" * 32), 7, ZERO_HASH, 84)
REFUSED = 9
"""Of transactions with this value L1 says that they revert."""


class Sends:
    def __init__(self, max_pending: int = 0) -> None:
        self.bench, self.metrics = Bench(), ChallengerMetrics()
        usual = self.bench.l1.estimate_gas

        def estimate_gas(msg: CallMsg) -> int:
            if msg.value == REFUSED:
                raise ExecutionReverted
            return usual(msg)

        self.bench.l1.estimate_gas = estimate_gas  # type: ignore[method-assign]
        news = News("sending", self.bench.told.append)
        self.sending: OutgoingTransactions[str] = OutgoingTransactions(
            self.bench.manager, max_pending, self.metrics, news
        )

    def send(self, owner: str, *values: int) -> None:
        made = tuple(candidate(ContractTransaction(INBOX, b"", value)) for value in values)
        self.sending.send(owner, [Outgoing("move", made, nothing)], BASIS)

    def step(self, seconds: float = 0) -> list[str]:
        self.bench.now += seconds
        return self.sending.step(self.bench.now)


def test_a_refused_move_holds_nobody_up() -> None:
    sends = Sends()
    sends.send("one", REFUSED)
    sends.send("other", 1)
    sends.step()
    assert [tx.value for tx in sends.bench.pooled] == [1]
    assert sends.step() == ["one"]
    assert sends.sending.refused == {"one": BASIS}
    assert sends.metrics.transactions_failed == 1
    sends.bench.mine()
    assert sends.step(2) == ["other"]
    assert sends.sending.refused == {}


def test_it_counts_as_done_if_anything_is_mined() -> None:
    """The rest is decided anew, as there is a block that has changed the game."""
    sends = Sends()
    sends.send("one", REFUSED, 1)
    sends.step()
    sends.bench.mine()
    assert sends.step(2) == ["one"]
    assert sends.sending.refused == {}


def test_no_more_than_some_at_a_time() -> None:
    sends = Sends(max_pending=2)
    sends.send("one", 1, 2)
    sends.send("other", 3)
    sends.step()
    assert [tx.value for tx in sends.bench.pooled] == [1, 2]
    assert len(sends.sending) == 3
    sends.bench.mine()
    assert sends.step(2) == ["one"]
    assert [tx.value for tx in sends.bench.pooled] == [3]


def test_what_an_orphaned_block_said_is_not_sent() -> None:
    sends = Sends(max_pending=1)
    sends.send("one", 1, 2)
    sends.send("other", 3)
    sends.step()
    later = replace(BASIS, number=8)
    third = (candidate(ContractTransaction(INBOX, b"", 4)),)
    sends.sending.send("third", [Outgoing("move", third, nothing)], later)
    sends.sending.drop_orphaned(lambda block: block == later)
    assert sorted(sends.step()) == ["one", "other"]
    assert sends.sending.refused == {"one": BASIS, "other": BASIS}
    # It takes the place of the one that was in the pool.
    assert [tx.value for tx in sends.bench.pooled] == [4]


def test_who_asked_is_told_when_all_is_mined() -> None:
    sends, told = Sends(), []
    made = (candidate(ContractTransaction(INBOX, b"", 1)),)
    sends.sending.send("one", [Outgoing("claim", made, lambda: told.append(1))], BASIS)
    sends.step()
    assert not told and sends.sending.is_sending("one")
    sends.bench.mine()
    sends.step(2)
    assert told == [1] and sends.sending.mined_in and not sends.sending.is_sending("one")
