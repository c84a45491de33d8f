from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.errors import ConfigError
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.rollup.fee_scalars import EcotoneScalars
from pyoprollup.rollup.fork import Fork
from pyoprollup.rollup.system_config import (
    SystemConfig,
    encode_eip1559_params,
    encode_operator_fee_params,
)

words = st.binary(min_size=32, max_size=32).map(Hash32)
u64 = st.integers(0, (1 << 64) - 1)
configs = st.builds(
    SystemConfig,
    batcher_addr=st.binary(min_size=20, max_size=20).map(Address),
    overhead=words,
    scalar=words,
    gas_limit=u64,
    eip1559_params=st.binary(min_size=8, max_size=8),
    operator_fee_params=words,
    min_base_fee=u64,
    da_footprint_gas_scalar=st.integers(0, (1 << 16) - 1),
)


@given(configs)
def test_json_round_trip(config: SystemConfig) -> None:
    assert SystemConfig.from_json(config.to_json()) == config


def test_json_of_older_software_has_no_newer_fields() -> None:
    config = SystemConfig()
    bedrock = ["batcherAddr", "overhead", "scalar", "gasLimit"]
    assert list(config.to_json(Fork.GRANITE)) == bedrock
    assert list(config.to_json(Fork.HOLOCENE)) == [*bedrock, "eip1559Params"]
    assert list(config.to_json(Fork.ISTHMUS)) == [*bedrock, "eip1559Params", "operatorFeeParams"]
    assert list(config.to_json())[6:] == ["minBaseFee", "daFootprintGasScalar"]


def test_kona_form() -> None:
    config = SystemConfig.from_json(
        {
            "batcherAddress": "0x" + "11" * 20,
            "gasLimit": 30_000_000,
            "baseFeeScalar": 7,
            "blobBaseFeeScalar": None,
            "eip1559Denominator": 250,
            "eip1559Elasticity": 6,
            "operatorFeeScalar": 3,
            "operatorFeeConstant": 4,
            "minBaseFee": None,
        }
    )
    assert config.batcher_addr == b"\x11" * 20
    assert config.eip1559_params == encode_eip1559_params(250, 6) == bytes.fromhex("000000fa00000006")
    assert (config.eip1559_denominator, config.eip1559_elasticity) == (250, 6)
    assert config.operator_fee_params == encode_operator_fee_params(3, 4)
    assert (config.operator_fee_scalar, config.operator_fee_constant) == (3, 4)
    assert config.min_base_fee == 0


def test_scalars() -> None:
    config = SystemConfig(scalar=EcotoneScalars(5, 6).encode())
    assert config.ecotone_scalars() == EcotoneScalars(5, 6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"gasLimit": "5"}, "system_config.gasLimit: expected an integer"),
        ({"scalar": "0xbc"}, "system_config.scalar: expected 32 bytes, got 1"),
        ({"daFootprintGasScalar": 65536}, "system_config.daFootprintGasScalar: 65536 does not fit 16"),
        ({"gasLimt": 5}, "system_config.gasLimt: unknown field"),
        (
            {"eip1559Params": "0x0000000100000002", "eip1559Denominator": 2},
            "eip1559Params: 0x0000000100000002 contradicts",
        ),
        ([], "expected an object"),
    ],
)
def test_errors(fields: Any, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        SystemConfig.from_json(fields)
    assert message in str(error.value)
