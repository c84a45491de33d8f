"""Which upgrade transactions a node has at hand, and the gas that they add to a block."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pyoprollup.errors import ConfigError, RollupError
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.config_reader import ConfigReader
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.time import L2Time
from pyoprollup.rollup.upgrades.bundle import BUNDLE_FORKS, Bundle
from pyoprollup.rollup.upgrades.known import upgrade_data

__all__ = ["UpgradeBundleMissing", "UpgradeBundles", "upgrade_transactions"]

_BUILT_IN = frozenset({Fork.ECOTONE, Fork.FJORD, Fork.ISTHMUS, Fork.INTEROP})
_NEED_BUNDLE = frozenset({Fork.JOVIAN, Fork.KARST})


class UpgradeBundleMissing(RollupError):
    """The chain has reached a fork whose upgrade bundle the node was not given.

    Nothing can be derived past the activation block without it.
    """

    def __init__(self, fork: Fork) -> None:
        super().__init__(
            f"{fork.name} activates here, but its upgrade bundle is not configured: "
            f"name its file under upgrade_bundles.{fork.name.lower()}"
        )
        self.fork = fork


@cache
def upgrade_transactions(fork: Fork) -> tuple[bytes, ...]:
    """The upgrade transactions of ``fork`` that are part of this package, EIP-2718 bytes in order.

    Empty for forks that have none. Raises :class:`UpgradeBundleMissing` for Jovian and Karst, whose
    transactions come from a bundle.
    """
    if fork in _NEED_BUNDLE:
        raise UpgradeBundleMissing(fork)
    if fork not in _BUILT_IN:
        return ()
    return Bundle.parse(fork, upgrade_data(f"{fork.name.lower()}.json"), bare_intents=False).deposits()


class UpgradeBundles:
    """The bundles that a node was configured with, over the transactions of this package.

    Immutable. A bundle for Interop replaces the package's transactions, which are those of Interop's
    specification before it was renamed to Lagoon.
    """

    __slots__ = ("_bundles",)

    def __init__(self, bundles: Iterable[Bundle] = ()) -> None:
        self._bundles = {bundle.fork: bundle for bundle in bundles}

    @classmethod
    def from_json(cls, value: object, directory: str | os.PathLike[str] = ".") -> UpgradeBundles:
        """Read the ``upgrade_bundles`` object of a node's configuration::

            {"karst": {"path": "karst_nut_bundle.json"},
             "jovian": {"path": "jovian_bundle.json", "hash": "sha256:…"}}

        Paths are relative to ``directory``; for ``hash`` see :meth:`Bundle.load`. This object is of
        our own configuration, not of ``rollup.json``. Raises ``ConfigError``.
        """
        reader = ConfigReader(value, "upgrade_bundles")
        bundles = []
        for fork in sorted(BUNDLE_FORKS):
            entry = reader.optional_section(fork.name.lower())
            if entry is None:
                continue
            path = entry.optional_text("path")
            expected_hash = entry.optional_text("hash")
            entry.finish()
            if not path:
                raise ConfigError(f"{entry.name('path')}: missing")
            bundles.append(Bundle.load(fork, Path(directory) / path, expected_hash))
        reader.finish()
        return cls(bundles)

    def __contains__(self, fork: Fork) -> bool:
        """Whether there is a bundle for ``fork``."""
        return fork in self._bundles

    def transactions(self, fork: Fork) -> tuple[bytes, ...]:
        """The upgrade transactions for the activation block of ``fork``.

        Raises :class:`UpgradeBundleMissing` when they have to come from a bundle that is not there.
        """
        bundle = self._bundles.get(fork)
        return upgrade_transactions(fork) if bundle is None else bundle.deposits()

    def for_block(self, config: RollupConfig, time: L2Time) -> tuple[bytes, ...]:
        """All upgrade transactions of the L2 block with timestamp ``time``, in fork order.

        Raises :class:`UpgradeBundleMissing`.
        """
        transactions: list[bytes] = []
        for fork in config.schedule.activations(time):
            # Interop had no upgrade transactions when it still came before Isthmus.
            if fork is not Fork.INTEROP or config.isthmus_time is not None:
                transactions += self.transactions(fork)
        return tuple(transactions)

    def gas(self, fork: Fork) -> int:
        """Gas that the activation block of ``fork`` gets above the gas limit of the system configuration.

        Zero before Karst. Specification: protocol/l2-upgrades-1-execution.md, Custom Upgrade Block Gas
        Limit. Raises :class:`UpgradeBundleMissing`.
        """
        if fork < Fork.KARST:
            return 0
        bundle = self._bundles.get(fork)
        if bundle is not None:
            return bundle.total_gas
        if fork in _NEED_BUNDLE:
            raise UpgradeBundleMissing(fork)
        return 0

    def gas_to_strip(self, config: RollupConfig, time: L2Time) -> int:
        """How much of the gas limit of the L2 block with timestamp ``time`` is upgrade gas.

        Whoever reads the system configuration out of that block takes this off its gas limit.
        Chains with ``keep_karst_upgrade_gas`` did not, and never will.
        """
        return sum(
            self.gas(fork)
            for fork in config.schedule.activations(time)
            if not (fork is Fork.KARST and config.keep_karst_upgrade_gas)
        )
