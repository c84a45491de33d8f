"""Opening chain stores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pyoprollup.errors import ConfigError, DecodeError
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.open_chain import open_chain
from pyoprollup.execution.store import ChainHeads, ChainIdentity, MemoryStore, WrongStore
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.genesis import Genesis
from tests.support import shared_json
from tests.unit.evm.support import CHAIN_ID, Chain, config, transfer
from tests.unit.execution.chains import build, genesis_of
from tests.unit.execution.store.support import DISK_KINDS, check_state, open_store

ALLOC = {
    "0x" + "42" * 20: {"balance": "0x5", "code": "0x6001", "storage": {"0x" + "00" * 32: "0x" + "01" * 32}}
}
GENESIS = {"gasLimit": "0x1c9c380", "timestamp": "0x10", "alloc": ALLOC}


def test_from_a_genesis_file() -> None:
    store = MemoryStore()
    engine = InProcessEngine.from_genesis(config(Fork.GRANITE), GENESIS, store)
    genesis = store.canonical_hash(0)
    assert genesis is not None
    assert store.heads == ChainHeads(genesis, ZERO_HASH, ZERO_HASH)
    assert store.identity == ChainIdentity(CHAIN_ID, genesis)
    assert check_state(store) == {genesis}
    assert engine.payload_by_number(0).check_block_hash()


@pytest.mark.parametrize("kind", DISK_KINDS)
def test_again_and_not_with_another_chain(kind: str, tmp_path: Path) -> None:
    chain = Chain.start(Fork.JOVIAN)
    for _ in range(2):
        store = open_store(kind, tmp_path)
        engine = InProcessEngine.from_genesis(chain.config, genesis_of(chain), store)
        build(engine, chain.head.hash(), chain.attributes([transfer()]))
        store.close()
    store = open_store(kind, tmp_path)
    with pytest.raises(WrongStore, match="chain 5"):
        open_chain(replace(chain.config, l2_chain_id=5), genesis_of(chain), store)
    with pytest.raises(WrongStore, match="with genesis"):
        open_chain(chain.config, genesis_of(Chain.start(Fork.ISTHMUS)), store)
    store.close()


def test_the_configuration_names_the_genesis_block() -> None:
    chain = Chain.start(Fork.JOVIAN)
    genesis = genesis_of(chain)
    named = replace(chain.config, genesis=Genesis(l2=BlockID(genesis.hash, 0)))
    open_chain(named, genesis, MemoryStore())
    other = replace(chain.config, genesis=Genesis(l2=BlockID(genesis.header.state_root, 0)))
    with pytest.raises(ConfigError):
        open_chain(other, genesis, MemoryStore())


@pytest.mark.parametrize("value", [None, [], {}, {"gasLimit": "x"}, {**GENESIS, "timestamp": "x"}])
def test_malformed_genesis_files(value: object) -> None:
    store = MemoryStore()
    with pytest.raises(DecodeError):
        open_chain(config(Fork.GRANITE), value, store)
    assert store.identity is None


@pytest.mark.shared
def test_a_genesis_of_the_registry() -> None:
    value = shared_json("real", "genesis", "mainnet-lyra.json.gz")
    store = MemoryStore()
    open_chain(config(Fork.CANYON), value["genesis"], store)
    assert check_state(store) == {store.heads.unsafe}
