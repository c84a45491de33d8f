"""What the mempool takes, replaces and refuses, in the words of Ethereum's clients."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.eth.transactions import Authorization, Transaction, decode_transaction, tx_hash
from pyoprollup.l1.embedded import EmbeddedL1, L1Fork
from pyoprollup.txmgr.errors import (
    AccountLimitExceededError,
    AlreadyKnownError,
    AlreadyReservedError,
    InsufficientFundsError,
    NonceTooHighError,
    NonceTooLowError,
    ReplacementUnderpricedError,
    TxPoolError,
    UnderpricedError,
    pool_error,
)
from tests.unit.l1.embedded.support import ACCOUNTS, ETHER, GWEI, blob_raw, make_l1, raw, transaction

SELF = Authorization(0, ACCOUNTS[0], 0, 0, 1, 1)


@pytest.mark.parametrize(
    ("fields", "kind", "text"),
    [
        ({"gas": 20_999}, TxPoolError, "intrinsic gas too low: gas 20999, minimum needed 21000"),
        ({"gas": 36_000_001}, TxPoolError, "exceeds block gas limit"),
        ({"data": bytes([1] * 100), "gas": 23_000}, TxPoolError, "insufficient gas for floor data gas cost"),
        ({"gas_tip_cap": 101 * GWEI}, TxPoolError, "max priority fee per gas higher than max fee per gas"),
        ({"gas_price": 1 << 256}, TxPoolError, "max fee per gas higher than 2^256-1"),
        ({"gas_tip_cap": 0}, TxPoolError, "transaction gas price below minimum: gas tip cap 0"),
        ({"value": 1000 * ETHER}, InsufficientFundsError, "insufficient funds for gas * price + value"),
        ({"key": 2}, InsufficientFundsError, "insufficient funds"),
        ({"chain_id": 5}, TxPoolError, "invalid sender"),
        ({"to": None, "data": bytes(49_153), "gas": 10**6}, TxPoolError, "max initcode size exceeded"),
        ({"data": bytes(131_072), "gas": 10**7}, TxPoolError, "oversized data"),
        ({"type": 4, "gas": 100_000}, TxPoolError, "set code tx must have at least one authorization"),
        ({"type": 3, "blob_fee_cap": 1}, TxPoolError, "blobless blob transaction"),
        ({"nonce": (1 << 64) - 1}, TxPoolError, "nonce has max value"),
    ],
)
def test_refused(fields: dict[str, Any], kind: type[TxPoolError], text: str) -> None:
    l1 = make_l1()
    with pytest.raises(TxPoolError, match=re.escape(text)) as caught:
        l1.send(raw(**fields))
    assert type(caught.value) is kind
    assert type(pool_error(str(caught.value))) is kind
    assert not len(l1.mempool)


def test_what_is_no_transaction() -> None:
    l1 = make_l1()
    for data in (b"", b"\x7e\xc0", b"\x05\xc0", b"\xc0", b"\x03\xc0", b"\x02" + bytes(40)):
        with pytest.raises(TxPoolError):
            l1.send(data)


def test_cancun_has_no_set_code_transactions() -> None:
    with pytest.raises(TxPoolError, match="transaction type not supported"):
        make_l1(fork=L1Fork.CANCUN).send(raw(type=4, gas=100_000, authorization_list=(SELF,)))


def test_nonces() -> None:
    l1 = make_l1()
    l1.send(raw(0))
    with pytest.raises(AlreadyKnownError):
        l1.send(raw(0))
    l1.mine()
    with pytest.raises(NonceTooLowError, match="next nonce 1, tx nonce 0"):
        l1.send(raw(0))
    l1.send(raw(2))
    assert l1.mempool.next_nonce(ACCOUNTS[0]) == 1
    assert not l1.mine().transactions
    l1.send(raw(1))
    assert l1.mempool.next_nonce(ACCOUNTS[0]) == 3
    assert len(l1.mine().transactions) == 2


def test_all_of_an_account_must_be_paid_for() -> None:
    l1 = make_l1()
    l1.send(raw(0, value=600 * ETHER))
    with pytest.raises(InsufficientFundsError, match="queued cost"):
        l1.send(raw(1, value=600 * ETHER))
    l1.send(raw(0, value=ETHER, gas_price=200 * GWEI, gas_tip_cap=2 * GWEI))
    l1.send(raw(1, value=600 * ETHER))


@pytest.mark.parametrize(
    ("fee_cap", "tip_cap", "allowed"),
    [
        (110 * GWEI, 11 * GWEI, True),
        (110 * GWEI - 1, 11 * GWEI, False),
        (110 * GWEI, 11 * GWEI - 1, False),
        (200 * GWEI, 10 * GWEI, False),
        (100 * GWEI, 20 * GWEI, False),
    ],
)
def test_replacement(fee_cap: int, tip_cap: int, allowed: bool) -> None:
    l1 = make_l1()
    old = l1.send(raw(0, gas_price=100 * GWEI, gas_tip_cap=10 * GWEI))
    new = raw(0, gas_price=fee_cap, gas_tip_cap=tip_cap, value=2)
    if allowed:
        assert l1.send(new) in l1.mempool
        assert old not in l1.mempool
    else:
        with pytest.raises(ReplacementUnderpricedError, match="10% replacement penalty"):
            l1.send(new)
        assert old in l1.mempool
    assert len(l1.mempool) == 1


@pytest.mark.parametrize("short", [None, "gas_price", "gas_tip_cap", "blob_fee_cap"])
def test_replacement_of_blobs(short: str | None) -> None:
    l1 = make_l1()
    fees = {"gas_price": 100 * GWEI, "gas_tip_cap": 10 * GWEI, "blob_fee_cap": GWEI}
    l1.send(blob_raw(0, **fees))
    doubled = {name: 2 * fee - (name == short) for name, fee in fees.items()}
    new = blob_raw(0, contents=(b"a", b"b"), **doubled)
    if short is None:
        l1.send(new)
        assert len(l1.mine().blob_hashes) == 2
    else:
        with pytest.raises(ReplacementUnderpricedError, match="100% replacement penalty"):
            l1.send(new)


def test_one_kind_of_transaction_for_each_account() -> None:
    l1 = make_l1()
    l1.send(blob_raw(0))
    with pytest.raises(AlreadyReservedError):
        l1.send(raw(1, key=1))
    with pytest.raises(AlreadyReservedError):
        l1.send(raw(0, key=1, gas_price=10**12, gas_tip_cap=10**12))
    l1.mine()
    l1.send(raw(1, key=1))
    with pytest.raises(AlreadyReservedError):
        l1.send(blob_raw(2))


def test_blobs_leave_no_gap() -> None:
    l1 = make_l1()
    with pytest.raises(NonceTooHighError, match="tx nonce 1, gapped nonce 0"):
        l1.send(blob_raw(1))
    first = l1.send(blob_raw(0))
    l1.send(blob_raw(1))
    l1.mempool.drop(first)
    l1.mine()
    assert not len(l1.mempool)


def test_limits() -> None:
    l1 = make_l1(account_queue=2, account_blob_transactions=2, max_pool_transactions=5)
    for nonce in (2, 3):
        l1.send(raw(nonce))
    with pytest.raises(AccountLimitExceededError):
        l1.send(raw(4))
    l1.send(blob_raw(0))
    l1.send(blob_raw(1))
    with pytest.raises(AccountLimitExceededError):
        l1.send(blob_raw(2))
    l1.send(raw(0))
    with pytest.raises(UnderpricedError, match="txpool is full"):
        l1.send(raw(1))


def test_blobs_are_checked() -> None:
    l1 = make_l1()
    whole = decode_transaction(blob_raw(0, contents=(b"a", b"b")))
    assert isinstance(whole, Transaction)
    cars = whole.sidecar
    assert cars is not None
    swapped = replace(cars, blobs=cars.blobs[::-1])
    wrong_proof = replace(cars, proofs=cars.proofs[::-1])
    for changed, text in (
        (replace(whole, sidecar=None), "missing sidecar"),
        (replace(whole, sidecar=replace(cars, blobs=cars.blobs[:1])), "invalid number of 1 blobs"),
        (replace(whole, sidecar=replace(cars, commitments=cars.commitments[::-1])), "computed hash"),
        (replace(whole, sidecar=swapped), "invalid blob proof"),
        (replace(whole, sidecar=wrong_proof), "invalid blob proof"),
        (replace(whole, sidecar=replace(cars, version=1)), "sidecar version"),
    ):
        with pytest.raises(TxPoolError, match=text):
            l1.send(changed.encode())


def test_too_many_blobs() -> None:
    hashes = (b"\x01" + bytes(31),) * 10
    with pytest.raises(TxPoolError, match="too many blobs in transaction: have 10, permitted 9"):
        make_l1().send(transaction(type=3, blob_fee_cap=1, blob_versioned_hashes=hashes).encode())


def test_the_best_tip_goes_first() -> None:
    l1 = make_l1()
    order = [
        l1.send(raw(0, gas_tip_cap=1)),
        l1.send(raw(1, gas_tip_cap=90 * GWEI)),
        l1.send(raw(0, key=1, gas_tip_cap=2)),
        l1.send(raw(1, key=1, gas_tip_cap=2)),
    ]
    mined = [tx_hash(each) for each in l1.mine().transactions]
    assert mined == [order[2], order[3], order[0], order[1]]


def test_what_pays_too_little_waits() -> None:
    l1 = make_l1()
    l1.send(raw(0, gas_price=GWEI // 2, gas_tip_cap=1))
    l1.send(blob_raw(0, blob_fee_cap=1))
    blocks = 0
    while len(l1.mempool):
        l1.mine()
        blocks += 1
    assert blocks == 6  # the base fee falls by an eighth each time


def test_a_full_block() -> None:
    l1 = make_l1(gas_limit=100_000)
    for nonce in range(5):
        l1.send(raw(nonce))
    block = l1.mine()
    assert len(block.transactions) == 4
    assert len(l1.mine().transactions) == 1


def mine_and_reorg(l1: EmbeddedL1, depth: int) -> None:
    if depth:
        l1.reorg(min(depth, l1.head_block.number), past_finalized=True)
    l1.mine()


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(0, 3)), max_size=25))
def test_whatever_happens_every_nonce_is_mined_once(steps: list[tuple[int, int, int]]) -> None:
    l1 = make_l1()
    sent = [0, 0]
    for key, count, depth in steps:
        for _ in range(count):
            l1.send(raw(sent[key], key=key))
            sent[key] += 1
        mine_and_reorg(l1, depth)
    l1.mine()
    accounts = l1.accounts()
    assert [accounts.nonce(account) for account in ACCOUNTS[:2]] == sent
    mined = sum(len(l1.block_by_number(number).transactions) for number in range(l1.head_block.number + 1))
    assert mined == sum(sent)
    assert not len(l1.mempool)
