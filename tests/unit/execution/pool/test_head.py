"""What the pool knows of the head."""

from __future__ import annotations

import pytest

from pyoprollup.eth.types import Address
from pyoprollup.execution.pool import StateHead, head
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import SENDER, Chain


def test_a_flood_of_accounts_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "_KEPT_ACCOUNTS", 10)
    chain = Chain.start(Fork.JOVIAN)
    view = StateHead(chain.config, chain.head, chain.store)
    balance, fees = view.balance(SENDER), view.rollup_fees(b"\x01" * 100, 50_000)
    assert balance and fees
    for number in range(100):
        account = Address(number.to_bytes(20, "little"))
        assert (view.nonce(account), view.balance(account), view.code(account)) == (0, 0, b"")
        assert len(view._accounts._accounts) <= 10
    assert (view.balance(SENDER), view.rollup_fees(b"\x01" * 100, 50_000)) == (balance, fees)
