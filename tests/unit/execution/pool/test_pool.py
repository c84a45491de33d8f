"""The pool: what it takes and refuses, what it drops when it is full, what it forgets at a new head."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import chain as joined
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.eth import rlp
from pyoprollup.eth.crypto import address_of, keccak256
from pyoprollup.eth.transactions import BLOB_TX_TYPE, SET_CODE_TX_TYPE, Authorization, decode_transaction
from pyoprollup.eth.types import Address
from pyoprollup.evm.genesis import Account
from pyoprollup.execution.pool import PoolConfig, PoolError, PoolFault, StateHead, TxPool
from pyoprollup.rollup.fork import Fork
from tests.unit.evm.support import ETHER, SENDER, Chain, transfer

KEYS = [bytes([number]) * 32 for number in range(1, 6)]
RICH = {address_of(key): Account(balance=ETHER) for key in KEYS[1:]}
DELEGATED_KEY = b"\x77" * 32
DELEGATED = address_of(DELEGATED_KEY)
GWEI = 10**9


def chain_at(fork: Fork) -> Chain:
    delegated = {DELEGATED: Account(balance=ETHER, code=b"\xef\x01\x00" + b"\x99" * 20)}
    return Chain.start(fork, {**RICH, **delegated})


@pytest.fixture(scope="module")
def chain() -> Chain:
    return chain_at(Fork.ISTHMUS)


def head_of(chain: Chain) -> StateHead:
    return StateHead(chain.config, chain.head, chain.store)


def pool_of(chain: Chain, now: Callable[[], float] = lambda: 0.0, **limits: Any) -> TxPool:
    return TxPool(head_of(chain), PoolConfig(**limits), now)


def fault_of(pool: TxPool, raw: bytes) -> PoolFault:
    size = len(pool)
    with pytest.raises(PoolError) as caught:
        pool.add(raw)
    assert len(pool) == size, "a refused transaction changed the pool"
    return caught.value.fault


def test_takes_a_transaction_and_knows_the_next_nonce(chain: Chain) -> None:
    pool = pool_of(chain)
    raw = transfer()
    assert pool.next_nonce(SENDER) == 0
    tx_hash = pool.add(raw)
    assert tx_hash == keccak256(raw)
    found = pool.get(tx_hash)
    assert found is not None
    assert (found.raw, found.sender, pool.next_nonce(SENDER), pool.slots) == (raw, SENDER, 1, 1)
    assert fault_of(pool, raw) is PoolFault.ALREADY_KNOWN


REFUSED: dict[str, tuple[bytes, PoolFault]] = {
    "no bytes": (b"", PoolFault.MALFORMED),
    "noise": (b"\x02\xff\xff", PoolFault.MALFORMED),
    "a deposit": (b"\x7e" + transfer()[1:], PoolFault.MALFORMED),
    "another chain": (
        replace(decode_transaction(transfer()), chain_id=902).encode(),  # type: ignore[type-var]
        PoolFault.SIGNATURE,
    ),
    "too large": (transfer(data=bytes(128 * 1024)), PoolFault.OVERSIZED),
    "init code": (transfer(to=None, data=bytes(49_153), gas=10**6), PoolFault.INITCODE_TOO_LARGE),
    "more gas than a block": (transfer(gas=29_930_001), PoolFault.GAS_LIMIT),
    "too little gas": (transfer(gas=20_999), PoolFault.INTRINSIC_GAS),
    "below the floor": (transfer(gas=60_000, data=b"\x01" * 1000), PoolFault.FLOOR_GAS),
    "fee cap of 257 bits": (transfer(gas_price=1 << 256), PoolFault.FEE_TOO_LARGE),
    "tip of 257 bits": (transfer(gas_tip_cap=1 << 256), PoolFault.TIP_TOO_LARGE),
    "tip above the fee cap": (transfer(gas_price=5, gas_tip_cap=6), PoolFault.TIP_ABOVE_FEE_CAP),
    "no tip": (transfer(gas_tip_cap=0), PoolFault.TIP_TOO_LOW),
    "last nonce": (transfer((1 << 64) - 1), PoolFault.NONCE_MAX),
    "no authorizations": (transfer(type=SET_CODE_TX_TYPE), PoolFault.EMPTY_AUTHORIZATIONS),
    "too poor": (transfer(value=101 * ETHER), PoolFault.INSUFFICIENT_FUNDS),
    "value of 20,001 bits": (transfer(value=1 << 20_000), PoolFault.INSUFFICIENT_FUNDS),
    "fee cap of 20,001 bits": (transfer(gas_price=1 << 20_000), PoolFault.FEE_TOO_LARGE),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_by_the_rule(chain: Chain, name: str) -> None:
    raw, fault = REFUSED[name]
    assert fault_of(pool_of(chain), raw) is fault


def with_sidecar(raw: bytes) -> bytes:
    """The network form of a blob transaction, with a blob of zeros."""
    point = b"\xc0" + bytes(47)
    lists = (rlp.encode_list([rlp.encode_bytes(item)]) for item in (bytes(131_072), point, point))
    return b"\x03" + rlp.encode_list([raw[1:], *lists])


def test_refuses_types_that_the_fork_lacks() -> None:
    pool = pool_of(chain_at(Fork.HOLOCENE))
    assert fault_of(pool, transfer(type=SET_CODE_TX_TYPE)) is PoolFault.TYPE_NOT_SUPPORTED
    blob = transfer(type=BLOB_TX_TYPE, blob_versioned_hashes=(b"\x01" * 32,))
    assert fault_of(pool, blob) is PoolFault.TYPE_NOT_SUPPORTED
    # With its blob it is larger than any transaction may be, which is not what is wrong with it.
    assert fault_of(pool, with_sidecar(blob)) is PoolFault.TYPE_NOT_SUPPORTED


def test_the_cap_on_gas_since_karst(chain: Chain) -> None:
    """EIP-7825. What was let in before is gone with the first head of Karst."""
    above, most = transfer(gas=2**24 + 1), transfer(gas=2**24)
    karst = chain_at(Fork.KARST)
    assert fault_of(pool_of(karst), above) is PoolFault.GAS_ABOVE_CAP
    pool = pool_of(chain)
    pool.add(above)
    pool.reset(head_of(karst))
    assert len(pool) == 0
    pool.add(most)
    pool.reset(head_of(karst))
    assert len(pool) == 1


def test_the_data_fee_counts_into_what_a_transaction_costs(chain: Chain) -> None:
    head = head_of(chain)
    plain = transfer(value=100 * ETHER - 100_000 * 10**10 - 1)
    assert head.rollup_fees(plain, 100_000) > 1
    assert fault_of(pool_of(chain), plain) is PoolFault.INSUFFICIENT_FUNDS


def test_a_sender_cannot_promise_more_than_it_has(chain: Chain) -> None:
    pool = pool_of(chain)
    pool.add(transfer(0, value=60 * ETHER))
    assert fault_of(pool, transfer(1, value=60 * ETHER)) is PoolFault.INSUFFICIENT_FUNDS
    # As a replacement of the first it is affordable.
    pool.add(transfer(0, value=70 * ETHER, gas_price=2 * 10**10, gas_tip_cap=10**7))


def test_a_replacement_pays_ten_per_cent_more_in_both_fees(chain: Chain) -> None:
    pool = pool_of(chain)
    pool.add(transfer(gas_price=1000 * GWEI, gas_tip_cap=100))
    for fees in ((1099 * GWEI, 110), (1100 * GWEI, 109), (1000 * GWEI, 200)):
        raw = transfer(gas_price=fees[0], gas_tip_cap=fees[1])
        assert fault_of(pool, raw) is PoolFault.REPLACEMENT_UNDERPRICED
    better = pool.add(transfer(gas_price=1100 * GWEI, gas_tip_cap=110))
    assert [pooled.hash for pooled in pool] == [better]


def test_transactions_behind_a_gap_wait(chain: Chain) -> None:
    pool = pool_of(chain)
    late = transfer(2)
    pool.add(late)
    pool.add(transfer(0))
    assert [pooled.nonce for pooled in pool.pending()[SENDER]] == [0]
    assert [pooled.raw for pooled in pool.queued()[SENDER]] == [late]
    pool.add(transfer(1))
    assert [pooled.nonce for pooled in pool.pending()[SENDER]] == [0, 1, 2]
    assert not pool.queued()


def test_an_account_queues_so_many_and_the_farthest_goes(chain: Chain) -> None:
    pool = pool_of(chain, account_queue=3)
    for nonce in (5, 6, 7):
        pool.add(transfer(nonce))
    assert fault_of(pool, transfer(8)) is PoolFault.ACCOUNT_LIMIT
    pool.add(transfer(4))
    assert [pooled.nonce for pooled in pool.queued()[SENDER]] == [4, 5, 6]


def test_without_queues_nothing_waits(chain: Chain) -> None:
    assert fault_of(pool_of(chain, account_queue=0), transfer(2)) is PoolFault.ACCOUNT_LIMIT


def test_what_is_refused_displaces_nothing(chain: Chain) -> None:
    pool = pool_of(chain, global_slots=2, global_queue=0, account_queue=1)
    for key in KEYS[:2]:
        pool.add(transfer(2, key=key, gas_tip_cap=100))
    assert fault_of(pool, transfer(3, key=KEYS[1], gas_tip_cap=500)) is PoolFault.ACCOUNT_LIMIT
    assert len(pool) == 2
    # What takes the place of the account's own transaction needs no other room.
    pool.add(transfer(1, key=KEYS[1], gas_tip_cap=50))
    assert sorted((pooled.nonce, pooled.tip_cap) for pooled in pool) == [(1, 50), (2, 100)]


def test_a_full_pool_drops_what_pays_least(chain: Chain) -> None:
    pool = pool_of(chain, global_slots=3, global_queue=0)
    for number, key in enumerate(KEYS[:3]):
        pool.add(transfer(key=key, gas_tip_cap=100 + number))
    assert fault_of(pool, transfer(key=KEYS[3], gas_tip_cap=100)) is PoolFault.UNDERPRICED
    pool.add(transfer(key=KEYS[3], gas_tip_cap=101))
    assert sorted(pooled.tip_cap for pooled in pool) == [101, 101, 102]
    future = transfer(1, key=KEYS[4], gas_tip_cap=500)
    assert fault_of(pool, future) is PoolFault.FUTURE_REPLACES_PENDING
    # A large transaction takes several slots, and all that it displaces must pay less.
    large = transfer(key=KEYS[4], gas_tip_cap=102, data=bytes(66_000), gas=10**6)
    assert fault_of(pool, large) is PoolFault.UNDERPRICED
    pool.add(transfer(key=KEYS[4], gas_tip_cap=103, data=bytes(33_000), gas=10**6))
    assert (len(pool), pool.slots) == (2, 3)


def test_delegated_accounts_have_one_transaction_in_flight(chain: Chain) -> None:
    pool = pool_of(chain)
    assert fault_of(pool, transfer(1, key=DELEGATED_KEY)) is PoolFault.DELEGATED_OUT_OF_ORDER
    pool.add(transfer(0, key=DELEGATED_KEY))
    assert fault_of(pool, transfer(1, key=DELEGATED_KEY)) is PoolFault.DELEGATED_IN_FLIGHT
    pool.add(transfer(0, key=DELEGATED_KEY, gas_price=2 * 10**10, gas_tip_cap=10**7))


def test_an_authority_with_transactions_of_its_own_is_left_alone(
    chain: Chain, signed_authorization: Callable[[bytes], Authorization]
) -> None:
    pool = pool_of(chain)
    for nonce in (0, 1):
        pool.add(transfer(nonce, key=KEYS[1]))
    delegating = (signed_authorization(KEYS[1]),)
    raw = transfer(type=SET_CODE_TX_TYPE, authorization_list=delegating)
    assert fault_of(pool, raw) is PoolFault.AUTHORITY_RESERVED
    # The other way round: while an authorization is in flight, its signer may send one at a time.
    other = transfer(type=SET_CODE_TX_TYPE, authorization_list=(signed_authorization(KEYS[2]),))
    pool.add(other)
    pool.add(transfer(0, key=KEYS[2]))
    assert fault_of(pool, transfer(1, key=KEYS[2])) is PoolFault.DELEGATED_IN_FLIGHT


def test_a_new_head_takes_away_what_it_includes_and_what_became_too_dear() -> None:
    chain = chain_at(Fork.ISTHMUS)
    pool = pool_of(chain)
    for nonce in range(3):
        pool.add(transfer(nonce))
    pool.add(transfer(0, key=KEYS[1], value=ETHER // 2))
    dear = transfer(1, key=KEYS[1], value=ETHER // 4)
    pool.add(dear)
    chain.extend(transfer(0), transfer(0, key=KEYS[1], value=9 * ETHER // 10, gas_price=2 * 10**10))
    pool.reset(head_of(chain))
    assert [pooled.nonce for pooled in pool] == [1, 2], "and the second of the other account is unaffordable"
    assert pool.next_nonce(SENDER) == 3


def test_transactions_of_a_dropped_block_come_back() -> None:
    chain = chain_at(Fork.ISTHMUS)
    before = head_of(chain)
    pool = TxPool(before)
    block = chain.extend(transfer(0), transfer(1))
    pool.reset(head_of(chain))
    pool.reset(before, [*block.transactions, b"\x7e\x01", b"junk"])
    assert [pooled.raw for pooled in pool.pending()[SENDER]] == [transfer(0), transfer(1)]


def test_queued_transactions_do_not_wait_for_ever(chain: Chain) -> None:
    time = 0.0
    pool = pool_of(chain, lambda: time, lifetime=100)
    pool.add(transfer(5))
    pool.add(transfer(0, key=KEYS[1]))
    time = 101
    pool.add(transfer(5, key=KEYS[2]))
    pool.reset(head_of(chain))
    assert {pooled.sender for pooled in pool} == {address_of(KEYS[1]), address_of(KEYS[2])}


def test_queues_share_what_is_theirs(chain: Chain) -> None:
    time = 0.0
    pool = pool_of(chain, lambda: time, global_queue=2)
    for key in KEYS[:4]:
        time += 1
        pool.add(transfer(5, key=key))
    pool.reset(head_of(chain))
    assert {pooled.sender for pooled in pool} == {address_of(key) for key in KEYS[:2]}


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(PoolError):
        _SHARED.add(raw)


_SHARED = pool_of(chain_at(Fork.ISTHMUS))

step = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 4), st.integers(0, 6), st.integers(1, 400)),
    st.tuples(st.just("block"), st.integers(0, 3)),
)


@settings(max_examples=40)
@given(st.lists(step, max_size=40))
def test_the_books_always_balance(steps: list[tuple[Any, ...]]) -> None:
    """Whatever is added, replaced, evicted and included: slots and indexes say what is there."""
    chain = chain_at(Fork.ISTHMUS)
    pool = pool_of(chain, global_slots=8, global_queue=2, account_queue=3)
    for kind, *values in steps:
        if kind == "add":
            account, nonce, tip = values
            raw = transfer(nonce, key=KEYS[account], gas_tip_cap=tip, data=bytes(tip % 3 * 20_000), gas=10**6)
            with suppress(PoolError):
                pool.add(raw)
        else:
            selection = pool.select(head_of(chain).base_fee)
            chosen = [raw for raw, _ in zip(selection, range(values[0]), strict=False)]
            block = chain.extend(*chosen)
            assert len(block.transactions) == len(chosen), "what is selected can be executed in that order"
            pool.reset(head_of(chain))
        everything = list(joined(*pool.pending().values(), *pool.queued().values()))
        assert sorted(each.hash for each in everything) == sorted(each.hash for each in pool)
        assert pool.slots == sum(each.slots for each in pool) <= pool.config.capacity
        assert all(len(run) <= 3 for run in pool.queued().values())
        for account, run in pool.pending().items():
            assert [each.nonce for each in run] == list(range(run[0].nonce, run[0].nonce + len(run)))
            assert run[0].nonce == head_of(chain).nonce(account)


def test_limits_can_be_changed(chain: Chain) -> None:
    pool = pool_of(chain)
    noise = b"".join(keccak256(bytes([number])) for number in range(64))
    pool.add(transfer(data=noise, gas=200_000))
    pool.config = replace(pool.config, max_da_tx_size=1000)
    assert list(pool.select(GWEI)) == []
    pool.config = replace(pool.config, max_da_tx_size=0)
    assert len(list(pool.select(GWEI))) == 1


@pytest.fixture(scope="module")
def signed_authorization() -> Callable[[bytes], Authorization]:
    from pyoprollup.eth import rlp
    from pyoprollup.eth.crypto import sign

    def make(key: bytes) -> Authorization:
        target = Address(b"\x99" * 20)
        fields = (rlp.encode_uint(0), b"\x94" + target, rlp.encode_uint(0))
        r, s, y_parity = sign(keccak256(b"\x05" + rlp.encode_list(fields)), key)
        return Authorization(0, target, 0, y_parity, r, s)

    return make
