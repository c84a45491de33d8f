"""``pyoprollup chains``."""

from __future__ import annotations

import pytest

from pyoprollup.rollup import Fork, RollupConfig, chains, load_chain
from tests.unit.cli.support import run


def test_lists_all_chains() -> None:
    head, *rows = run("chains").lines
    assert head.split() == [
        "NAME",
        "CHAIN",
        "ID",
        "SUPERCHAIN",
        "BLOCKS",
        "AT",
        "GENESIS",
        "NEWEST",
        "FORK",
        "SINCE",
    ]
    assert [row.split()[:2] for row in rows] == [[chain.name, str(chain.chain_id)] for chain in chains()]
    assert max(map(len, rows)) <= 110
    row = next(row for row in rows if row.startswith("op-mainnet "))
    assert row.split() == ["op-mainnet", "10", "mainnet", "2", "s", "regolith", "karst", "2026-07-08"]


def test_json_of_all_chains() -> None:
    (listed,) = run("chains", "--json").json
    assert [item["chain_id"] for item in listed] == [chain.chain_id for chain in chains()]
    for item in listed:
        config = load_chain(item["chain_id"])
        assert item["forks"] == {fork.name.lower(): config.fork_time(fork) for fork in Fork}


@pytest.mark.parametrize("chain", ["op-mainnet", "10"])
def test_one_chain(chain: str) -> None:
    out = run("chains", chain).out
    assert out.startswith("OP Mainnet (op-mainnet)\n")
    for part in (
        "chain id           10\n",
        "0xff00000000000000000000000000000000000010",
        "0x229047fed2591dbec1ef1118d64f7af3db9eb290",
        "105235063  0xdbf6a80fef073de06add9b0d14026d6e5a86c85f6d102c36d3d8e9cf89c2afd3",
        "regolith           0  at genesis\n",
        "ecotone   1710374401  2024-03-14 00:00:01 UTC\n",
        "interop            -  not scheduled\n",
    ):
        assert part in out


def test_json_of_one_chain_has_its_configuration() -> None:
    (found,) = run("chains", "base-sepolia", "--json").json
    assert found["chain_id"] == 84532
    assert RollupConfig.load(found["rollup_config"]) == load_chain("base-sepolia")


def test_every_chain_can_be_shown() -> None:
    for chain in chains():
        out = run("chains", chain.name).out
        assert max(map(len, out.splitlines())) <= 100
        assert str(chain.chain_id) in out


@pytest.mark.parametrize("chain", ["nowhere", "1", "-1", "", "١٠", "\x1b[31m", "9" * 90])
def test_unknown_chains(chain: str) -> None:
    outcome = run("chains", "--", chain, code=1)
    assert outcome.err.startswith("error: the registry has no chain ")
    assert outcome.out == ""
    assert "\x1b" not in outcome.err
