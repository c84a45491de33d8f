"""Transactions: codec of every type, recipients without decoding, hashes, and senders."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.blob_sidecar import BlobSidecar, without_sidecar
from pyoprollup.eth.crypto import SECP256K1_N, SignatureError, address_of, keccak256
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.signer import is_protected, sender, sign_transaction, signing_hash
from pyoprollup.eth.transactions import (
    AccessTuple,
    Authorization,
    Transaction,
    decode_transaction,
    tx_hash,
    tx_recipient,
    tx_type,
)

KEY = bytes([0x46]) * 32

u64, u256 = st.integers(0, (1 << 64) - 1), st.integers(0, (1 << 256) - 1)
addresses, hashes = st.binary(min_size=20, max_size=20), st.binary(min_size=32, max_size=32)
hash_tuples = st.lists(hashes, max_size=3).map(tuple)
access_lists = st.lists(st.builds(AccessTuple, addresses, hash_tuples), max_size=3).map(tuple)
authorizations = st.builds(Authorization, u256, addresses, u64, st.integers(0, 255), u256, u256)


def common(kind: int) -> dict[str, st.SearchStrategy[object]]:
    return {
        "type": st.just(kind),
        "nonce": u64,
        "gas_price": u256,
        "gas": u64,
        "to": addresses if kind > 2 else st.none() | addresses,
        "value": u256,
        "data": st.binary(max_size=80),
        "v": u256,
        "r": u256,
        "s": u256,
    }


typed = {"chain_id": u256, "access_list": access_lists}
dynamic = {**typed, "gas_tip_cap": u256}
blob = {**dynamic, "blob_fee_cap": u256, "blob_versioned_hashes": hash_tuples}
set_code = {**dynamic, "authorization_list": st.lists(authorizations, max_size=3).map(tuple)}
transactions = st.one_of(
    *(
        st.builds(Transaction, **common(i), **extra)
        for i, extra in enumerate([{}, typed, dynamic, blob, set_code])
    )
)
deposits = st.builds(
    DepositTransaction,
    source_hash=hashes,
    from_=addresses,
    to=st.none() | addresses,
    mint=st.none() | st.integers(1, (1 << 256) - 1),
    value=u256,
    gas=u64,
    is_system=st.booleans(),
    data=st.binary(max_size=80),
)


@given(transactions | deposits)
@settings(max_examples=200)
def test_round_trip(tx: Transaction | DepositTransaction) -> None:
    raw = tx.encode()
    assert decode_transaction(raw) == tx
    assert tx_recipient(raw) == tx.to
    assert tx_hash(raw) == keccak256(raw)
    assert tx_type(raw) == (tx.type if isinstance(tx, Transaction) else 0x7E)


@given(transactions | deposits, st.data())
@settings(max_examples=400)
def test_mutations_are_rejected_or_canonical(
    tx: Transaction | DepositTransaction, draw: st.DataObject
) -> None:
    raw = bytearray(tx.encode())
    for _ in range(draw.draw(st.integers(1, 2))):
        raw[draw.draw(st.integers(0, len(raw) - 1))] = draw.draw(st.integers(0, 255))
    data = bytes(raw[: draw.draw(st.integers(0, len(raw)))] if draw.draw(st.booleans()) else raw)
    check_hostile(data)


@given(
    st.binary(max_size=100)
    | st.tuples(st.sampled_from(b"\x01\x02\x03\x04\x7e"), st.binary()).map(lambda t: bytes([t[0]]) + t[1])
)
@settings(max_examples=400)
def test_arbitrary_bytes(data: bytes) -> None:
    check_hostile(data)


def check_hostile(data: bytes) -> None:
    """Whatever is accepted re-encodes to itself, and the light reader agrees with the decoder."""
    for light in (tx_recipient, tx_hash, tx_type):
        try:
            light(data)
        except DecodeError:
            continue
    try:
        tx = decode_transaction(data)
    except DecodeError:
        return
    assert tx.encode() == data
    assert tx_recipient(data) == tx.to
    try:
        sender(tx, 1)
    except DecodeError:
        return


# The example of EIP-155: nonce 9, 20 gwei, 21000 gas, 1 ether, chain 1, key 0x4646…46.
EIP155 = bytes.fromhex(
    "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080"
    "25a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
    "a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
)


def legacy() -> Transaction:
    tx = decode_transaction(EIP155)
    assert isinstance(tx, Transaction)
    return tx


def test_eip155_example() -> None:
    tx = legacy()
    assert signing_hash(tx, 1).hex() == "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"
    assert sender(tx, 1).hex() == "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f" == address_of(KEY).hex()
    assert sign_transaction(replace(tx, v=0, r=0, s=0), KEY, 1) == tx


@given(transactions, st.integers(1, 1 << 60))
@settings(max_examples=50)
def test_signed_transactions_recover(tx: Transaction, chain_id: int) -> None:
    if tx.type:
        tx = replace(tx, chain_id=chain_id)
    signed = sign_transaction(tx, KEY, chain_id)
    assert sender(signed, chain_id) == address_of(KEY)
    with pytest.raises(DecodeError):
        sender(signed, chain_id + 1)
    mirrored = replace(signed, s=SECP256K1_N - signed.s, v=signed.v ^ 1 if tx.type else signed.v)
    with pytest.raises(SignatureError):
        sender(mirrored, chain_id)


def test_unprotected_legacy_is_valid_on_every_chain() -> None:
    tx = legacy()
    from pyoprollup.eth.crypto import sign

    r, s, parity = sign(signing_hash(tx, None), KEY)
    unprotected = replace(tx, v=27 + parity, r=r, s=s)
    assert sender(unprotected, 1) == sender(unprotected, 10) == address_of(KEY)
    assert is_protected(37)
    assert not is_protected(27)


@pytest.mark.parametrize("v", [0, 1, 2, 26, 29, 34, 35, 36, 39, 255, 256, 283, (1 << 64) + 37, (1 << 300)])
def test_legacy_v_of_no_or_another_chain(v: int) -> None:
    with pytest.raises(DecodeError):
        sender(replace(legacy(), v=v), 1)


@pytest.mark.parametrize("v", [2, 27, 28, 229, 256, (1 << 64) + 1])
def test_typed_parity_must_be_zero_or_one(v: int) -> None:
    tx = sign_transaction(replace(legacy(), type=2, chain_id=1), KEY, 1)
    with pytest.raises(SignatureError):
        sender(replace(tx, v=v), 1)


def test_signing_for_another_chain_is_refused() -> None:
    with pytest.raises(DecodeError):
        sign_transaction(replace(legacy(), type=2, chain_id=5), KEY, 1)


def test_deposit_sender_is_its_from() -> None:
    tx = DepositTransaction(keccak256(b""), address_of(KEY), None, None, 0, 21000, False, b"")
    assert sender(tx, 1) == address_of(KEY)
    assert tx.hash() == tx_hash(tx.encode())


def test_deposit_mint_zero_decodes_as_none() -> None:
    tx = DepositTransaction(keccak256(b""), address_of(KEY), None, 0, 0, 21000, False, b"")
    assert decode_transaction(tx.encode()) == replace(tx, mint=None)


# --- The network form of blob transactions


def blob_tx(version: int) -> Transaction:
    sidecar = BlobSidecar(
        (bytes(131072),) * 2, (b"\xc0" + bytes(47),) * 2, (b"\xc0" + bytes(47),) * 2, version
    )
    hashes = (keccak256(b"1"), keccak256(b"2"))
    to = address_of(KEY)
    return Transaction(3, 1, 2, 3, to, 4, b"data", chain_id=1, blob_versioned_hashes=hashes, sidecar=sidecar)


@pytest.mark.parametrize("version", [0, 1])
def test_network_form(version: int) -> None:
    tx = blob_tx(version)
    raw = tx.encode()
    canonical = replace(tx, sidecar=None).encode()
    assert len(raw) > 2 * 131072 > len(canonical)
    assert decode_transaction(raw) == tx
    assert without_sidecar(raw) == without_sidecar(canonical) == canonical
    assert tx_hash(raw) == tx_hash(canonical) == keccak256(canonical)
    assert tx_recipient(raw) == tx.to


def test_malformed_network_forms() -> None:
    tx = blob_tx(0)
    items = rlp.split_raw(tx.encode()[1:])
    body = items[0]
    malformed = [
        [body],
        [body, *items[1:3]],
        [body, rlp.encode_uint(2), *items[1:]],
        [body, rlp.encode_uint(0), *items[1:]],
        [body, *items[1:], rlp.EMPTY_LIST],
        [body, items[2], items[1], items[3]],
        [body, rlp.encode_list([rlp.encode_list([])]), *items[2:]],
    ]
    for parts in malformed:
        with pytest.raises(DecodeError):
            decode_transaction(b"\x03" + rlp.encode_list(parts))
    for raw in (b"\x03", b"\x03\x82\xc0\xc0", tx.encode() + b"\x00", tx.encode()[:-1]):
        with pytest.raises(DecodeError):
            decode_transaction(raw)


@pytest.mark.parametrize(
    "raw", ["", "00c0", "05c0", "7f", "80", "b801", "ff", "02", "c0", "02c0", "7ec0", "f800"]
)
def test_malformed(raw: str) -> None:
    with pytest.raises(DecodeError):
        decode_transaction(bytes.fromhex(raw))
    with pytest.raises(DecodeError):
        tx_recipient(bytes.fromhex(raw))


@pytest.mark.parametrize("kind", [3, 4])
def test_blob_and_set_code_transactions_need_a_recipient(kind: int) -> None:
    raw = replace(legacy(), type=kind, to=None).encode()
    with pytest.raises(DecodeError):
        decode_transaction(raw)
    with pytest.raises(DecodeError):
        tx_recipient(raw)
