"""``pyoprollup genesis``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.eth.output_root import OutputV0, output_root
from pyoprollup.eth.types import to_hex
from pyoprollup.evm.genesis import genesis_block
from pyoprollup.rollup import Fork, load_chain
from tests.support import shared_path
from tests.unit.cli.support import run
from tests.unit.evm.support import rules
from tests.unit.evm.test_genesis import OP_MAINNET

GENESIS: dict[str, Any] = {
    "config": {"chainId": 901, "regolithTime": 0, "canyonTime": 0, "ecotoneTime": 0, "fjordTime": 99},
    "gasLimit": "0x1c9c380",
    "timestamp": "0x7",
    "alloc": {"42" * 20: {"balance": "0x1", "storage": {"0x" + "00" * 32: "0x" + "01" * 32}}},
}


def written(tmp_path: Path, value: Any) -> Path:
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps(value))
    return path


def test_the_forks_of_the_file_count(tmp_path: Path) -> None:
    block = genesis_block(GENESIS, rules(Fork.ECOTONE))
    root = output_root(OutputV0(block.header.state_root, block.message_passer_storage_root, block.hash))
    lines = run("genesis", written(tmp_path, GENESIS)).lines
    assert lines[0] == "genesis block 0"
    assert [line.split()[0] for line in lines[1:]] == [
        "time",
        "fork",
        "accounts",
        "state",
        "message",
        "hash",
        "output",
    ]
    assert lines[2].endswith("ecotone, by the file's config")
    assert lines[-2].endswith(to_hex(block.hash))
    assert lines[-1].endswith(to_hex(root))


def test_json_and_another_configuration(tmp_path: Path) -> None:
    rollup = tmp_path / "rollup.json"
    rollup.write_text(
        json.dumps(
            load_chain("op-mainnet").to_json()
            | {"isthmus_time": None, "jovian_time": None, "karst_time": None}
        )
    )
    path = written(tmp_path, {**GENESIS, "config": None})
    (result,) = run("genesis", path, "--rollup-config", rollup, "--json").json
    block = genesis_block(GENESIS, rules(Fork.BEDROCK))
    assert (result["fork"], result["hash"]) == ("regolith", to_hex(block.hash))
    assert result["header_rlp"] == to_hex(block.header.encode())


def test_the_first_block_of_a_chain_that_is_older_than_its_rollup(tmp_path: Path) -> None:
    path = written(tmp_path, OP_MAINNET)
    lines = run("genesis", path, "--chain", "op-mainnet").lines
    assert lines[0] == "genesis block 0: as published"
    assert lines[2].endswith("legacy, by the options")
    other = written(tmp_path, {**OP_MAINNET, "nonce": "0x1"})
    assert run("genesis", other, "--chain", "op-mainnet", code=1).lines[0] == "genesis block 0: DIFFERENT"
    assert run("genesis", other, "--chain", "boba-mainnet").lines[0] == "genesis block 0"


def test_forks_of_l1_in_the_file(tmp_path: Path) -> None:
    named = {"chainId": 901, "londonBlock": 0, "shanghaiTime": 0, "cancunTime": 0}
    path = written(tmp_path, {**GENESIS, "config": named})
    (result,) = run("genesis", path, "--json").json
    assert result["hash"] == to_hex(genesis_block({**GENESIS, "config": None}, rules(Fork.ECOTONE)).hash)


def test_a_file_without_forks_needs_an_option(tmp_path: Path) -> None:
    path = written(tmp_path, {**GENESIS, "config": None})
    assert (
        run("genesis", path, code=1).err
        == "error: genesis.config: there is none; give --chain or --rollup-config\n"
    )
    assert "not both" in run("genesis", path, "--chain", "a", "--rollup-config", "b", code=2).err


def test_a_hash_that_is_not_the_published_one_fails(tmp_path: Path) -> None:
    chain = load_chain("zora-mainnet")
    path = written(tmp_path, {**GENESIS, "timestamp": hex(chain.genesis.l2_time)})
    lines = run("genesis", path, code=1).lines
    assert lines[0] == "genesis block 0: DIFFERENT"
    assert f"  expected        {to_hex(chain.genesis.l2.hash)}" in lines


@pytest.mark.shared
def test_a_published_genesis() -> None:
    path = shared_path("real", "genesis", "mainnet-lyra.json.gz")
    lines = run("genesis", path).lines
    assert lines[0] == "genesis block 0: as published"
    assert "regolith, by the registry's lyra-mainnet" in lines[2]
