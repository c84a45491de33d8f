from __future__ import annotations

from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.types import Address
from pyoprollup.rollup.deposit_source import upgrade_deposit_source
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.upgrades import UpgradeTransaction, qualified_intent


def test_encodes_a_deposit_without_mint_and_value() -> None:
    transaction = UpgradeTransaction("Test: an intent", Address(b"\x01" * 20), None, 5, b"\xfe")
    assert DepositTransaction.decode(transaction.encode()) == DepositTransaction(
        source_hash=upgrade_deposit_source("Test: an intent"),
        from_=Address(b"\x01" * 20),
        to=None,
        mint=None,
        value=0,
        gas=5,
        is_system=False,
        data=b"\xfe",
    )


def test_intents_are_qualified_from_karst_on() -> None:
    assert qualified_intent(Fork.JOVIAN, 1, "Jovian: X") == "Jovian: X"
    assert qualified_intent(Fork.KARST, 1, "X") == "Karst 1: X"
    assert qualified_intent(Fork.INTEROP, 0, "X") == "Interop 0: X"
