from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.transaction_json import transaction_from_json
from pyoprollup.eth.transactions import AccessTuple, Authorization, Transaction
from pyoprollup.eth.types import Address, Hash32, to_hex, to_quantity

u64s = st.integers(0, 2**64 - 1)
u256s = st.integers(0, 2**256 - 1)
addresses = st.binary(min_size=20, max_size=20).map(Address)
hashes = st.binary(min_size=32, max_size=32).map(Hash32)
parities = st.integers(0, 1)
access_lists = st.lists(
    st.builds(AccessTuple, addresses, st.lists(hashes, max_size=2).map(tuple)), max_size=2
).map(tuple)
authorizations = st.builds(Authorization, u256s, addresses, u64s, parities, u256s, u256s)

COMMON: dict[str, Any] = {
    "nonce": u64s,
    "gas_price": u256s,
    "gas": u64s,
    "to": addresses,
    "value": u256s,
    "data": st.binary(max_size=40),
    "v": parities,
    "r": u256s,
    "s": u256s,
}
TYPED = {**COMMON, "chain_id": u256s, "access_list": access_lists}
CAPPED = {**TYPED, "gas_tip_cap": u256s}
transactions = st.one_of(
    st.builds(Transaction, **{**COMMON, "type": st.just(0), "to": st.none() | addresses, "v": u256s}),
    st.builds(Transaction, **{**TYPED, "type": st.just(1), "to": st.none() | addresses}),
    st.builds(Transaction, **{**CAPPED, "type": st.just(2), "to": st.none() | addresses}),
    st.builds(
        Transaction,
        **{
            **CAPPED,
            "type": st.just(3),
            "blob_fee_cap": u256s,
            "blob_versioned_hashes": st.lists(hashes, max_size=3).map(tuple),
        },
    ),
    st.builds(
        Transaction,
        **{
            **CAPPED,
            "type": st.just(4),
            "authorization_list": st.lists(authorizations, max_size=2).map(tuple),
        },
    ),
)
deposits = st.builds(
    DepositTransaction,
    hashes,
    addresses,
    st.none() | addresses,
    st.none() | st.integers(1, 2**256 - 1),
    u256s,
    u64s,
    st.booleans(),
    st.binary(max_size=40),
)


def shown(tx: Transaction) -> dict[str, Any]:
    """The JSON-RPC form, with nothing but what the type needs."""
    obj: dict[str, Any] = {
        "type": to_quantity(tx.type),
        "nonce": to_quantity(tx.nonce),
        "gas": to_quantity(tx.gas),
        "to": None if tx.to is None else to_hex(tx.to),
        "value": to_quantity(tx.value),
        "input": to_hex(tx.data),
        **{name: to_quantity(getattr(tx, name)) for name in ("v", "r", "s")},
    }
    obj["maxFeePerGas" if tx.type >= 2 else "gasPrice"] = to_quantity(tx.gas_price)
    if tx.type >= 1:
        obj["chainId"] = to_quantity(tx.chain_id)
        obj["yParity"] = obj["v"]
        obj["accessList"] = [
            {"address": to_hex(entry.address), "storageKeys": [to_hex(key) for key in entry.storage_keys]}
            for entry in tx.access_list
        ]
    if tx.type >= 2:
        obj["maxPriorityFeePerGas"] = to_quantity(tx.gas_tip_cap)
    if tx.type == 3:
        obj["maxFeePerBlobGas"] = to_quantity(tx.blob_fee_cap)
        obj["blobVersionedHashes"] = [to_hex(item) for item in tx.blob_versioned_hashes]
    if tx.type == 4:
        obj["authorizationList"] = [
            {
                "chainId": to_quantity(item.chain_id),
                "address": to_hex(item.address),
                "nonce": to_quantity(item.nonce),
                "yParity": to_quantity(item.y_parity),
                "r": to_quantity(item.r),
                "s": to_quantity(item.s),
            }
            for item in tx.authorization_list
        ]
    return obj


@given(transactions)
def test_transactions(tx: Transaction) -> None:
    assert transaction_from_json(shown(tx)) == tx


@given(deposits)
def test_deposits(tx: DepositTransaction) -> None:
    obj = {
        "type": "0x7e",
        "sourceHash": to_hex(tx.source_hash),
        "from": to_hex(tx.from_),
        "to": None if tx.to is None else to_hex(tx.to),
        "mint": None if tx.mint is None else to_quantity(tx.mint),
        "value": to_quantity(tx.value),
        "gas": to_quantity(tx.gas),
        "input": to_hex(tx.data),
        "nonce": "0x5",
        "r": "0x0",
    }
    if tx.is_system:
        obj["isSystemTx"] = True
    assert transaction_from_json(obj) == tx


FULL = shown(
    Transaction(4, 1, 2, 3, Address(bytes(20)), 4, b"", authorization_list=(), access_list=(), gas_tip_cap=1)
)
values = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.none(), max_size=2)


@given(st.dictionaries(st.sampled_from(sorted(FULL)), values, max_size=3))
def test_anything_else_is_a_decode_error(changes: dict[str, Any]) -> None:
    try:
        transaction_from_json({**FULL, **changes})
    except DecodeError:
        return


def test_refusals() -> None:
    with pytest.raises(DecodeError, match="type: 0x5 is not supported"):
        transaction_from_json({**FULL, "type": "0x5"})
    with pytest.raises(DecodeError, match=r"transaction\.to"):
        transaction_from_json({**FULL, "to": None})
    with pytest.raises(DecodeError, match="expected a JSON object"):
        transaction_from_json("0x00")
