"""Genesis files: ours and op-geth read the same block out of them, or neither reads one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pyoprollup.errors import ConfigError, DecodeError
from pyoprollup.eth.types import to_hex
from pyoprollup.evm.genesis import genesis_block, genesis_time
from pyoprollup.rollup import execution_config
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.time import L2Time
from tests.interop.evm_chain import make_chain, schedule

pytestmark = pytest.mark.go

OPTIMISM = {"eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250}
PASSER = "4200000000000000000000000000000000000016"
LONG = "0x" + "00" * 31 + "07"


def genesis(config: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A genesis at time 7; what is ``None`` is left out."""
    value = {
        "config": {"chainId": 901, "londonBlock": 0, "optimism": OPTIMISM, **(config or {})},
        "gasLimit": "0x1c9c380",
        "difficulty": "0x0",
        "timestamp": "0x7",
        "alloc": {PASSER: {"balance": "0x0", "nonce": "0x1", "storage": {LONG: LONG}}},
        **changes,
    }
    return {key: item for key, item in value.items() if item is not None}


def account(**fields: Any) -> dict[str, Any]:
    return {"42" * 20: {"balance": "0x1", **fields}}


L1_FORKS = {"shanghaiTime": 0, "cancunTime": 0, "pragueTime": 0}
OP_FORKS = {"canyonTime": 0, "ecotoneTime": 0, "isthmusTime": 0, "jovianTime": 0}

FILES: dict[str, dict[str, Any]] = {
    "nothing active": genesis(),
    "before London": genesis({"londonBlock": 5}),
    "before London, forks by time": genesis({"londonBlock": 5, **L1_FORKS}),
    "no London": genesis({"londonBlock": None, "berlinBlock": 0}, difficulty="0x1"),
    "a base fee before London": genesis({"londonBlock": 5}, baseFeePerGas="0x5"),
    "London later, but before this block": genesis({"londonBlock": 5, **L1_FORKS}, number="0x9"),
    "a base fee of zero": genesis(baseFeePerGas="0x0"),
    "L1 forks beside": genesis({**L1_FORKS, **OP_FORKS}),
    "Osaka beside Karst": genesis({**L1_FORKS, **OP_FORKS, "karstTime": 0, "osakaTime": 0}),
    "L1 forks instead": genesis(L1_FORKS),
    "L1 forks instead, not of the OP Stack": genesis({**L1_FORKS, "optimism": None}),
    "Shanghai instead": genesis({"shanghaiTime": 7}),
    "Shanghai a second later": genesis({"shanghaiTime": 8}),
    "Cancun without Shanghai": genesis({"cancunTime": 0}),
    "L1 forks earlier": genesis({**L1_FORKS, "canyonTime": 10, "ecotoneTime": 10, "isthmusTime": 10}),
    "L1 forks later": genesis({"shanghaiTime": 10, "cancunTime": 10, "pragueTime": 10, **OP_FORKS}),
    "Isthmus on a chain that is not of the OP Stack": genesis({**L1_FORKS, **OP_FORKS, "optimism": None}),
    "blob gas": genesis(L1_FORKS, blobGasUsed="0x20000", excessBlobGas="0x5"),
    "blob gas before Cancun": genesis(blobGasUsed="0x20000", excessBlobGas="0x5"),
    "fields that nobody knows": genesis({"optimism": {**OPTIMISM, "new": 1}, "newTime": 5}, extra={}),
    "no gas limit of its own": genesis(gasLimit="0x0"),
    "a state root": genesis(alloc={}, stateHash="0x" + "21" * 32),
    "a state root and accounts": genesis(stateHash="0x" + "21" * 32),
    "decimal strings": genesis(gasLimit="30000000", timestamp="7", nonce="00", difficulty="012"),
    "empty strings": genesis(timestamp="", nonce="", difficulty="", extraData=""),
    "JSON numbers": genesis(gasLimit=30000000, timestamp=7, nonce=66, baseFeePerGas=10**20),
    "leading zeros": genesis(gasLimit="0x0001c9c380", nonce="0x0000000000000042", timestamp="0X07"),
    "large": genesis(baseFeePerGas=str(2**256 - 1), nonce=str(2**64 - 1)),
    "too large": genesis(baseFeePerGas=str(2**256)),
    "too large for 64 bits": genesis(nonce="0x10000000000000000"),
    "negative": genesis(gasLimit=-1),
    "a fraction": genesis(gasLimit=1.5),
    "true": genesis(gasLimit=True),
    "no digits": genesis(gasLimit="0x"),
    "a word": genesis(gasLimit="many"),
    "an underscore": genesis(gasLimit="30_000"),
    "balances": genesis(alloc=account(balance="1000000000000000000000", nonce="07", code="0x00")),
    "a balance without quotes": genesis(alloc=account(balance=5, nonce=7)),
    "no balance to speak of": genesis(alloc=account(balance="")),
    "short words": genesis(alloc=account(storage={"0x01": "0x02", "03": "0405", "": "0x06", "0x07": ""})),
    "zeros in storage": genesis(alloc=account(storage={LONG: "0x" + "00" * 32})),
    "half a byte": genesis(alloc=account(storage={"0x1": "0x2"})),
    "words of 33 bytes": genesis(alloc=account(storage={"0x" + "00" * 33: "0x02"})),
    "a short mix hash": genesis(mixHash="0x07"),
    "addresses with a prefix": genesis(alloc={"0x" + "42" * 20: {"balance": "0x1"}}),
    "a short address": genesis(alloc={"42": {"balance": "0x1"}}),
    "a chain id in quotes": genesis({"chainId": "901"}),
    "a time in quotes": genesis({"shanghaiTime": "0"}),
}


def theirs(program: Path, value: Any) -> str | None:
    line = json.dumps({"genesis": value, "hashOnly": True}).encode() + b"\n"
    done = subprocess.run([str(program)], input=line, capture_output=True, check=False)
    return json.loads(done.stdout)["genesis"] if done.returncode == 0 else None


def ours(value: Any) -> str | None:
    try:
        rules = execution_config(value["config"]).rules_at_l2(L2Time(genesis_time(value)))
        return to_hex(genesis_block(value, rules).hash)
    except (ConfigError, DecodeError):
        return None


@pytest.mark.parametrize("name", FILES)
def test_the_same_block(op_geth: Path, name: str) -> None:
    assert ours(FILES[name]) == theirs(op_geth, FILES[name])


@pytest.mark.parametrize("fork", [fork for fork in Fork if fork <= Fork.KARST], ids=lambda fork: fork.name)
def test_what_we_write(op_geth: Path, fork: Fork) -> None:
    chain = make_chain({each: at for each, at in schedule(fork, 1).items() if each <= fork})
    assert theirs(op_geth, chain.genesis_json) == to_hex(chain.genesis.hash())
