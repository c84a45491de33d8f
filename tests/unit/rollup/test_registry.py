from __future__ import annotations

import pytest

from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.registry import ChainEntry, UnknownChainError, chains, load_chain
from tests.support import shared_json


def test_every_chain_loads_by_name_and_id() -> None:
    entries = chains()
    assert len(entries) == len({entry.name for entry in entries}) == 62
    for entry in entries:
        config = load_chain(entry.name)
        assert config is load_chain(entry.chain_id) is load_chain(str(entry.chain_id))
        assert (config.l2_chain_id, config.l1_chain_id) == (entry.chain_id, entry.l1_chain_id)
        assert entry.name.endswith("-" + entry.superchain)
        assert config.fork_time(Fork.REGOLITH) == 0
        config.check()


def test_op_mainnet() -> None:
    assert ChainEntry("op-mainnet", "OP Mainnet", 10, "mainnet", 1) in chains()
    config = load_chain("op-mainnet")
    assert config.genesis.l2.number == 105235063
    assert [config.jovian_time, config.karst_time] == [1764691201, 1783526401]
    assert config.keep_karst_upgrade_gas
    assert load_chain("op-sepolia").pectra_blob_schedule_time == 1742486400


def test_chains_that_came_later() -> None:
    silent, celo, devnet = (load_chain(chain_id) for chain_id in (380929, 11142220, 420130015))
    assert silent.alt_da is not None and silent.alt_da.da_challenge_window == 16
    assert celo.alt_da is not None and celo.block_time == 1
    assert devnet.fork_time(Fork.KARST) == 0
    assert load_chain("sepolia-devnet-2-sepolia-devnet-2") is devnet


def test_names_of_the_registry_where_one_superchain_has_them() -> None:
    for name, chain_id in {
        "silent-data-mainnet": 380929,
        "celo-sep": 11142220,
        "sepolia-devnet-2": 420130015,
    }.items():
        assert load_chain(name) is load_chain(chain_id)
    with pytest.raises(UnknownChainError):
        load_chain("celo-")


def test_the_first_block_is_known_of_a_chain_that_is_older_than_its_rollup() -> None:
    entries = {entry.name: entry.first_block_hash for entry in chains()}
    assert {name for name, known in entries.items() if known is not None} == {"op-mainnet"}


@pytest.mark.parametrize("name", ["", "op", "11", 11, -1, "9" * 5000, "٣"])
def test_unknown_chains(name: str | int) -> None:
    with pytest.raises(UnknownChainError, match="the registry has no chain"):
        load_chain(name)


@pytest.mark.shared
def test_table_agrees_with_the_published_crate() -> None:
    """Field by field, but for the fork times that were set after the crate's release."""
    for value in shared_json("real", "rollup_configs.json").values():
        theirs = RollupConfig.from_json(value).to_json()
        ours = load_chain(theirs["l2_chain_id"]).to_json()
        added = set(ours) - set(theirs)
        assert all(name.endswith("_time") or name == "keep_karst_upgrade_gas" for name in added)
        assert {name: ours[name] for name in theirs} == theirs


@pytest.mark.shared
@pytest.mark.parametrize("name", ["mainnet-lyra", "mainnet-zora", "sepolia-op", "sepolia-unichain"])
def test_fork_times_agree_with_the_superchain_registry(name: str) -> None:
    chain = shared_json("real", "genesis", f"{name}.json.gz")["chain"]
    ours = load_chain(chain["chain_id"])
    theirs = chain["hardforks"]
    assert {f: getattr(ours, f) for f in theirs} == theirs
    for fork in Fork:
        if fork > Fork.REGOLITH and fork.config_key not in theirs:
            assert ours.fork_time(fork) is None


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("optimism", "'optimism'; did you mean op-mainnet or op-sepolia?"),
        ("base", "did you mean base-mainnet or base-sepolia or "),
        ("mainnet", "did you mean op-mainnet or "),
        ("op-mainet", "did you mean op-mainnet?"),
        ("nowhere", "has no chain 'nowhere'$"),
        ("x" * 1000, "has no chain"),
        ("", "has no chain ''$"),
    ],
)
def test_a_name_that_is_not_right_leads_to_one_that_is(word: str, said: str) -> None:
    with pytest.raises(UnknownChainError, match=said.replace("?", r"\?")):
        load_chain(word)
