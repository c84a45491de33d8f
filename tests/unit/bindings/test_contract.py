"""Contracts on the embedded L1: results, reverts, transactions, events, batches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.bindings import (
    BoundContract,
    Contract,
    ContractReverted,
    ContractTransaction,
    NotSupported,
    contract_version,
    parse_member,
    read_all,
    try_all,
)
from pyoprollup.devcontracts import contract
from pyoprollup.errors import DecodeError, NotFound
from pyoprollup.eth.abi import encode_arguments
from pyoprollup.eth.refs import BlockLabel
from pyoprollup.eth.types import Address, Hash32
from pyoprollup.evm.genesis import Account
from pyoprollup.l1.embedded import EmbeddedL1
from pyoprollup.sources.l1 import CallFailed, CallMsg, ExecutionReverted
from tests.unit.bindings.support import FakeL1
from tests.unit.l1.embedded.support import ACCOUNTS, make_l1, raw

CONFIG, REVERTS, BURNS, NOBODY = (Address(bytes([number]) * 20) for number in range(0x31, 0x35))
MEMBERS = """
    version() view -> (string)
    owner() view -> (address)
    gasLimit() view -> (uint64)
    batcherHash() view -> (bytes32)
    setGasLimit(uint64 gasLimit)
    setBatcherHash(bytes32 batcherHash)
    deposit() payable
    withdraw(uint256)
    withdraw(address, uint256)
    NoImplementation(uint32) view -> (uint8)
    Error(string) view -> (uint8)
    Panic(uint256) view -> (uint8)
    Unknown(uint256) view -> (uint8)
    event ConfigUpdate(uint256 indexed version, uint8 indexed updateType, bytes data)
    error NoImplementation(uint32 gameType)
