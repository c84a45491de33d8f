"""What a devnet tells others: files that other programs begin with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyoprollup.devnet.devnet import devnet_genesis
from pyoprollup.devnet.info import EXPORTED, export_devnet, l1_genesis_json
from pyoprollup.devnet.options import DevnetOptions
from pyoprollup.errors import ConfigError
from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.types import bytes_from_hex
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.store import MemoryStore
from pyoprollup.rollup import RollupConfig
from pyoprollup.rollup.l1_chain_config import PRAGUE, L1ChainConfig
from pyoprollup.rollup.time import L1Time


def test_the_files_describe_one_devnet(tmp_path: Path) -> None:
    genesis = devnet_genesis(DevnetOptions(genesis_time=1_700_000_000, accounts=2, l1_block_time=4))
    export_devnet(genesis, tmp_path / "new")
    files = {name: json.loads((tmp_path / "new" / name).read_text()) for name in EXPORTED}
    config = RollupConfig.from_json(files["rollup.json"])
    assert config == genesis.config
    store = MemoryStore()
    InProcessEngine.from_genesis(config, files["genesis.json"], store)
    assert store.heads.unsafe == config.genesis.l2.hash
    l1 = L1ChainConfig.from_json(files["l1_chain_config.json"])
    assert l1.chain_id == config.l1_chain_id and l1.blob_params_at(L1Time(1_700_000_000)) == PRAGUE
    info = files["devnet.json"]
    assert (info["genesis_time"], info["slot_seconds"]) == (1_700_000_000, 4)
    for account in info["accounts"]:
        address = address_of(bytes_from_hex(account["key"], "key"))
        assert bytes_from_hex(account["address"], "address") == address
        assert address.hex() in files["genesis.json"]["alloc"]
        assert address.hex() in files["l1_genesis.json"]["alloc"]
    assert len(info["accounts"]) == 2


def test_l1s_genesis_has_its_contracts() -> None:
    genesis = devnet_genesis(DevnetOptions())
    shown = l1_genesis_json(genesis)
    assert {bytes.fromhex(key) for key in shown["alloc"]} >= set(genesis.l1_alloc)
    assert int(shown["timestamp"], 16) == genesis.l1_config.genesis_time


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="file"):
        export_devnet(devnet_genesis(DevnetOptions()), tmp_path / "file")
