"""Deposits: what they may do, and what stays of those that fail."""

from __future__ import annotations

import pytest

from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address
from pyoprollup.evm.errors import InvalidBlock, TxFault
from pyoprollup.evm.genesis import Account
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import Chain, deposit
from tests.unit.evm.test_transactions import state_of

FROM, TO = Address(b"\x77" * 20), Address(b"\x99" * 20)


@pytest.mark.parametrize("fork", [Fork.BEDROCK, Fork.REGOLITH, Fork.CANYON, Fork.JOVIAN])
def test_it_mints_and_transfers(fork: Fork) -> None:
    chain = Chain.start(fork)
    block = chain.extend(deposit(), deposit(mint=None, value=0))
    state = state_of(chain)
    assert (state.get_balance(FROM), state.get_balance(TO), state.get_nonce(FROM)) == (0, 5, 2)
    first, second = block.receipts
    gas = 50_000 if fork is Fork.BEDROCK else 21_000
    assert (first.status, first.cumulative_gas_used) == (1, gas)
    assert second.cumulative_gas_used == 2 * gas
    assert [r.deposit_nonce for r in block.receipts] == ([None, None] if fork is Fork.BEDROCK else [0, 1])
    version = 1 if fork in (Fork.CANYON, Fork.JOVIAN) else None
    assert first.deposit_receipt_version == version


def test_no_fees_are_taken() -> None:
    chain = Chain.start(Fork.JOVIAN)
    block = chain.extend(deposit())
    assert block.header.blob_gas_used == 0
    state = state_of(chain)
    assert not any(state.account_exists(b"\x42" + bytes(18) + bytes([n])) for n in (0x11, 0x19, 0x1A, 0x1B))


@pytest.mark.parametrize(
    "changes",
    [
        {"value": 6},
        {"value": 2**300},
        {"gas": 20_999},
        {"gas": 30_000, "data": b"\x01" * 300},
        {"to": None, "data": bytes(49_153), "gas": 5_000_000},
        {"to": Address(b"\x66" * 20)},
    ],
    ids=["balance", "huge value", "intrinsic gas", "floor", "init code", "halt"],
)
def test_a_failed_one_keeps_its_mint_and_nonce(changes: dict[str, object]) -> None:
    chain = Chain.start(Fork.JOVIAN, {Address(b"\x66" * 20): Account(code=b"\xfe")})
    block = chain.extend(deposit(**changes))
    gas = changes.get("gas", 50_000)
    assert (block.receipts[0].status, block.header.gas_used) == (0, gas)
    assert block.receipts[0].deposit_nonce == 0
    state = state_of(chain)
    assert (state.get_balance(FROM), state.get_nonce(FROM)) == (5, 1)


def test_a_revert_reports_the_gas_it_used() -> None:
    chain = Chain.start(Fork.JOVIAN, {Address(b"\x66" * 20): Account(code=bytes.fromhex("60006000fd"))})
    block = chain.extend(deposit(to=Address(b"\x66" * 20)))
    assert (block.receipts[0].status, block.header.gas_used) == (0, 21_006)


def test_system_transactions_before_regolith_count_no_gas() -> None:
    chain = Chain.start(Fork.BEDROCK)
    block = chain.build(deposit(is_system=True, gas=150_000_000))
    assert (block.receipts[0].status, block.header.gas_used) == (1, 0)


def test_there_are_none_since_regolith() -> None:
    chain = Chain.start(Fork.REGOLITH)
    with pytest.raises(InvalidBlock) as caught:
        chain.build(deposit(is_system=True))
    assert caught.value.tx_fault is TxFault.SYSTEM_TRANSACTION


def test_contract_creation() -> None:
    init = bytes.fromhex("6001600c60003960016000f300")  # returns the byte 0x00 as code
    chain = Chain.start(Fork.JOVIAN)
    block = chain.extend(deposit(to=None, value=0, data=init, gas=100_000))
    assert block.receipts[0].status == 1
    state = state_of(chain)
    assert (state.get_nonce(FROM), state.get_balance(FROM)) == (1, 5)


def test_more_gas_than_the_block_has() -> None:
    chain = Chain.start(Fork.JOVIAN)
    with pytest.raises(InvalidBlock) as caught:
        chain.build(deposit(gas=30_000_001))
    assert caught.value.tx_fault is TxFault.BLOCK_GAS_LIMIT


@pytest.mark.parametrize("bits", [256, 20_000])
def test_a_mint_beyond_all_bounds(bits: int) -> None:
    chain = Chain.start(Fork.JOVIAN)
    with pytest.raises(InvalidBlock) as caught:
        chain.build(deposit(mint=1 << bits))
    assert caught.value.tx_fault is TxFault.MINT_TOO_LARGE


def test_balances_begin_at_zero_again() -> None:
    chain = Chain.start(Fork.JOVIAN)
    to = Address(b"\x99" * 20)
    most = 2**256 - 1
    chain.extend(deposit(mint=most, value=most), deposit(mint=most), deposit(mint=3))
    state = state_of(chain)
    assert (state.get_balance(FROM), state.get_balance(to)) == (most - 5 + 3 - 5, 9)


def test_a_nonce_beyond_all_bounds() -> None:
    chain = Chain.start(Fork.JOVIAN, {FROM: Account(nonce=2**64 - 1)})
    with pytest.raises(InvalidBlock) as caught:
        chain.build(deposit())
    assert caught.value.tx_fault is TxFault.NONCE_MAX


@pytest.mark.parametrize("slot_value", [0, 1])
def test_no_creation_where_there_is_storage(slot_value: int) -> None:
    created = Address(keccak256(b"\xd6\x94" + FROM + b"\x80")[12:])
    chain = Chain.start(Fork.JOVIAN, {created: Account(balance=1, storage={1: slot_value})})
    block = chain.extend(deposit(to=None, value=0, data=b"\x00", gas=100_000))
    assert block.receipts[0].status == (0 if slot_value else 1)
