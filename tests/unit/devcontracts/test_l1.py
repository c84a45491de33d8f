"""The contracts on L1, whose events derivation understands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.deposits import decode_deposit_log
from pyoprollup.devcontracts import contract
from pyoprollup.eth.abi import selector
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32
from pyoprollup.evm.genesis import Account
from pyoprollup.rollup import RollupConfig, SystemConfig
from pyoprollup.rollup.fee_scalars import EcotoneScalars
from pyoprollup.rollup.system_config import encode_eip1559_params, encode_operator_fee_params
from pyoprollup.rollup.system_config_updates import apply_log
from pyoprollup.rollup.time import L1Time
from tests.unit.devcontracts.support import USER, Evm

PORTAL, SYSTEM_CONFIG, FORWARDER = (Address(bytes([number]) * 20) for number in (0x61, 0x62, 0x63))
FORWARDS = bytes.fromhex("366000600037600060003660003473") + PORTAL + bytes.fromhex("5af1600055") + b"\x00"
"""CALLs the portal with its own calldata and value, and keeps whether that worked in slot 0."""
OTHER = Address(b"\x77" * 20)
ALIAS = 0x1111000000000000000000000000000000001111


def portal() -> Evm:
    return Evm({PORTAL: Account(code=contract("OptimismPortal").runtime), FORWARDER: Account(code=FORWARDS)})


def deposit(*arguments: Any) -> bytes:
    return contract("OptimismPortal").call("depositTransaction", *arguments)


EVM = portal()


@settings(max_examples=60)
@given(
    st.binary(min_size=20, max_size=20),
    st.integers(0, 2**256 - 1),
    st.integers(100_000, 2**64 - 1),
    st.booleans(),
    st.binary(max_size=300),
    st.integers(0, 10**9),
)
def test_a_deposit_says_what_was_asked_for(
    to: bytes, value: int, gas: int, is_creation: bool, data: bytes, mint: int
) -> None:
    to = ZERO_ADDRESS if is_creation else to
    done = EVM.call(PORTAL, deposit(to, value, gas, is_creation, data), value=mint)
    assert done.success
    (log,) = done.logs
    assert log.address == PORTAL
    tx = decode_deposit_log(Hash32(b"\x01" * 32), log)
    assert (tx.from_, tx.mint or 0, tx.value, tx.gas, tx.data) == (USER, mint, value, gas, data)
    assert tx.to == (None if is_creation else to)
    assert not tx.is_system


@pytest.mark.parametrize("size", [*range(21, 26), 53, 54, 55, 56, 57, 10_000])
def test_the_padding_is_right(size: int) -> None:
    data = bytes(range(1, 256)) * 40
    done = EVM.call(PORTAL, deposit(OTHER, 0, 10**6, False, data[:size]))
    assert decode_deposit_log(ZERO_HASH, done.logs[0]).data == data[:size]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((OTHER, 0, 100_000, True, b""), "BadTarget()"),
        ((OTHER, 0, 20_999, False, b""), "SmallGasLimit()"),
        ((OTHER, 0, 21_039, False, b"1"), "SmallGasLimit()"),
    ],
)
def test_refused_deposits(arguments: tuple[Any, ...], error: str) -> None:
    done = EVM.call(PORTAL, deposit(*arguments))
    assert not done.success
    assert done.output == selector(error)


def test_the_least_gas() -> None:
    assert EVM.call(PORTAL, deposit(OTHER, 0, 21_040, False, b"1")).success
    assert EVM.call(PORTAL, contract("OptimismPortal").call("minimumGasLimit", 1)).number == 21_040
    assert not EVM.call(PORTAL, deposit(OTHER, 0, 10**7, False, bytes(120_001))).success


def test_money_alone_is_a_deposit_to_oneself() -> None:
    done = EVM.call(PORTAL, b"", value=5)
    tx = decode_deposit_log(ZERO_HASH, done.logs[0])
    assert (tx.from_, tx.to, tx.mint, tx.value, tx.gas, tx.data) == (USER, USER, 5, 5, 100_000, b"")
    assert not EVM.call(PORTAL, b"\x01\x02\x03\x04", value=5).success
    donated = EVM.call(PORTAL, contract("OptimismPortal").call("donateETH"), value=5)
    assert donated.success and not donated.logs


def test_contracts_get_another_address() -> None:
    done = EVM.call(FORWARDER, deposit(OTHER, 1, 100_000, False, b""), value=3)
    assert EVM.slot(FORWARDER, 0) == 1
    tx = decode_deposit_log(ZERO_HASH, done.logs[0])
    expected = (int.from_bytes(FORWARDER, "big") + ALIAS) % (1 << 160)
    assert int.from_bytes(tx.from_, "big") == expected
    assert tx.mint == 3


# --- SystemConfig

CHAIN = RollupConfig(**{f"{fork}_time": 0 for fork in ("ecotone", "holocene", "isthmus", "jovian")})


def system_config() -> Evm:
    code = contract("SystemConfig")
    owner = {code.slots["owner"]: int.from_bytes(USER, "big")}
    return Evm({SYSTEM_CONFIG: Account(code=code.runtime, storage=owner)})


def change(evm: Evm, before: SystemConfig, function: str, *arguments: Any, at: int = 0) -> SystemConfig:
    """The configuration after a call."""
    done = evm.call(SYSTEM_CONFIG, contract("SystemConfig").call(function, *arguments))
    assert done.success, done.reason
    (log,) = done.logs
    assert log.address == SYSTEM_CONFIG
    return apply_log(before, log, replace(CHAIN, ecotone_time=at), L1Time(0))


@pytest.mark.parametrize(
    ("function", "arguments", "changes"),
    [
        ("setBatcherHash", (bytes(12) + OTHER,), {"batcher_addr": OTHER}),
        ("setGasConfigEcotone", (5, 6), {"scalar": EcotoneScalars(6, 5).encode()}),
        ("setGasLimit", (40_000_000,), {"gas_limit": 40_000_000}),
        ("setUnsafeBlockSigner", (OTHER,), {}),
        ("setEIP1559Params", (250, 6), {"eip1559_params": encode_eip1559_params(250, 6)}),
        ("setOperatorFeeScalars", (7, 8), {"operator_fee_params": encode_operator_fee_params(7, 8)}),
        ("setMinBaseFee", (9,), {"min_base_fee": 9}),
        ("setDAFootprintGasScalar", (400,), {"da_footprint_gas_scalar": 400}),
    ],
)
def test_changes(function: str, arguments: tuple[Any, ...], changes: dict[str, Any]) -> None:
    evm, before = system_config(), SystemConfig(gas_limit=30_000_000)
    assert change(evm, before, function, *arguments) == replace(before, **changes)
    refused = evm.call(SYSTEM_CONFIG, contract("SystemConfig").call(function, *arguments), sender=OTHER)
    assert refused.reason == "Ownable: caller is not the owner"


def test_scalars_before_ecotone() -> None:
    evm = system_config()
    words = [value.to_bytes(32, "big") for value in (188, 684_000)]
    changed = change(evm, SystemConfig(), "setGasConfig", 188, 684_000, at=10)
    assert [changed.overhead, changed.scalar] == words
    too_large = evm.call(SYSTEM_CONFIG, contract("SystemConfig").call("setGasConfig", 0, 1 << 248))
    assert "exceeds max" in too_large.reason


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("setGasLimit", (20_999_999,)),
        ("setGasLimit", (500_000_001,)),
        ("setEIP1559Params", (0, 1)),
        ("setEIP1559Params", (1, 0)),
        ("transferOwnership", (ZERO_ADDRESS,)),
    ],
)
def test_limits(function: str, arguments: tuple[Any, ...]) -> None:
    done = system_config().call(SYSTEM_CONFIG, contract("SystemConfig").call(function, *arguments))
    assert not done.success
    assert not done.logs


def test_what_was_set_can_be_read() -> None:
    evm, code = system_config(), contract("SystemConfig")
    for function, getter, value in (
        ("setGasLimit", "gasLimit", 50_000_000),
        ("setMinBaseFee", "minBaseFee", 3),
        ("setDAFootprintGasScalar", "daFootprintGasScalar", 5),
    ):
        assert evm.call(SYSTEM_CONFIG, code.call(function, value)).success
        assert evm.call(SYSTEM_CONFIG, code.call(getter)).number == value
    evm.call(SYSTEM_CONFIG, code.call("setUnsafeBlockSigner", OTHER))
    slot = 0x65A7ED542FB37FE237FDFBDD70B31598523FE5B32879E307BAE27A0BD9581C08
    assert evm.slot(SYSTEM_CONFIG, slot) == int.from_bytes(OTHER, "big")
    evm.call(SYSTEM_CONFIG, code.call("transferOwnership", OTHER))
    assert evm.call(SYSTEM_CONFIG, code.call("owner")).number == int.from_bytes(OTHER, "big")
    assert not evm.call(SYSTEM_CONFIG, code.call("setMinBaseFee", 4)).success
