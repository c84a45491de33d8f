from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.errors import ConfigError
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.types import bytes_from_hex
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.time import L2Time
from pyoprollup.rollup.upgrades import (
    Bundle,
    UpgradeBundleError,
    UpgradeBundleMissing,
    UpgradeBundles,
    upgrade_transactions,
)
from tests.support import shared_json
from tests.unit.rollup.upgrades.evm import deployed_code
from tests.unit.rollup.upgrades.test_bundle import KARST, bundle_file, digest, jovian_transactions

CHAIN = RollupConfig(
    block_time=2,
    ecotone_time=100,
    fjord_time=100,
    granite_time=200,
    isthmus_time=300,
    jovian_time=400,
    karst_time=501,
    interop_time=600,
)


@pytest.mark.parametrize(
    ("fork", "count"),
    [
        (Fork.BEDROCK, 0),
        (Fork.REGOLITH, 0),
        (Fork.CANYON, 0),
        (Fork.DELTA, 0),
        (Fork.ECOTONE, 6),
        (Fork.FJORD, 3),
        (Fork.GRANITE, 0),
        (Fork.HOLOCENE, 0),
        (Fork.ISTHMUS, 8),
        (Fork.INTEROP, 4),
    ],
)
def test_built_in_transactions(fork: Fork, count: int) -> None:
    transactions = upgrade_transactions(fork)
    assert len(transactions) == count
    for raw in transactions:
        decoded = DepositTransaction.decode(raw)
        assert (decoded.mint, decoded.value, decoded.is_system) == (None, 0, False)


CODE_HASHES = {
    (Fork.ECOTONE, 0): "c88a313aa75dc4fbf0b6850d9f9ae41e04243b7008cf3eadb29256d4a71c1dfd",
    (Fork.ECOTONE, 1): "8b71360ea773b4cfaf1ae6d2bd15464a4e1e2e360f786e475f63aeaed8da0ae5",
    (Fork.ECOTONE, 5): "f57acd40259872606d76197ef052f3d35588dadf919ee1f0e3cb9b62d3f4b02c",
    (Fork.FJORD, 0): "a88fa50a2745b15e6794247614b5298483070661adacb8d32d716434ed24c6b2",
    (Fork.ISTHMUS, 0): "8e3fe7a416d3e5f3b7be74ddd4e7e58e516fa3f80b67c6d930e3cd7297da4a4b",
    (Fork.ISTHMUS, 1): "4d195a9d7caf9fb6d4beaf80de252c626c853afd5868c4f4f8d19c9d301c2679",
    (Fork.ISTHMUS, 2): "57dc55c9c09ca456fa728f253fe7b895d3e6aae0706104935fe87c7721001971",
    (Fork.ISTHMUS, 7): "6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d",
    (Fork.INTEROP, 0): "0e7d028dd71bac22d1fb28966043c8d35c3232c78b7fb99fd1db112b5b60d9dd",
    (Fork.INTEROP, 2): "458925c90ec70736600bef3d6529643a0e7a0a848e62626d61314c057b4a71a9",
}
"""Hashes of the deployed code, by fork and position: of the specifications, and of EIP-4788."""


@pytest.mark.parametrize(("fork", "index"), CODE_HASHES)
def test_deployments_leave_the_specified_code(fork: Fork, index: int) -> None:
    transaction = DepositTransaction.decode(upgrade_transactions(fork)[index])
    assert transaction.to is None
    code = deployed_code(transaction.data, transaction.gas, transaction.from_)
    assert keccak256(code).hex() == CODE_HASHES[fork, index]


def test_every_deployment_is_checked() -> None:
    for fork in (Fork.ECOTONE, Fork.FJORD, Fork.ISTHMUS, Fork.INTEROP):
        for index, raw in enumerate(upgrade_transactions(fork)):
            assert (DepositTransaction.decode(raw).to is None) == ((fork, index) in CODE_HASHES)


@pytest.mark.parametrize("fork", [Fork.JOVIAN, Fork.KARST])
def test_missing_bundles_are_said_clearly(fork: Fork) -> None:
    message = f"{fork.name} activates here, but .* upgrade_bundles.{fork.name.lower()}"
    with pytest.raises(UpgradeBundleMissing, match=message) as error:
        UpgradeBundles().transactions(fork)
    assert error.value.fork is fork
    with pytest.raises(UpgradeBundleMissing):
        upgrade_transactions(fork)


