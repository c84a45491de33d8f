"""The order in which a block takes transactions, alone and inside of a real build."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.eth.crypto import address_of
from pyoprollup.evm.block import build_block
from pyoprollup.evm.errors import InvalidTransaction, TxFault
from pyoprollup.evm.genesis import Account
from pyoprollup.execution.pool import PoolConfig, StateHead, TxPool
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import ETHER, Chain, transfer

KEYS = [bytes([number]) * 32 for number in range(1, 5)]
BASE_FEE = 10**9


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain.start(Fork.JOVIAN, {address_of(key): Account(balance=ETHER) for key in KEYS[1:]})


def tx(key: int, nonce: int, tip: int = 5, **changes: Any) -> bytes:
    return transfer(nonce, key=KEYS[key], gas_tip_cap=tip, **changes)


def pool_with(chain: Chain, *transactions: bytes, **limits: Any) -> TxPool:
    pool = TxPool(StateHead(chain.config, chain.head, chain.store), PoolConfig(**limits))
    for raw in transactions:
        pool.add(raw)
    return pool


def test_best_tip_first_and_nonces_in_order(chain: Chain) -> None:
    first, second, third = tx(0, 0, tip=5), tx(0, 1, tip=90), tx(1, 0, tip=50)
    assert list(pool_with(chain, second, first, third).select(BASE_FEE)) == [third, first, second]


def test_of_equal_tips_the_older_comes_first(chain: Chain) -> None:
    transactions = [tx(2, 0), tx(0, 0), tx(1, 0)]
    assert list(pool_with(chain, *transactions).select(BASE_FEE)) == transactions


def test_the_tip_is_what_the_fee_cap_leaves_over_the_base_fee(chain: Chain) -> None:
    capped, modest = tx(0, 0, tip=500, gas_price=BASE_FEE + 3), tx(1, 0, tip=4)
    assert list(pool_with(chain, capped, modest).select(BASE_FEE)) == [modest, capped]
    assert list(pool_with(chain, capped, modest).select(BASE_FEE + 4)) == [modest]


def test_what_tips_too_little_holds_up_its_account(chain: Chain) -> None:
    pool = pool_with(chain, tx(0, 0, tip=5), tx(0, 1, tip=50), tx(1, 0, tip=9), min_inclusion_tip=9)
    assert list(pool.select(BASE_FEE)) == [tx(1, 0, tip=9)]


def test_a_rejected_transaction_ends_its_accounts_turn(chain: Chain) -> None:
    selection = pool_with(chain, tx(0, 0, tip=9), tx(0, 1), tx(1, 0)).select(BASE_FEE)
    assert next(selection) == tx(0, 0, tip=9)
    selection.rejected(InvalidTransaction(TxFault.INSUFFICIENT_FUNDS))
    assert list(selection) == [tx(1, 0)]


def test_unless_it_is_in_the_chain_already(chain: Chain) -> None:
    selection = pool_with(chain, tx(0, 0), tx(0, 1)).select(BASE_FEE)
    assert next(selection) == tx(0, 0)
    selection.rejected(InvalidTransaction(TxFault.NONCE_TOO_LOW))
    assert list(selection) == [tx(0, 1)]


def test_a_blocks_share_of_l1_is_limited(chain: Chain) -> None:
    noise = bytes(range(256)) * 4
    large, small = tx(0, 0, tip=9, data=noise), [tx(key, 0) for key in (1, 2, 3)]
    pool = pool_with(chain, large, *small, max_da_block_size=250)
    assert list(pool.select(BASE_FEE)) == small[:2], "100 bytes each, at least"
    # One that was rejected takes no room.
    selection = pool.select(BASE_FEE)
    assert next(selection) == small[0]
    selection.rejected(InvalidTransaction(TxFault.INSUFFICIENT_FUNDS))
    assert list(selection) == small[1:]


def test_a_build_takes_what_fits_and_skips_accounts_that_do_not(chain: Chain) -> None:
    """The best tip wants more gas than the block has: the rest of its account waits, others go on."""
    hungry, after, modest = tx(0, 0, tip=90, gas=200_000), tx(0, 1, tip=90), tx(1, 0, gas=30_000)
    pool = pool_with(chain, hungry, after, modest)
    selection = pool.select(BASE_FEE)
    block = build_block(
        chain.config,
        chain.head,
        chain.attributes(gas_limit=60_000),
        chain.store,
        selection,
        on_rejected=selection.rejected,
    )
    assert block.transactions == (modest,)
    assert [(raw, error.fault) for raw, error in block.rejected] == [(hungry, TxFault.BLOCK_GAS_LIMIT)]


def test_a_full_block_asks_for_no_more() -> None:
    chain = Chain.start(Fork.ISTHMUS, {address_of(key): Account(balance=ETHER) for key in KEYS[1:]})
    pool = pool_with(chain, *(tx(key, 0, gas=30_000) for key in range(4)))
    selection = pool.select(BASE_FEE)
    attributes = chain.attributes(gas_limit=60_000)
    block = build_block(chain.config, chain.head, attributes, chain.store, selection)
    assert (len(block.transactions), block.rejected) == (2, ())
    assert len(list(selection)) == 2, "they were not even looked at"
