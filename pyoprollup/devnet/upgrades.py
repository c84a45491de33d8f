"""The network upgrades of a devnet that the package has no transactions for."""

from __future__ import annotations

from pyoprollup.devcontracts import contract
from pyoprollup.eth.transactions import contract_address
from pyoprollup.eth.types import ZERO_ADDRESS, Address
from pyoprollup.evm.predeploys import L1_BLOCK
from pyoprollup.rollup import Fork
from pyoprollup.rollup.upgrades import Bundle, UpgradeBundles, UpgradeTransaction

__all__ = ["GAS_PRICE_ORACLE", "upgrade_bundles"]

GAS_PRICE_ORACLE = Address(b"\x42" + bytes(18) + b"\x0f")

_DEPOSITOR = Address(bytes.fromhex("deaddeaddeaddeaddeaddeaddeaddeaddead0001"))


def upgrade_bundles() -> UpgradeBundles:
    """Bundles for the forks whose transactions are not part of the package.

    Jovian's put our L1Block and GasPriceOracle behind their proxies, as those of Isthmus, which are there by
    then, do not know its values. Karst's is empty.
    """
    bundle = [
        *_replacement("L1Block", L1_BLOCK, 6, 1_500_000),
        *_replacement("GasPriceOracle", GAS_PRICE_ORACLE, 7, 3_000_000),
        _upgrade(
            "Gas Price Oracle Set Jovian",
            _DEPOSITOR,
            GAS_PRICE_ORACLE,
            90_000,
            contract("GasPriceOracle").call("setJovian"),
        ),
    ]
    return UpgradeBundles([Bundle(Fork.JOVIAN, tuple(bundle)), Bundle(Fork.KARST, ())])


def _replacement(name: str, proxy: Address, deployer_number: int, gas: int) -> list[UpgradeTransaction]:
    """Deploying our contract of this name, and the upgrade of its proxy to it."""
    deployer = Address(b"\x42\x10" + bytes(17) + bytes([deployer_number]))
    created = contract_address(deployer, 0)
    code = contract(name).init_code
    data = contract("Proxy").call("upgradeTo", created)
    return [
        _upgrade(f"{name} Deployment", deployer, None, gas, code),
        _upgrade(f"{name} Proxy Update", ZERO_ADDRESS, proxy, 50_000, data),
    ]


def _upgrade(intent: str, sender: Address, to: Address | None, gas: int, data: bytes) -> UpgradeTransaction:
    return UpgradeTransaction(f"Devnet Jovian: {intent}", sender, to, gas, data)
