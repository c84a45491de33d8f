from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.eth.output_root import unmarshal_output
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import keccak256_key, local_key
from pyoprollup.program.client.boot import read_boot_info
from pyoprollup.program.client.driver import ProgramDriver
from pyoprollup.program.client.l1_oracle import L1Oracle
from pyoprollup.program.client.l1_source import OracleL1
from pyoprollup.program.client.l2_chain import OracleL2
from pyoprollup.program.client.l2_oracle import L2Oracle
from pyoprollup.program.client.recording import no_hints
from pyoprollup.program.errors import DerivationFailed
from pyoprollup.rollup.alt_da import AltDAConfig
from pyoprollup.rollup.config import RollupConfig
from tests.unit.program.support import DictOracle, recorded


def driver(fork: str, config: RollupConfig | None = None, l1_head: Hash32 | None = None) -> ProgramDriver:
    preimages = recorded(fork)
    oracle = DictOracle(preimages)
    boot = read_boot_info(oracle)
    config = config or boot.config
    l1_oracle, l2_oracle = L1Oracle(oracle, no_hints), L2Oracle(oracle, no_hints, config.l2_chain_id)
    agreed = unmarshal_output(preimages[keccak256_key(boot.l2_output_root)]).block_hash
    l2 = OracleL2(config, l2_oracle, agreed, l1_oracle.precompile)
    l1 = OracleL1(l1_oracle, l1_head or boot.l1_head)
    return ProgramDriver(config, l1, l2, l1_chain=boot.l1_chain)


def config_of(fork: str) -> RollupConfig:
    return read_boot_info(DictOracle(recorded(fork))).config


def test_it_ends_with_the_target_or_with_l1() -> None:
    for target, reached in ((0, 0), (3, 3), (8, 8), (9, 8), (2**64 - 1, 8)):
        run = driver("holocene")
        assert run.run(target).number == reached == run.safe.number


def test_before_holocene_a_span_is_safe_as_a_whole() -> None:
    assert driver("granite").run(3).number == 8


def test_less_of_l1() -> None:
    """With its last block but three, the batcher's data is not complete."""
    preimages = recorded("isthmus")
    l1 = OracleL1(L1Oracle(DictOracle(preimages), no_hints), Hash32(preimages[local_key(1)]))
    for number, reached in ((0, 0), (2, 0), (3, 0), (4, 8)):
        head = l1.l1_block_ref_by_number(number).hash
        assert driver("isthmus", l1_head=head).run(8).number == reached


def test_chains_that_no_program_derives() -> None:
    config = replace(config_of("isthmus"), alt_da=AltDAConfig())
    with pytest.raises(DerivationFailed, match="alt-DA"):
        driver("isthmus", config)


def test_an_agreed_block_of_another_l1() -> None:
    config = config_of("isthmus")
    other = replace(config.genesis.l1, hash=Hash32(b"\1" * 32))
    wrong = replace(config, genesis=replace(config.genesis, l1=other))
    with pytest.raises(DerivationFailed, match="is not before"):
        driver("isthmus", wrong).run(8)
