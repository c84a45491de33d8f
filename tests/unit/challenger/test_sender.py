"""Transactions that leave a pass."""

from __future__ import annotations

import pytest

from pyoprollup.bindings import ContractTransaction
from pyoprollup.challenger.sender import InFlight, Outbox, Outgoing, TransactionReverted, candidate, nothing
from pyoprollup.errors import RollupError, Unavailable
from pyoprollup.eth.types import Address
from pyoprollup.txmgr import TxCandidate
from tests.unit.challenger.game.support import HONEST

TO = Address(b"\x77" * 20)


def test_a_call_becomes_a_candidate() -> None:
    expected = TxCandidate(TO, b"data", value=7, give_up_if_refused=True, extra_gas=25_000)
    assert candidate(ContractTransaction(TO, b"data", 7)) == expected


def test_an_outbox_takes_all_and_ends_the_pass() -> None:
    outbox = Outbox(HONEST)
    first, second = TxCandidate(TO, b"1"), TxCandidate(TO, b"2")
    assert outbox.address == HONEST and len(outbox) == 0
    with pytest.raises(InFlight):
        outbox.send_and_wait("both", [first, second])
    with pytest.raises(InFlight):
        outbox.send_and_wait("one", [first], print)
    assert len(outbox) == 2
    assert outbox.collect() == [Outgoing("both", (first, second), nothing), Outgoing("one", (first,), print)]
    assert outbox.collect() == []


def test_nothing_to_send_ends_no_pass() -> None:
    outbox = Outbox(HONEST)
    outbox.send_and_wait("nothing", [])
    assert len(outbox) == 0


def test_on_its_way_is_no_failure_and_reverted_is_one() -> None:
    assert issubclass(InFlight, Unavailable)
    assert issubclass(TransactionReverted, RollupError) and not issubclass(TransactionReverted, Unavailable)
