"""The check of ``upgrade_txs_v2``: the deposits of activation blocks, their calldata by its hash."""

from __future__ import annotations

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.types import to_hex
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.upgrades import (
    UpgradeBundleMissing,
    UpgradeBundles,
    known_transactions,
    published_bundle,
)
from pyoprollup.vectors.core import BundledCheck, Case, Mismatch, Skipped, expect, register_bundled

__all__: list[str] = []

_FORMAT = "upgrade_txs_v2"
_LAGOON = Fork.INTEROP
"""Lagoon is the newer name, for another set of transactions than those of the package."""


def _check_deposit(case: Case, deposit: DepositTransaction) -> None:
    encoded = deposit.encode()
    expect("encoded_hash", case["encoded_hash"], to_hex(keccak256(encoded)))
    expect("tx_hash", case["tx_hash"], to_hex(deposit.hash()))
    expect("from", case["from"], to_hex(deposit.from_))
    expect("to", case["to"], None if deposit.to is None else to_hex(deposit.to))
    expect("gas", case["gas"], deposit.gas)
    expect("is_system", case["is_system"], deposit.is_system)
    expect("data_length", case["data_length"], len(deposit.data))
    expect("data_hash", case["data_hash"], to_hex(keccak256(deposit.data)))


def _check_known(fork: Fork, case: Case) -> bool:
    """Compare with what the package knows of a transaction without its bundle, if it knows anything."""
    for fact in known_transactions(fork) or ():
        if to_hex(fact.source_hash) == case["source_hash"]:
            expect("from", case["from"], to_hex(fact.from_))
            expect("to", case["to"], None if fact.to is None else to_hex(fact.to))
            expect("gas", case["gas"], fact.gas_limit)
            expect("data_hash", case["data_hash"], to_hex(fact.data_hash))
            return True
    return False


def _check_of(fork: Fork) -> BundledCheck:
    def check(case: Case, bundles: UpgradeBundles | None = None, /) -> None:
        bundles = bundles or UpgradeBundles()
        if fork is _LAGOON and fork not in bundles:
            raise UpgradeBundleMissing(fork)
        try:
            transactions = bundles.transactions(fork)
        except UpgradeBundleMissing:
            if _check_known(fork, case):
                return
            raise
        for deposit in map(DepositTransaction.decode, transactions):
            if to_hex(deposit.source_hash) == case["source_hash"]:
                _check_deposit(case, deposit)
                return
        raise Mismatch(f"no transaction of {fork.name} has the source hash {case['source_hash']}")

    return check


for _name, _fork in (
    ("ecotone", Fork.ECOTONE),
    ("fjord", Fork.FJORD),
    ("isthmus", Fork.ISTHMUS),
    ("jovian", Fork.JOVIAN),
    ("karst", Fork.KARST),
    ("lagoon", _LAGOON),
):
    register_bundled(_FORMAT, _name)(_check_of(_fork))


@register_bundled(_FORMAT, "lagoon_many_chains")
def check_many_chains(_case: Case, _bundles: UpgradeBundles | None = None, /) -> None:
    """Deposits of a chain with others in its dependency set, which no chain has yet."""
    raise Skipped("the deposits of Lagoon for several chains in one dependency set are not known yet")


@register_bundled(_FORMAT, "gas")
def check_gas(case: Case, bundles: UpgradeBundles | None = None, /) -> None:
    """What activation blocks get above the gas limit. Lagoon's counts where its bundle is given."""
    bundles = bundles or UpgradeBundles()
    published = published_bundle(Fork.KARST)
    assert published is not None
    expect("karst", case["karst"], bundles.gas(Fork.KARST) if Fork.KARST in bundles else published.gas)
    if _LAGOON in bundles:
        expect("lagoon", case["lagoon"], bundles.gas(_LAGOON))
