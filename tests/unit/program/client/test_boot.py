from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.preimage import LocalKey, PreimageMissing, local_key
from pyoprollup.program.client.boot import read_boot_info
from pyoprollup.program.errors import BootError
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.l1_chain_config import L1_CHAINS
from pyoprollup.rollup.registry import load_chain
from tests.unit.program.support import DictOracle, recorded

CUSTOM = recorded("isthmus")


def with_local(key: LocalKey, value: bytes) -> DictOracle:
    return DictOracle(CUSTOM | {local_key(key): value})


def changed(key: LocalKey, **values: Any) -> DictOracle:
    content = json.loads(CUSTOM[local_key(key)])
    return with_local(key, json.dumps(content | values).encode())


def test_a_custom_chain() -> None:
    boot = read_boot_info(DictOracle(CUSTOM))
    assert boot.l2_claim_block_number == 8
    assert boot.l1_head == CUSTOM[local_key(1)] and boot.l2_output_root == CUSTOM[local_key(2)]
    assert boot.l2_claim == CUSTOM[local_key(3)]
    assert (boot.config.l2_chain_id, boot.config.l1_chain_id) == (901, 900)
    assert boot.config.fork_time(Fork.ISTHMUS) == 0
    assert boot.config.chain_op_config is not None
    assert boot.l1_chain is not None and boot.l1_chain.chain_id == 900


def test_a_known_chain_needs_no_configuration() -> None:
    values = {number: CUSTOM[local_key(number)] for number in (1, 2, 3, 4)}
    oracle = DictOracle({local_key(number): value for number, value in values.items()})
    oracle.preimages[local_key(5)] = (10).to_bytes(8, "big")
    boot = read_boot_info(oracle)
    assert boot.config == load_chain("op-mainnet")
    assert boot.l1_chain == L1_CHAINS[1]
    oracle.preimages[local_key(5)] = (999_999_998).to_bytes(8, "big")
    with pytest.raises(BootError, match="no chain"):
        read_boot_info(oracle)


@pytest.mark.parametrize("key", [LocalKey(number) for number in range(1, 6)])
def test_lengths(key: LocalKey) -> None:
    for wrong in (b"", CUSTOM[local_key(key)][1:], CUSTOM[local_key(key)] + b"\0"):
        with pytest.raises(BootError, match=key.name):
            read_boot_info(with_local(key, wrong))


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 9])
def test_what_is_missing_is_no_answer(number: int) -> None:
    left = {key: value for key, value in CUSTOM.items() if key != local_key(number)}
    with pytest.raises(PreimageMissing) as caught:
        read_boot_info(DictOracle(left))
    assert caught.value.key == local_key(number)


@pytest.mark.parametrize(
    ("oracle", "text"),
    [
        (changed(LocalKey.L1_CHAIN_CONFIG, chainId=1), "L1 chain 1"),
        (changed(LocalKey.L2_CHAIN_CONFIG, chainId=1), "L2 chain 1"),
        (changed(LocalKey.L2_CHAIN_CONFIG, graniteTime=7), "GRANITE: execution has it at 7"),
        (changed(LocalKey.L2_CHAIN_CONFIG, pragueTime=7), "pragueTime"),
        (changed(LocalKey.ROLLUP_CONFIG, unknown=1), "unknown"),
        (changed(LocalKey.ROLLUP_CONFIG, block_time=0), "block_time"),
    ],
)
def test_configurations_that_contradict_each_other(oracle: DictOracle, text: str) -> None:
    with pytest.raises(BootError, match=text):
        read_boot_info(oracle)


def test_execution_says_how_the_base_fee_changes() -> None:
    optimism = {"eip1559Elasticity": 2, "eip1559Denominator": 8, "eip1559DenominatorCanyon": 9}
    config = read_boot_info(changed(LocalKey.L2_CHAIN_CONFIG, optimism=optimism)).config
    assert config.chain_op_config is not None
    assert config.chain_op_config.to_json() == optimism


@given(
    st.sampled_from([LocalKey.L2_CHAIN_CONFIG, LocalKey.ROLLUP_CONFIG, LocalKey.L1_CHAIN_CONFIG]),
    st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b"null", b"1", b"[" * 100]),
)
def test_arbitrary_configurations_give_typed_errors(key: LocalKey, content: bytes) -> None:
    with pytest.raises(BootError):
        read_boot_info(with_local(key, content))
