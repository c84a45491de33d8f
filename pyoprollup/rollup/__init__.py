"""What a chain is: its configuration, its forks and their rules, and what L1 changes about it.

:class:`RollupConfig` is op-node's ``rollup.json``; :func:`load_chain` has those of the superchain
registry. Its :class:`Schedule` answers with the :class:`Rules` in force at a time on one of two
clocks, :class:`L1Time` and :class:`L2Time`; a fork is one function that changes rules, and only this
package compares forks. :class:`SystemConfig` is the part that a contract on L1 controls, updated from
the receipts of every L1 block. ``pyoprollup.rollup.upgrades`` has the transactions that derivation
adds on a fork's activation block.

Specification: protocol/superchain-upgrades.md; protocol/system-config.md; the pages of each fork
under protocol/, and protocol/deposits.md for source hashes.
"""

from __future__ import annotations

from pyoprollup.rollup.alt_da import AltDAConfig
from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config import BeforeGenesisError, RollupConfig
from pyoprollup.rollup.execution_config import (
    GenesisForks,
    check_execution_config,
    execution_config,
    execution_config_json,
)
from pyoprollup.rollup.fee_scalars import EcotoneScalars, ScalarError
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.genesis import Genesis
from pyoprollup.rollup.l1_chain_config import L1_CHAINS, L1ChainConfig, blob_update_fraction
from pyoprollup.rollup.reference import Reference
from pyoprollup.rollup.registry import ChainEntry, UnknownChainError, chains, load_chain
from pyoprollup.rollup.rules import L1InfoFormat, Rules
from pyoprollup.rollup.schedule import Schedule
from pyoprollup.rollup.system_config import SystemConfig
from pyoprollup.rollup.system_config_updates import (
    SystemConfigUpdateError,
    SystemConfigUpdates,
    update_with_l1_receipts,
)
from pyoprollup.rollup.time import L1Time, L2Time
from pyoprollup.rollup.upgrades import (
    Bundle,
    UpgradeBundleError,
    UpgradeBundleMissing,
    UpgradeBundles,
    upgrade_transactions,
)

__all__ = [
    "L1_CHAINS",
    "AltDAConfig",
    "BeforeGenesisError",
    "Bundle",
    "ChainEntry",
    "ChainOpConfig",
    "EcotoneScalars",
    "Fork",
    "Genesis",
    "GenesisForks",
    "L1ChainConfig",
    "L1InfoFormat",
    "L1Time",
    "L2Time",
    "Reference",
    "RollupConfig",
    "Rules",
    "ScalarError",
    "Schedule",
    "SystemConfig",
    "SystemConfigUpdateError",
    "SystemConfigUpdates",
    "UnknownChainError",
    "UpgradeBundleError",
    "UpgradeBundleMissing",
    "UpgradeBundles",
    "blob_update_fraction",
    "chains",
    "check_execution_config",
    "execution_config",
    "execution_config_json",
    "load_chain",
    "update_with_l1_receipts",
    "upgrade_transactions",
]
