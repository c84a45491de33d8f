"""Random transactions and blocks, as span batches take them."""

from __future__ import annotations

from hypothesis import strategies as st

from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.eth.transactions import AccessTuple, Authorization, Transaction
from pyoprollup.eth.types import U64_MAX
from tests.unit.derive.support import name_hash

CHAIN_ID = 901

u64 = st.integers(0, U64_MAX) | st.integers(0, 300)
u256 = st.integers(0, 2**256 - 1) | st.integers(0, 300)
words = u256 | st.integers(0, 2**240)
"""Halves of signatures; some have leading zero bytes."""
addresses = st.binary(min_size=20, max_size=20)
hashes = st.binary(min_size=32, max_size=32)
payloads = (
    st.binary(max_size=4) | st.binary(max_size=70) | st.sampled_from([0, 55, 56, 255, 256, 300]).map(bytes)
)
access_lists = st.lists(
    st.builds(AccessTuple, addresses, st.lists(hashes, max_size=2).map(tuple)), max_size=2
).map(tuple)
authorizations = st.builds(Authorization, u256, addresses, u64, st.integers(0, 255), u256, u256)

_common = {
    "nonce": u64,
    "gas_price": u256,
    "gas": u64,
    "to": st.none() | addresses,
    "value": u256,
    "data": payloads,
    "r": words,
    "s": words,
}
_typed = {
    **_common,
    "v": st.integers(0, 1),
    "chain_id": st.just(CHAIN_ID),
    "access_list": st.just(()) | access_lists,
}
_dynamic = {**_typed, "gas_tip_cap": u256}


def protected_v(chain_id: int) -> st.SearchStrategy[int]:
    return st.integers(0, 1).map(lambda parity: 35 + 2 * chain_id + parity)


span_transactions = st.one_of(
    st.builds(Transaction, type=st.just(0), v=st.sampled_from([27, 28]), **_common),
    st.builds(Transaction, type=st.just(0), v=protected_v(CHAIN_ID), **_common),
    st.builds(Transaction, type=st.just(1), **_typed),
    st.builds(Transaction, type=st.just(2), **_dynamic),
    st.builds(
        Transaction,
        type=st.just(4),
        **{**_dynamic, "to": addresses},
        authorization_list=st.lists(authorizations, max_size=2).map(tuple),
    ),
)
"""Every kind of transaction that a span batch can hold, with signatures that only look like it."""


@st.composite
def block_runs(draw: st.DrawFn, max_blocks: int = 5) -> list[SingularBatch]:
    """Blocks one after the other, two seconds apart, each in the L1 origin before or the next."""
    count = draw(st.integers(1, max_blocks))
    epoch = draw(st.integers(1, 1000))
    time = draw(st.integers(1000, 100_000))
    blocks = []
    for index in range(count):
        if index:
            epoch += draw(st.integers(0, 1))
        transactions = draw(st.lists(span_transactions, max_size=3))
        parent = name_hash("parent") if not index else bytes(32)
        blocks.append(
            SingularBatch(
                parent,
                epoch,
                name_hash(f"L1 {epoch}"),
                time + 2 * index,
                tuple(tx.encode() for tx in transactions),
            )
        )
    return blocks