"""
SYSTEM_CONFIG = Contract.of("SystemConfig", map(parse_member, MEMBERS.split("\n")[1:-1]))
"""Functions named like errors call :data:`REVERTS`, which reverts with its input."""


def make() -> tuple[EmbeddedL1, BoundContract]:
    compiled = contract("SystemConfig")
    storage = {compiled.slots["owner"]: int.from_bytes(ACCOUNTS[0], "big"), compiled.slots["gasLimit"]: 30}
    alloc = {
        CONFIG: Account(code=compiled.runtime, storage=storage),
        REVERTS: Account(code=bytes.fromhex("366000600037366000fd")),
        BURNS: Account(code=bytes.fromhex("fe")),
    }
    l1 = make_l1(alloc)
    bound = SYSTEM_CONFIG.at(CONFIG, l1)
    change = bound.transaction("setGasLimit", 60_000_000)
    l1.send_transaction(raw(0, to=change.to, data=change.data, value=change.value, gas=200_000))
    l1.mine()
    return l1, bound


# --- reads


def test_results_by_block() -> None:
    l1, config = make()
    assert config.read("version") == "3.0.0-pyoprollup"
    assert contract_version(CONFIG, l1) == "3.0.0-pyoprollup"
    assert config.read("owner") == ACCOUNTS[0]
    assert config.read("batcherHash") == bytes(32)
    assert config.read("gasLimit") == config.read("gasLimit", block=BlockLabel.UNSAFE) == 60_000_000
    assert config.read("gasLimit", block=0) == 30
    genesis = l1.l1_block_ref_by_number(0).hash
    assert config.read("gasLimit", block=genesis) == 30
    with pytest.raises(NotFound):
        config.read("gasLimit", block=Hash32(b"\x01" * 32))


def test_the_sender_of_a_simulated_transaction_counts() -> None:
    _, config = make()
    assert config.read("setGasLimit", 50_000_000, sender=ACCOUNTS[0]) is None
    with pytest.raises(ContractReverted) as caught:
        config.read("setGasLimit", 50_000_000)
    assert caught.value.name == "Error" and len(caught.value.arguments) == 1


def test_no_contract_at_the_address() -> None:
    _, config = make()
    with pytest.raises(DecodeError, match=r"gasLimit\(\): the answer is empty"):
        config.moved(NOBODY).read("gasLimit")


def test_functions_of_one_name_are_told_apart_by_signature() -> None:
    assert SYSTEM_CONFIG.function("withdraw(uint256)").selector.hex() == "2e1a7d4d"
    assert SYSTEM_CONFIG.function("withdraw(address,uint256)").selector.hex() == "f3fef3a3"
    with pytest.raises(NotSupported, match=r"has several: withdraw\(uint256\), withdraw\(address,uint256\)"):
        SYSTEM_CONFIG.function("withdraw")
    for search in (SYSTEM_CONFIG.function, SYSTEM_CONFIG.event, SYSTEM_CONFIG.error):
        with pytest.raises(NotSupported, match="SystemConfig has no nothing in this version"):
            search("nothing")


# --- reverts


def test_custom_errors_and_those_of_solidity() -> None:
    _, config = make()
    reverts = config.moved(REVERTS)
    for name, argument, text in (
        ("NoImplementation", 7, "NoImplementation(7)"),
        ("Error", "no!", "Error('no!')"),
        ("Panic", 0x32, "Panic(50)"),
    ):
        with pytest.raises(ContractReverted) as caught:
            reverts.read(name, argument)
        error = caught.value
        assert (error.name, error.arguments) == (name, (argument,))
        assert error.selector == SYSTEM_CONFIG.error(name).selector == error.data[:4]
        assert str(error) == f"SystemConfig reverted: {text}"


def test_reverts_with_unknown_data() -> None:
    _, config = make()
    with pytest.raises(ContractReverted, match=r"execution reverted \(0x") as caught:
        config.moved(REVERTS).read("Unknown", 5)
    assert (caught.value.name, caught.value.arguments) == ("", ())
    assert caught.value.data == SYSTEM_CONFIG.function("Unknown").encode(5)
    nothing = SYSTEM_CONFIG.reverted(ExecutionReverted())
    assert (nothing.name, nothing.selector) == ("", b"")
    assert str(nothing) == "SystemConfig reverted: execution reverted"


@given(st.binary(max_size=120), st.sampled_from([b"", *SYSTEM_CONFIG.errors]))
def test_arbitrary_data_of_a_revert(data: bytes, selector: bytes) -> None:
    error = SYSTEM_CONFIG.reverted(ExecutionReverted(data=selector + data))
    assert error.data == selector + data
    if error.name:
        assert SYSTEM_CONFIG.error(error.name).decode(error.data) == error.arguments


def test_a_call_that_fails_otherwise() -> None:
    _, config = make()
    with pytest.raises(CallFailed) as caught:
        config.moved(BURNS).read("gasLimit")
    assert not isinstance(caught.value, ExecutionReverted)


# --- transactions and events


def test_transactions() -> None:
    _, config = make()
    assert config.transaction("deposit", value=5) == ContractTransaction(CONFIG, bytes.fromhex("d0e30db0"), 5)
    call = config.transaction("setGasLimit", 9)
    assert call.value == 0 and call.data[4:] == encode_arguments(["uint64"], [9])
    assert SYSTEM_CONFIG.decode_call(call.data) == (SYSTEM_CONFIG.function("setGasLimit"), (9,))
    with pytest.raises(ValueError, match=r"SystemConfig.setGasLimit\(uint64\) is not payable"):
        config.transaction("setGasLimit", 9, value=1)
    with pytest.raises(ValueError, match=r"\(uint64\)"):
        config.transaction("setGasLimit", 2**64)
    with pytest.raises(DecodeError, match="no function with the selector 0x01020304"):
        SYSTEM_CONFIG.decode_call(b"\x01\x02\x03\x04")


def test_events_in_receipts() -> None:
    l1, config = make()
    head = l1.l1_block_ref_by_label(BlockLabel.UNSAFE)
    _, receipts = l1.fetch_receipts(head.hash)
    logs = [log for receipt in receipts for log in receipt.logs]
    assert list(config.events("ConfigUpdate", logs)) == [(0, 2, encode_arguments(["uint64"], [60_000_000]))]
    assert list(config.moved(NOBODY).events("ConfigUpdate", logs)) == []


# --- batches


def test_a_batch_at_one_block() -> None:
    l1, config = make()
    calls = [config.call("gasLimit"), config.call("owner"), config.call("gasLimit").map(lambda n: n + 1)]
    assert read_all(l1, calls) == [60_000_000, ACCOUNTS[0], 60_000_001]
    assert read_all(l1, calls, 0) == [30, ACCOUNTS[0], 31]
    assert read_all(l1, []) == []


def test_a_batch_with_calls_that_fail() -> None:
    l1, config = make()
    calls = [config.call("gasLimit"), config.moved(REVERTS).call("NoImplementation", 3)]
    calls += [config.moved(BURNS).call("gasLimit"), config.call("owner", sender=NOBODY, value=1)]
    good, reverted, burnt, poor = try_all(l1, calls)
    assert good == 60_000_000
    assert isinstance(reverted, ContractReverted) and reverted.arguments == (3,)
    assert isinstance(burnt, CallFailed) and isinstance(poor, CallFailed)
    with pytest.raises(ContractReverted, match=r"NoImplementation\(3\)"):
        read_all(l1, calls)
    with pytest.raises(DecodeError):
        try_all(l1, [config.moved(NOBODY).call("gasLimit")])


def test_sizes_of_batches() -> None:
    fake = FakeL1({CONFIG: lambda data: data[4:]})
    echo = Contract.of("Echo", [parse_member("echo(uint256) -> (uint256)")]).at(CONFIG, fake)
    assert read_all(fake, [echo.call("echo", n) for n in range(5)], 9, batch_size=2) == [0, 1, 2, 3, 4]
    assert fake.asked == [(9, 2), (9, 2), (9, 1)]
    with pytest.raises(ValueError, match="batch_size: must be at least 1, not 0"):
        read_all(fake, [], batch_size=0)


def test_the_embedded_l1_calls_a_batch_at_one_block() -> None:
    l1, config = make()
    message = config.call("gasLimit").message
    with pytest.raises(NotFound):
        l1.calls([message], 99)
    answers = l1.calls([message, CallMsg(NOBODY, NOBODY, value=1)], 0)
    assert answers[0] == encode_arguments(["uint64"], [30]) and isinstance(answers[1], CallFailed)