def test_transactions_of_a_block() -> None:
    bundles = UpgradeBundles([Bundle.load(Fork.KARST, KARST, digest(KARST))])
    both = upgrade_transactions(Fork.ECOTONE) + upgrade_transactions(Fork.FJORD)
    assert bundles.for_block(CHAIN, L2Time(100)) == both
    for time in (98, 102, 200):
        assert bundles.for_block(CHAIN, L2Time(time)) == ()
    assert len(bundles.for_block(CHAIN, L2Time(502))) == 2
    assert bundles.for_block(CHAIN, L2Time(600)) == upgrade_transactions(Fork.INTEROP)
    with pytest.raises(UpgradeBundleMissing):
        bundles.for_block(CHAIN, L2Time(400))


def test_no_upgrade_at_genesis_and_none_of_interop_before_isthmus() -> None:
    at_genesis = RollupConfig(block_time=2, ecotone_time=0, jovian_time=0)
    assert UpgradeBundles().for_block(at_genesis, L2Time(0)) == ()
    assert UpgradeBundles().for_block(RollupConfig(block_time=2, interop_time=10), L2Time(10)) == ()


def test_upgrade_gas() -> None:
    bundles = UpgradeBundles([Bundle.load(Fork.KARST, KARST, digest(KARST))])
    assert bundles.gas(Fork.KARST) == 1_000_005
    assert [bundles.gas(fork) for fork in Fork if fork < Fork.KARST] == [0] * 10
    assert bundles.gas(Fork.INTEROP) == 0
    with pytest.raises(UpgradeBundleMissing):
        UpgradeBundles().gas(Fork.KARST)
    assert [bundles.gas_to_strip(CHAIN, L2Time(t)) for t in (400, 500, 502, 504)] == [0, 0, 1_000_005, 0]
    assert bundles.gas_to_strip(replace(CHAIN, keep_karst_upgrade_gas=True), L2Time(502)) == 0


def test_a_bundle_replaces_the_transactions_of_interop() -> None:
    bundles = UpgradeBundles([Bundle.load(Fork.INTEROP, KARST, digest(KARST))])
    assert len(bundles.transactions(Fork.INTEROP)) == 2
    assert bundles.gas(Fork.INTEROP) == 1_000_005


def test_configuration(tmp_path: Path) -> None:
    (tmp_path / "karst.json").write_bytes(KARST)
    value = {"karst": {"path": "karst.json", "hash": "sha256:" + hashlib.sha256(KARST).hexdigest()}}
    assert UpgradeBundles.from_json(value, tmp_path).gas(Fork.KARST) == 1_000_005
    assert UpgradeBundles.from_json(json.loads("{}")).transactions(Fork.FJORD)
    with pytest.raises(UpgradeBundleError, match="expected sha256:08f5df36"):
        UpgradeBundles.from_json({"karst": {"path": "karst.json"}}, tmp_path)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "upgrade_bundles: expected an object"),
        ({"isthmus": {"path": "x"}}, "upgrade_bundles.isthmus: unknown field"),
        ({"karst": {"hash": "sha256:00"}}, "upgrade_bundles.karst.path: missing"),
        ({"karst": {"path": "x", "sha": "y"}}, "upgrade_bundles.karst.sha: unknown field"),
        ({"karst": "x"}, "upgrade_bundles.karst: expected an object"),
    ],
)
def test_configuration_errors(value: Any, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        UpgradeBundles.from_json(value)
    assert message in str(error.value)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["forks-1", "forks-2", "forks-v2-11"])
def test_upgrades_of_executed_chains(name: str) -> None:
    """The activation blocks of chains that op-geth executed, Bedrock to Jovian."""
    chain = shared_json("real", "chains", f"{name}.json.gz")
    config = RollupConfig.from_json(chain["config"])
    bundles = UpgradeBundles([Bundle.load(Fork.JOVIAN, bundle_file(*jovian_transactions()))])
    seen = 0
    for block in chain["blocks"]:
        upgrades = bundles.for_block(config, L2Time(int(block["timestamp"], 16)))
        transactions = [bytes_from_hex(raw) for raw in block["transactions"]]
        deposits = [raw for raw in transactions if raw[0] == 0x7E]
        assert deposits[len(deposits) - len(upgrades) :] == list(upgrades)
        seen += len(upgrades)
    assert seen == 6 + 3 + 8 + 5
