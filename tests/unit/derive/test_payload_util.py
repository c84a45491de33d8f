"""What an L2 block tells about its origin and configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.derive.l1_info import L1Header, l1_info_deposit
from pyoprollup.derive.payload_util import (
    PayloadError,
    decode_extra_data,
    payload_to_block_ref,
    payload_to_system_config,
    read_payload,
)
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.eth.refs import BlockID, L2BlockRef
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.rollup.config import RollupConfig
from pyoprollup.rollup.fee_scalars import EcotoneScalars
from pyoprollup.rollup.genesis import Genesis
from pyoprollup.rollup.system_config import (
    SystemConfig,
    encode_eip1559_params,
    encode_operator_fee_params,
)
from pyoprollup.rollup.time import L2Time
from tests.unit.derive.batches import bare_payload
from tests.unit.derive.support import ORIGIN, config, l2_block, name_hash

BLOCK = l2_block(7, 5000, ORIGIN, 3)
GENESIS = Genesis(ORIGIN.id, BlockID(name_hash("L2 genesis"), 0), 4986, SystemConfig(b"\x6e" * 20))
SYSTEM = SystemConfig(
    batcher_addr=b"\xba" * 20,
    scalar=EcotoneScalars(8, 9).encode(),
    gas_limit=30_000_000,
)
PARAMS = encode_eip1559_params(250, 6)


def payload(cfg: RollupConfig, system: SystemConfig = SYSTEM, **changes: Any) -> ExecutionPayload:
    """The payload of BLOCK under this system configuration."""
    header = L1Header(ORIGIN.hash, ORIGIN.number, ORIGIN.time, 7, 1)
    time = changes.get("timestamp", BLOCK.time)
    deposit = l1_info_deposit(cfg, system, BLOCK.sequence_number, header, L2Time(time))
    base = bare_payload(BLOCK, deposit.encode())
    return replace(base, gas_limit=system.gas_limit, **changes)


def test_block_ref() -> None:
    cfg = config("granite", genesis=GENESIS)
    assert payload_to_block_ref(cfg, payload(cfg)) == BLOCK


def test_genesis() -> None:
    """It has no L1 attributes: the configuration tells."""
    cfg = config("granite", genesis=GENESIS)
    block = replace(bare_payload(BLOCK), block_number=0, block_hash=GENESIS.l2.hash)
    expected = L2BlockRef(GENESIS.l2.hash, 0, block.parent_hash, BLOCK.time, ORIGIN.id, 0)
    assert payload_to_block_ref(cfg, block) == expected
    assert payload_to_system_config(cfg, block) == GENESIS.system_config
    for read in (payload_to_block_ref, payload_to_system_config, read_payload):
        with pytest.raises(PayloadError, match="genesis"):
            read(cfg, replace(block, block_hash=name_hash("another genesis")))


@pytest.mark.parametrize(
    "transactions",
    [
        (),
        (b"",),
        (b"\x02\xc0",),
        (b"\x7e",),
        (DepositTransaction(ZERO_HASH, bytes(20), None, None, 0, 0, False, b"").encode(),),
        (DepositTransaction(ZERO_HASH, bytes(20), None, None, 0, 0, False, bytes(164)).encode(),),
    ],
)
def test_blocks_without_l1_attributes(transactions: tuple[bytes, ...]) -> None:
    cfg = config("granite", genesis=GENESIS)
    block = bare_payload(BLOCK, *transactions)
    for read in (payload_to_block_ref, payload_to_system_config, read_payload):
        with pytest.raises(PayloadError):
            read(cfg, block)


@pytest.mark.parametrize(
    ("forks", "system", "extra_data"),
    [
        ("regolith", replace(SYSTEM, overhead=name_hash("overhead"), scalar=name_hash("scalar")), b""),
        ("canyon", replace(SYSTEM, overhead=name_hash("overhead"), scalar=name_hash("scalar")), b"anything"),
        ("ecotone", SYSTEM, b"anything"),
        ("holocene", replace(SYSTEM, eip1559_params=PARAMS), b"\0" + PARAMS),
        (
            "isthmus",
            replace(SYSTEM, eip1559_params=PARAMS, operator_fee_params=encode_operator_fee_params(5, 6)),
            b"\0" + PARAMS,
        ),
        (
            "jovian",
            replace(
                SYSTEM,
                eip1559_params=PARAMS,
                operator_fee_params=encode_operator_fee_params(5, 6),
                min_base_fee=77,
                da_footprint_gas_scalar=500,
            ),
            b"\x01" + PARAMS + (77).to_bytes(8, "big"),
        ),
    ],
)
def test_system_config(forks: str, system: SystemConfig, extra_data: bytes) -> None:
    """It comes back as it went into the block."""
    cfg = config(forks, genesis=GENESIS)
    block = payload(cfg, system, extra_data=extra_data)
    assert payload_to_system_config(cfg, block) == system
    assert read_payload(cfg, block) == (BLOCK, system)


def test_scalar_of_bedrock_comes_back_packed() -> None:
    cfg = config("ecotone", genesis=GENESIS)
    system = replace(SYSTEM, scalar=(1234).to_bytes(32, "big"))
    assert payload_to_system_config(cfg, payload(cfg, system)).ecotone_scalars() == EcotoneScalars(0, 1234)


def test_activation_block_of_ecotone() -> None:
    """It still has the older layout."""
    cfg = config("delta", ecotone_time=5000, genesis=GENESIS)
    system = replace(SYSTEM, overhead=name_hash("overhead"), scalar=name_hash("scalar"))
    block = payload(cfg, system)
    assert payload_to_system_config(cfg, block) == system
    later = payload(cfg, SYSTEM, timestamp=5002)
    assert payload_to_system_config(cfg, later) == SYSTEM


# --- Extra data

u32 = st.integers(1, 2**32 - 1)


@given(u32, u32, st.integers(0, 2**64 - 1))
def test_extra_data(denominator: int, elasticity: int, minimum: int) -> None:
    params = encode_eip1559_params(denominator, elasticity)
    assert decode_extra_data(b"\0" + params, False) == (params, 0)
    assert decode_extra_data(b"\x01" + params + minimum.to_bytes(8, "big"), True) == (params, minimum)


@pytest.mark.parametrize(
    ("data", "has_min_base_fee"),
    [
        (b"", False),
        (b"\0" + PARAMS[:-1], False),
        (b"\0" + PARAMS + b"\0", False),
        (b"\x01" + PARAMS, False),
        (b"\0" + bytes(8), False),
        (b"\0" + encode_eip1559_params(0, 6), False),
        (b"\0" + encode_eip1559_params(250, 0), False),
        (b"\0" + PARAMS, True),
        (b"\0" + PARAMS + bytes(8), True),
        (b"\x02" + PARAMS + bytes(8), True),
        (b"\x01" + PARAMS + bytes(7), True),
        (b"\x01" + bytes(16), True),
    ],
)
def test_malformed_extra_data(data: bytes, has_min_base_fee: bool) -> None:
    with pytest.raises(PayloadError):
        decode_extra_data(data, has_min_base_fee)
    cfg = config("jovian" if has_min_base_fee else "holocene", genesis=GENESIS)
    with pytest.raises(PayloadError):
        payload_to_system_config(cfg, payload(cfg, extra_data=data))
