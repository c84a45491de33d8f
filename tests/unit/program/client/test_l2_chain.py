from __future__ import annotations

from dataclasses import replace

import pytest

from pyoprollup.errors import NotFound
from pyoprollup.eth.output_root import unmarshal_output
from pyoprollup.eth.types import Hash32
from pyoprollup.preimage import keccak256_key, local_key
from pyoprollup.program.client.boot import read_boot_info
from pyoprollup.program.client.l2_chain import OracleL2
from pyoprollup.program.client.l2_oracle import L2Oracle
from pyoprollup.program.client.recording import RecordingHinter
from pyoprollup.program.errors import DerivationFailed
from tests.unit.program.support import DictOracle, recorded


def no_call(*_arguments: object) -> bytes | None:
    raise AssertionError("no precompile is called")


def chain(fork: str) -> tuple[OracleL2, Hash32, RecordingHinter]:
    preimages = recorded(fork)
    oracle, hinter = DictOracle(preimages), RecordingHinter()
    root = Hash32(preimages[local_key(2)])
    agreed = unmarshal_output(preimages[keccak256_key(root)]).block_hash
    config = read_boot_info(oracle).config
    return OracleL2(config, L2Oracle(oracle, hinter, 901), agreed, no_call), root, hinter


@pytest.mark.parametrize("fork", ["granite", "isthmus"])
def test_the_agreed_block(fork: str) -> None:
    l2, root, hinter = chain(fork)
    ref = l2.agreed
    assert ref.number == 0 and l2.l2_block_ref_by_hash(ref.hash) == ref == l2.l2_block_ref_by_number(0)
    assert l2.payload_by_number(0).block_hash == ref.hash
    assert l2.output_at(0).root() == root
    # Since Isthmus the header has what otherwise is in the state.
    assert any(hint.startswith("l2-account-proof") for hint in hinter.hints) == (fork == "granite")
    config = l2.system_config_by_l2_hash(ref.hash)
    assert config.gas_limit == 30_000_000


def test_nothing_is_after_the_head_or_before_the_first() -> None:
    l2, _, _ = chain("isthmus")
    for number in (1, 2**64, -1):
        with pytest.raises(NotFound):
            l2.l2_block_ref_by_number(number)


def test_a_block_of_no_rollup() -> None:
    preimages = recorded("isthmus")
    oracle = DictOracle(preimages)
    agreed = unmarshal_output(preimages[keccak256_key(preimages[local_key(2)])]).block_hash
    config = read_boot_info(oracle).config
    genesis = replace(config.genesis, l2=replace(config.genesis.l2, hash=Hash32(bytes(32))))
    l2 = OracleL2(replace(config, genesis=genesis), L2Oracle(oracle, RecordingHinter(), 901), agreed, no_call)
    with pytest.raises(DerivationFailed, match="L2 genesis"):
        _ = l2.agreed
    with pytest.raises(DerivationFailed):
        l2.system_config_by_l2_hash(agreed)
