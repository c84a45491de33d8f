from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.driver import EngineL2Source
from pyoprollup.errors import NotFound, Unavailable
from pyoprollup.eth.refs import BlockID, BlockLabel
from tests.fake_engine import Fault
from tests.unit.driver.support import Bench


def test_reads() -> None:
    bench = Bench()
    source = EngineL2Source(bench.config, bench.engine)
    genesis = source.l2_block_ref_by_number(0)
    assert genesis == bench.genesis
    assert source.l2_block_ref_by_hash(genesis.hash) == genesis
    assert source.l2_block_ref_by_label(BlockLabel.SAFE) == genesis
    assert source.payload_by_number(0) == source.envelope_by_number(0).payload
    assert source.system_config_by_l2_hash(genesis.hash) == bench.config.genesis.system_config


def test_errors_are_those_of_derivation() -> None:
    bench = Bench()
    source = EngineL2Source(bench.config, bench.engine)
    with pytest.raises(NotFound, match="no block 7"):
        source.l2_block_ref_by_number(7)
    bench.engine.faults.append(Fault.UNAVAILABLE)
    with pytest.raises(Unavailable):
        source.payload_by_number(0)
    unreadable = bench.gossip(bench.genesis)  # its first transaction is no real deposit
    for read in (source.l2_block_ref_by_hash, source.system_config_by_l2_hash):
        with pytest.raises(Unavailable, match=f"{unreadable.number}"):
            read(unreadable.hash)


def test_blocks_from_before_the_genesis_block_are_not_there() -> None:
    """The engine of a migrated chain has them; they have no L1 origin and never will."""
    bench = Bench()
    block = bench.gossip(bench.genesis)
    genesis = replace(bench.config.genesis, l2=BlockID(block.hash, block.number))
    source = EngineL2Source(replace(bench.config, genesis=genesis), bench.engine)
    for read in (source.l2_block_ref_by_number, source.envelope_by_number, source.payload_by_number):
        with pytest.raises(NotFound, match="before the rollup's first"):
            read(0)
    for read in (source.l2_block_ref_by_hash, source.system_config_by_l2_hash):
        with pytest.raises(NotFound, match="before the rollup's first"):
            read(bench.genesis.hash)
    with pytest.raises(NotFound, match="before the rollup's first"):
        source.l2_block_ref_by_label(BlockLabel.FINALIZED)
