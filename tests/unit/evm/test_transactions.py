"""What makes a transaction invalid, and what a valid one pays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.eth.crypto import address_of
from pyoprollup.eth.transactions import (
    ACCESS_LIST_TX_TYPE,
    BLOB_TX_TYPE,
    LEGACY_TX_TYPE,
    SET_CODE_TX_TYPE,
    AccessTuple,
    Authorization,
    Transaction,
    decode_transaction,
)
from pyoprollup.eth.types import ZERO_ADDRESS, ZERO_HASH, Address
from pyoprollup.evm.errors import BlockFault, InvalidBlock, TxFault
from pyoprollup.evm.fees import l1_cost, operator_fee, read_l1_fee_params
from pyoprollup.evm.genesis import Account
from pyoprollup.evm.oracle import OracleAccountDB
from pyoprollup.evm.predeploys import (
    BASE_FEE_VAULT,
    L1_FEE_VAULT,
    OPERATOR_FEE_VAULT,
    SEQUENCER_FEE_VAULT,
)
from pyoprollup.evm.store import Overlay
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import CHAIN_ID, ETHER, FEE_SLOTS, SENDER, Chain, deposit, transfer

RICH_KEY = b"\x02" * 32
RICH = address_of(RICH_KEY)
DELEGATED = b"\xef\x01\x00" + b"\x99" * 20


HUGE = 1 << 20_000
"""Transactions can carry such numbers, which Python refuses to write out in decimal digits."""


def changed(**changes: Any) -> bytes:
    """A transaction that is changed after it was signed."""
    tx = decode_transaction(transfer())
    assert isinstance(tx, Transaction)
    return replace(tx, **changes).encode()


def state_of(chain: Chain) -> OracleAccountDB:
    return OracleAccountDB(Overlay(chain.store), chain.head.state_root)


def authorization(**changes: Any) -> Authorization:
    return Authorization(CHAIN_ID, Address(b"\x99" * 20), 0, 0, 1, 1)._replace(**changes)


@pytest.mark.parametrize(
    ("fork", "raw", "fault"),
    [
        (Fork.JOVIAN, b"", TxFault.MALFORMED),
        (Fork.JOVIAN, b"\x02\xc0", TxFault.MALFORMED),
        (Fork.JOVIAN, b"\x05\xc0", TxFault.MALFORMED),
        (Fork.JOVIAN, transfer(type=BLOB_TX_TYPE), TxFault.TYPE_NOT_SUPPORTED),
        (Fork.HOLOCENE, transfer(type=SET_CODE_TX_TYPE), TxFault.TYPE_NOT_SUPPORTED),
        (Fork.ISTHMUS, transfer(type=SET_CODE_TX_TYPE), TxFault.EMPTY_AUTHORIZATIONS),
        (Fork.JOVIAN, transfer(key=RICH_KEY), TxFault.INSUFFICIENT_FUNDS),
        (Fork.JOVIAN, transfer(nonce=1), TxFault.NONCE_TOO_HIGH),
        (Fork.JOVIAN, transfer(gas_tip_cap=10**10 + 1), TxFault.TIP_ABOVE_FEE_CAP),
        (Fork.JOVIAN, transfer(gas_price=1, gas_tip_cap=1), TxFault.FEE_CAP_BELOW_BASE_FEE),
        (Fork.JOVIAN, transfer(gas_price=2**256), TxFault.FEE_TOO_LARGE),
        (Fork.JOVIAN, transfer(value=2**256), TxFault.INSUFFICIENT_FUNDS),
        (Fork.JOVIAN, transfer(value=HUGE), TxFault.INSUFFICIENT_FUNDS),
        (Fork.JOVIAN, transfer(gas_price=HUGE), TxFault.FEE_TOO_LARGE),
        (Fork.JOVIAN, changed(chain_id=HUGE), TxFault.SIGNATURE),
        (Fork.JOVIAN, changed(v=HUGE), TxFault.SIGNATURE),
        (Fork.JOVIAN, transfer(value=100 * ETHER), TxFault.INSUFFICIENT_FUNDS),
        (Fork.JOVIAN, transfer(gas=30_000_001), TxFault.BLOCK_GAS_LIMIT),
        (Fork.JOVIAN, transfer(gas=20_999), TxFault.INTRINSIC_GAS),
        (Fork.ISTHMUS, transfer(gas=21_039, data=b"\x01"), TxFault.FLOOR_GAS),
        (Fork.KARST, transfer(gas=2**24 + 1), TxFault.GAS_ABOVE_CAP),
        (Fork.KARST, transfer(nonce=1, gas=2**24 + 1), TxFault.NONCE_TOO_HIGH),
        (Fork.CANYON, transfer(gas_price=1, gas_tip_cap=0), TxFault.FEE_CAP_BELOW_BASE_FEE),
        (Fork.CANYON, transfer(to=None, gas=2_000_000, data=bytes(49_153)), TxFault.INITCODE_TOO_LARGE),
        (Fork.CANYON, transfer(to=None, gas=53_000 + 4, data=bytes(1)), TxFault.INTRINSIC_GAS),
    ],
)
def test_invalid(fork: Fork, raw: bytes, fault: TxFault) -> None:
    chain = Chain.start(fork)
    with pytest.raises(InvalidBlock) as caught:
        chain.build(raw)
    assert (caught.value.fault, caught.value.tx_fault, caught.value.tx_index) == (
        BlockFault.TRANSACTION,
        fault,
        0,
    )


def test_the_cap_on_gas_is_for_users_since_karst() -> None:
    """EIP-7825: 2**24 gas at most, but for deposits."""
    most = transfer(gas=2**24)
    assert Chain.start(Fork.KARST).build(most).receipts[0].status == 1
    assert Chain.start(Fork.JOVIAN).build(transfer(gas=2**24 + 1)).receipts[0].status == 1
    block = Chain.start(Fork.KARST).build(deposit(gas=2**24 + 1), candidates=[transfer(gas=2**24 + 1), most])
    assert block.receipts[0].status == 1
    assert block.transactions[1:] == (most,)
    assert [why.fault for _, why in block.rejected] == [TxFault.GAS_ABOVE_CAP]


def test_another_chain_s_transaction() -> None:
    chain = Chain.start(Fork.JOVIAN)
    raw = bytearray(transfer())
    # The chain id is the first field: change its last byte.
    raw[raw.index(b"\x82\x03\x85") + 2] = 0x86
    with pytest.raises(InvalidBlock) as caught:
        chain.build(bytes(raw))
    assert caught.value.tx_fault is TxFault.SIGNATURE


def test_a_used_nonce() -> None:
    chain = Chain.start(Fork.JOVIAN)
    with pytest.raises(InvalidBlock) as caught:
        chain.build(transfer(), transfer())
    assert (caught.value.tx_fault, caught.value.tx_index) == (TxFault.NONCE_TOO_LOW, 1)


@pytest.mark.parametrize(
    ("fork", "code", "valid"),
    [(Fork.JOVIAN, b"\x00", False), (Fork.JOVIAN, DELEGATED, True), (Fork.HOLOCENE, DELEGATED, False)],
)
def test_senders_with_code(fork: Fork, code: bytes, valid: bool) -> None:
    chain = Chain.start(fork, {SENDER: Account(balance=ETHER, code=code)})
    if valid:
        assert chain.build(transfer()).receipts[0].status == 1
        return
    with pytest.raises(InvalidBlock) as caught:
        chain.build(transfer())
    assert caught.value.tx_fault is TxFault.SENDER_HAS_CODE


def test_the_highest_nonce_is_never_used() -> None:
    chain = Chain.start(Fork.JOVIAN, {SENDER: Account(balance=ETHER, nonce=2**64 - 1)})
    with pytest.raises(InvalidBlock) as caught:
        chain.build(transfer(nonce=2**64 - 1))
    assert caught.value.tx_fault is TxFault.NONCE_MAX


@pytest.mark.parametrize("fork", [f for f in Fork if f not in (Fork.DELTA, Fork.INTEROP)])
def test_every_wei_is_accounted_for(fork: Fork) -> None:
    """What the sender loses is what the vaults and the recipient get, under every fork."""
    chain = Chain.start(fork)
    raw = transfer(value=3)
    block = chain.extend(raw)
    state, evm = state_of(chain), chain.config.rules_at_l2(block.header.time).evm  # type: ignore[arg-type]
    params = read_l1_fee_params(FEE_SLOTS.__getitem__, evm.l1_cost, evm.operator_fee is not None)
    base_fee, used = block.header.base_fee or 0, block.header.gas_used
    assert used == 21_000
    fees = {
        SEQUENCER_FEE_VAULT: used * 10**6,
        BASE_FEE_VAULT: used * base_fee,
        L1_FEE_VAULT: l1_cost(evm.l1_cost, params, raw),
        OPERATOR_FEE_VAULT: operator_fee(evm.operator_fee, params, used),
    }
    assert fees[L1_FEE_VAULT] > 0
    assert {vault: state.get_balance(vault) for vault in fees} == fees
    assert 100 * ETHER - state.get_balance(SENDER) == sum(fees.values()) + 3
    assert state.account_exists(OPERATOR_FEE_VAULT) == (evm.operator_fee is not None)


def test_types_and_what_they_pay() -> None:
    chain = Chain.start(Fork.JOVIAN)
    keys = (AccessTuple(Address(b"\x55" * 20), (ZERO_HASH,)),)
    block = chain.extend(
        transfer(0, type=LEGACY_TX_TYPE, chain_id=0, gas_tip_cap=0),
        transfer(1, type=ACCESS_LIST_TX_TYPE, access_list=keys, gas_tip_cap=0),
        transfer(2, gas_price=10**9 * 2),
    )
    used = [r.cumulative_gas_used for r in block.receipts]
    assert used == [21_000, 21_000 + 25_300, 42_000 + 25_300]
    assert [r.type for r in block.receipts] == [0, 1, 2]
    base_fee = block.header.base_fee or 0
    tips = (21_000 + 25_300) * (10**10 - base_fee) + 21_000 * 10**6
    assert state_of(chain).get_balance(SEQUENCER_FEE_VAULT) == tips


def test_the_floor_comes_after_the_refund() -> None:
    """EIP-7623: the refund is capped by the gas executed, and the floor applies to what remains."""
    # Clears a storage slot: 4800 gas are owed back, at most a fifth of what was used.
    clear = bytes.fromhex("600060005500")
    target = Address(b"\x66" * 20)
    alloc = {target: Account(code=clear, storage={0: 1})}
    plain = Chain.start(Fork.JOVIAN, alloc).build(transfer(to=target, value=0)).header.gas_used
    assert plain == 26_006 - 4_800
    data = b"\x01" * 1000
    block = Chain.start(Fork.JOVIAN, alloc).build(transfer(to=target, value=0, data=data))
    assert block.header.gas_used == 21_000 + 40 * 1000
    holocene = Chain.start(Fork.HOLOCENE, alloc).build(transfer(to=target, value=0, data=data))
    assert holocene.header.gas_used == 21_000 + 16 * 1000 + 5_006 - 4_800


def test_da_footprint_fills_a_block() -> None:
    chain = Chain.start(Fork.JOVIAN)
    block = chain.build(transfer())
    assert block.header.blob_gas_used == 100 * 400
    with pytest.raises(InvalidBlock) as caught:
        chain.build(transfer(gas=21_000), gas_limit=39_999)
    assert caught.value.fault is BlockFault.DA_FOOTPRINT
    assert Chain.start(Fork.ISTHMUS).build(transfer()).header.blob_gas_used == 0


def test_candidates_of_a_pool_are_taken_while_they_fit() -> None:
    chain = Chain.start(Fork.JOVIAN)
    pool = [transfer(1), transfer(0), b"junk", b"\x7e\xc0", transfer(1), transfer(2, gas=30_000_000)]
    block = chain.build(candidates=pool)
    assert block.transactions == (pool[1], pool[4])
    assert [(raw, exc.fault) for raw, exc in block.rejected] == [
        (pool[0], TxFault.NONCE_TOO_HIGH),
        (pool[2], TxFault.MALFORMED),
        (pool[3], TxFault.TYPE_NOT_SUPPORTED),
        (pool[5], TxFault.BLOCK_GAS_LIMIT),
    ]
    assert block.header == chain.build(pool[1], pool[4]).header
    assert not chain.build(candidates=pool, no_tx_pool=True).transactions


def test_a_failed_transaction_pays_for_its_gas() -> None:
    chain = Chain.start(Fork.JOVIAN, {Address(b"\x66" * 20): Account(code=b"\xfe")})
    block = chain.extend(transfer(to=Address(b"\x66" * 20), gas=50_000))
    assert (block.receipts[0].status, block.header.gas_used) == (0, 50_000)
    assert state_of(chain).get_nonce(SENDER) == 1


def test_an_empty_account_that_is_touched_does_not_stay() -> None:
    chain = Chain.start(Fork.JOVIAN)
    chain.extend(transfer(value=0))
    assert not state_of(chain).account_exists(Address(b"\x99" * 20))


def test_an_empty_fee_recipient_that_is_touched_does_not_stay() -> None:
    chain = Chain.start(Fork.JOVIAN)
    nobody = Address(b"\x98" * 20)
    raw = transfer(to=nobody, value=0, gas_tip_cap=0)
    chain.extend(raw, suggested_fee_recipient=nobody)
    assert not state_of(chain).account_exists(nobody)


def test_set_code_with_bad_authorizations_only() -> None:
    chain = Chain.start(Fork.ISTHMUS)
    bad = (
        authorization(),
        authorization(chain_id=1),
        authorization(nonce=2**64 - 1),
        authorization(y_parity=2),
        authorization(s=2**255),
        authorization(address=ZERO_ADDRESS, r=0),
    )
    block = chain.extend(transfer(type=SET_CODE_TX_TYPE, authorization_list=bad, gas=300_000))
    assert block.receipts[0].status == 1
    assert block.header.gas_used >= 21_000 + 25_000 * len(bad) - 12_500


VALID = (
    transfer(),
    deposit(),
    transfer(type=LEGACY_TX_TYPE, chain_id=0),
    transfer(to=None, data=b"\x60\x00"),
)


FRESH = Chain.start(Fork.JOVIAN)


@settings(max_examples=100)
@given(st.sampled_from(VALID), st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=4))
def test_damaged_transactions_are_judged(raw: bytes, damage: list[tuple[int, int]]) -> None:
    """Whatever the bytes: they are executed or they make the block invalid."""
    changed = bytearray(raw)
    for at, byte in damage:
        changed[at % len(changed)] = byte
    try:
        block = FRESH.build(bytes(changed))
    except InvalidBlock as exc:
        assert exc.tx_fault is not None
    else:
        assert len(block.receipts) == 1
