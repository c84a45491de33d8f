"""Upgrade bundles for tests, from transactions that the reference made."""

from __future__ import annotations

from collections.abc import Iterable

from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.upgrades import Bundle, UpgradeTransaction, known_transactions

__all__ = ["jovian_bundle"]


def jovian_bundle(transactions: Iterable[bytes]) -> Bundle:
    """The bundle of Jovian's upgrade transactions, which are deposits in their EIP-2718 form.

    Their intents are part of the package; the bundle gives the very same transactions again.
    """
    transactions = tuple(transactions)
    deposits = map(DepositTransaction.decode, transactions)
    facts = known_transactions(Fork.JOVIAN) or ()
    bundle = Bundle(
        Fork.JOVIAN,
        tuple(
            UpgradeTransaction(fact.intent, deposit.from_, deposit.to, deposit.gas, deposit.data)
            for fact, deposit in zip(facts, deposits, strict=True)
        ),
    )
    assert bundle.deposits() == transactions
    return bundle
