"""What people, scripts and other programs have to know of a devnet, and the files that tell them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyoprollup.devnet.dispute_contracts import (
    ALPHABET_VM,
    ANCHOR_STATE_REGISTRY,
    DELAYED_WETH,
    DISPUTE_GAME_FACTORY,
    MIPS64_VM,
    PREIMAGE_ORACLE,
)
from pyoprollup.devnet.genesis import (
    BATCH_INBOX,
    L1_MESSENGER,
    L2_MESSENGER,
    PORTAL,
    SYSTEM_CONFIG,
    DevnetGenesis,
    account_json,
)
from pyoprollup.errors import ConfigError
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.types import Address, to_hex
from pyoprollup.evm.predeploys import L1_BLOCK, MESSAGE_PASSER
from pyoprollup.l1.embedded import EmbeddedL1Config, L1Fork
from pyoprollup.l1.embedded.genesis import system_contracts
from pyoprollup.rollup.l1_chain_config import CANCUN, PRAGUE, BlobParams

__all__ = ["EXPORTED", "export_devnet", "genesis_info", "l1_chain_config_json", "l1_genesis_json"]

EXPORTED = {
    "rollup.json": "the rollup configuration, for op-node and every node of ours",
    "genesis.json": "L2's genesis file, for an execution client",
    "l1_genesis.json": "L1's genesis file, for anvil or geth",
    "l1_chain_config.json": "L1's chain configuration, for op-node's --rollup.l1-chain-config",
    "devnet.json": "chain ids, addresses and private keys",
}
"""The files that :func:`export_devnet` writes."""

_BLOCK_FORKS = (
    *("homesteadBlock", "eip150Block", "eip155Block", "eip158Block", "byzantiumBlock"),
    *("constantinopleBlock", "petersburgBlock", "istanbulBlock", "muirGlacierBlock", "berlinBlock"),
    *("londonBlock", "arrowGlacierBlock", "grayGlacierBlock", "mergeNetsplitBlock"),
)


def genesis_info(genesis: DevnetGenesis) -> dict[str, Any]:
    """Chain ids, times, contracts, and accounts with their keys."""
    config = genesis.config
    contracts = {
        "OptimismPortal": PORTAL,
        "SystemConfig": SYSTEM_CONFIG,
        "L1CrossDomainMessenger": L1_MESSENGER,
        "BatchInbox": BATCH_INBOX,
        "L1Block": L1_BLOCK,
        "L2ToL1MessagePasser": MESSAGE_PASSER,
        "L2CrossDomainMessenger": L2_MESSENGER,
    }
    if DISPUTE_GAME_FACTORY in genesis.l1_alloc:
        contracts |= {
            "DisputeGameFactory": DISPUTE_GAME_FACTORY,
            "AnchorStateRegistry": ANCHOR_STATE_REGISTRY,
            "DelayedWETH": DELAYED_WETH,
            "PreimageOracle": PREIMAGE_ORACLE,
            "AlphabetVM": ALPHABET_VM,
            "MIPS64": MIPS64_VM,
        }
    services = {"batcher": genesis.batcher, "sequencer": genesis.sequencer, "owner": genesis.owner}
    if address_of(genesis.proposer) in genesis.l1_alloc:
        services["proposer"] = genesis.proposer
    return {
        "l1_chain_id": config.l1_chain_id,
        "l2_chain_id": config.l2_chain_id,
        "genesis_time": config.genesis.l2_time,
        "block_time": config.block_time,
        "slot_seconds": genesis.l1_config.slot_seconds,
        "contracts": {name: to_hex(address) for name, address in contracts.items()},
        "accounts": [_account(key) for key in genesis.accounts],
        "services": {name: _account(key) for name, key in services.items()},
    }


def _account(key: bytes) -> dict[str, str]:
    return {"address": to_hex(address_of(key)), "key": to_hex(key)}


# --- files for other programs


def l1_chain_config_json(config: EmbeddedL1Config) -> dict[str, Any]:
    """The chain configuration of the embedded L1, as go-ethereum has it."""
    schedule = {"cancun": _blobs(CANCUN)}
    forks: dict[str, Any] = {"shanghaiTime": 0, "cancunTime": 0}
    if config.fork is L1Fork.PRAGUE:
        schedule["prague"] = _blobs(PRAGUE)
        forks["pragueTime"] = 0
    return {
        "chainId": config.chain_id,
        **dict.fromkeys(_BLOCK_FORKS, 0),
        "terminalTotalDifficulty": 0,
        **forks,
        "blobSchedule": schedule,
    }


def _blobs(params: BlobParams) -> dict[str, int]:
    return {"target": params.target, "max": params.max, "baseFeeUpdateFraction": params.update_fraction}


def l1_genesis_json(genesis: DevnetGenesis) -> dict[str, Any]:
    """The genesis file of L1: another L1 that starts with it has the same block 0 and the same contracts."""
    config = genesis.l1_config
    alloc = {**system_contracts(config.fork), **genesis.l1_alloc}
    return {
        "config": l1_chain_config_json(config),
        "difficulty": "0x0",
        "gasLimit": hex(config.gas_limit),
        "timestamp": hex(config.genesis_time),
        "extraData": "0x",
        "baseFeePerGas": hex(config.base_fee),
        "coinbase": to_hex(config.coinbase),
        "excessBlobGas": hex(config.excess_blob_gas),
        "blobGasUsed": "0x0",
        "alloc": {_key(address): account_json(account) for address, account in alloc.items()},
    }


def _key(address: Address) -> str:
    return address.hex()


def export_devnet(genesis: DevnetGenesis, folder: Path) -> list[Path]:
    """Write the files of :data:`EXPORTED`; returns their paths. Raises :class:`ConfigError`."""
    contents: Mapping[str, Any] = {
        "rollup.json": genesis.config.to_json(),
        "genesis.json": genesis.l2_genesis,
        "l1_genesis.json": l1_genesis_json(genesis),
        "l1_chain_config.json": l1_chain_config_json(genesis.l1_config),
        "devnet.json": genesis_info(genesis),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / name for name in EXPORTED]
        for path in paths:
            path.write_text(json.dumps(contents[path.name], indent=1) + "\n", encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"cannot write to {folder}: {exc.strerror or exc}") from exc
    return paths
