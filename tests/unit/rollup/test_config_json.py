from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.errors import ConfigError
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.rollup.alt_da import AltDAConfig
from pyoprollup.rollup.chain_op_config import ChainOpConfig
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.genesis import Genesis
from tests.support import shared_json
from tests.unit.rollup.test_system_config import configs as system_configs

u64 = st.integers(0, (1 << 64) - 1)
times = st.none() | u64
addresses = st.binary(min_size=20, max_size=20).map(Address)
blocks = st.builds(BlockID, st.binary(min_size=32, max_size=32).map(Hash32), u64)
rollup_configs = st.builds(
    RollupConfig,
    genesis=st.builds(Genesis, blocks, blocks, u64, system_configs),
    block_time=u64,
    max_sequencer_drift=u64,
    seq_window_size=u64,
    channel_timeout=u64,
    l1_chain_id=st.integers(0, (1 << 256) - 1),
    l2_chain_id=st.integers(0, (1 << 256) - 1),
    regolith_time=times,
    canyon_time=times,
    ecotone_time=times,
    pectra_blob_schedule_time=times,
    jovian_time=times,
    karst_time=times,
    keep_karst_upgrade_gas=st.booleans(),
    interop_time=times,
    lagoon_time=times,
    batch_inbox_address=addresses,
    l1_system_config_address=addresses,
    alt_da=st.none() | st.builds(AltDAConfig, addresses, st.text(max_size=20), u64, u64),
    chain_op_config=st.none() | st.builds(ChainOpConfig, u64, u64, times),
)


@given(rollup_configs)
def test_round_trip(config: RollupConfig) -> None:
    assert RollupConfig.from_json(json.dumps(config.to_json())) == config


OP_NODE: dict[str, Any] = {
    "genesis": {
        "l1": {"hash": "0x" + "01" * 32, "number": 5},
        "l2": {"hash": "0x" + "02" * 32, "number": 0},
        "l2_time": 1000,
        "system_config": {
            "batcherAddr": "0x" + "03" * 20,
            "overhead": "0x" + "00" * 32,
            "scalar": "0x" + "04" * 32,
            "gasLimit": 30000000,
            "eip1559Params": "0x0000000000000000",
            "operatorFeeParams": "0x" + "00" * 32,
            "minBaseFee": 0,
            "daFootprintGasScalar": 0,
        },
    },
    "block_time": 2,
    "max_sequencer_drift": 600,
    "seq_window_size": 3600,
    "channel_timeout": 300,
    "l1_chain_id": 1,
    "l2_chain_id": 10,
    "regolith_time": 0,
    "canyon_time": 5,
    "pectra_blob_schedule_time": 18446744073709551615,
    "karst_time": 7,
    "keep_karst_upgrade_gas": True,
    "batch_inbox_address": "0x" + "05" * 20,
    "deposit_contract_address": "0x" + "06" * 20,
    "l1_system_config_address": "0x" + "07" * 20,
    "protocol_versions_address": "0x" + "00" * 20,
    "alt_da": {
        "da_challenge_contract_address": "0x" + "08" * 20,
        "da_commitment_type": "KeccakCommitment",
        "da_challenge_window": 160,
        "da_resolve_window": 161,
    },
    "chain_op_config": {
        "eip1559Elasticity": 6,
        "eip1559Denominator": 50,
        "eip1559DenominatorCanyon": 250,
    },
}


def test_op_node_form_is_reproduced_in_fields_and_order() -> None:
    config = RollupConfig.from_json(OP_NODE)
    assert json.dumps(config.to_json()) == json.dumps(OP_NODE)
    assert RollupConfig.from_json(json.dumps(OP_NODE)) == config
    assert RollupConfig.from_json(json.dumps(OP_NODE).encode()) == config
    assert RollupConfig.from_json(bytearray(json.dumps(OP_NODE).encode())) == config


def test_zero_drift_is_left_out() -> None:
    assert "max_sequencer_drift" not in RollupConfig().to_json()


def test_older_software_gets_the_older_system_config() -> None:
    written = RollupConfig.from_json(OP_NODE).to_json(known_to=Fork.GRANITE)
    assert "eip1559Params" not in written["genesis"]["system_config"]


def test_kona_form() -> None:
    config = RollupConfig.from_json(
        {
            "l2_chain_id": "optimism-sepolia",
            "granite_channel_timeout": 50,
            "interop_message_expiry_window": 3600,
            "superchain_config_address": "0x" + "01" * 20,
            "da_challenge_address": "0x" + "08" * 20,
            "alt_da": {"da_challenge_address": "0x" + "08" * 20, "da_commitment_type": "KeccakCommitment"},
            "chain_op_config": None,
        }
    )
    assert config.l2_chain_id == 11155420
    assert config.alt_da is not None
    assert config.alt_da.da_challenge_contract_address == b"\x08" * 20


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"block_time": "2"}, "block_time: expected an integer, got '2'"),
        ({"canyon_time": -1}, "canyon_time: -1 does not fit 64"),
        ({"canyon_time": 1.5}, "canyon_time: expected an integer"),
        ({"monsoon_time": 5}, "monsoon_time: unknown field (value 5)"),
        ({"l2_chain_id": "atlantis"}, "l2_chain_id: unknown chain name 'atlantis'"),
        ({"l1_chain_id": 1 << 256}, "l1_chain_id: 1157"),
        ({"granite_channel_timeout": 60}, "granite_channel_timeout: 60, but the protocol fixes 50"),
        ({"da_challenge_address": "0x" + "08" * 20}, "da_challenge_address: 0x0808"),
        ({"blobs_data": 5}, "blobs_data: unknown field"),
        ({"genesis": {"l1": {"hash": "0x12"}}}, "genesis.l1.hash: expected 32 bytes"),
        ({"genesis": {"l2": {"numbr": 1}}}, "genesis.l2.numbr: unknown field"),
        ({"genesis": {"system_config": {"gasLimit": True}}}, "genesis.system_config.gasLimit: expected"),
        ({"genesis": [1]}, "genesis: expected an object, got [1]"),
        ({"genesis": 0}, "genesis: expected an object, got 0"),
        ({"genesis": {"system_config": ""}}, "genesis.system_config: expected an object, got ''"),
        ({"alt_da": False}, "alt_da: expected an object, got False"),
        ({"alt_da": {"da_challenge_window": "x"}}, "alt_da.da_challenge_window: expected an integer"),
        ({"chain_op_config": {"eip1559Elasticity": None, "x": 1}}, "chain_op_config.x: unknown field"),
        ({"batch_inbox_address": "0x"}, "batch_inbox_address: expected 20 bytes, got 0"),
        ("[1]", "configuration: expected an object, got [1]"),
        ("{", "rollup configuration: malformed JSON"),
        (b"[" * 100_000, "rollup configuration: malformed JSON"),
        (None, "configuration: expected an object, got None"),
    ],
)
def test_errors_name_field_and_value(fields: object, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        RollupConfig.from_json(fields)
    assert message in str(error.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*OP_NODE, "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(list(OP_NODE)), json_values)
def test_mutated_configurations_raise_only_config_errors(key: str, value: object) -> None:
    with contextlib.suppress(ConfigError):
        RollupConfig.load(OP_NODE | {key: value})


@pytest.mark.shared
def test_kona_configurations_of_real_chains() -> None:
    for chain_id, value in shared_json("real", "rollup_configs.json").items():
        config = RollupConfig.from_json(value)
        assert config.l2_chain_id == int(chain_id)
        assert RollupConfig.from_json(config.to_json()) == config
