"""Network upgrade transactions: how hard forks change contracts of the L2.

On the activation block of a fork, derivation appends deposits that nobody sent. Up to Isthmus they
are part of this package; those of Jovian and Karst come from upgrade bundle files that the node's
configuration names, as the package holds no bytecode of theirs.

Specification: protocol/{ecotone,fjord,isthmus,jovian}/derivation.md (network upgrade transactions)
and protocol/l2-upgrades-1-execution.md.
"""

from __future__ import annotations

from pyoprollup.rollup.upgrades.bundle import BUNDLE_FORKS, Bundle, UpgradeBundleError
from pyoprollup.rollup.upgrades.known import (
    KnownTransaction,
    PublishedBundle,
    known_transactions,
    published_bundle,
)
from pyoprollup.rollup.upgrades.transaction import UpgradeTransaction, qualified_intent
from pyoprollup.rollup.upgrades.upgrade_bundles import (
    UpgradeBundleMissing,
    UpgradeBundles,
    upgrade_transactions,
)

__all__ = [
    "BUNDLE_FORKS",
    "Bundle",
    "KnownTransaction",
    "PublishedBundle",
    "UpgradeBundleError",
    "UpgradeBundleMissing",
    "UpgradeBundles",
    "UpgradeTransaction",
    "known_transactions",
    "published_bundle",
    "qualified_intent",
    "upgrade_transactions",
]
