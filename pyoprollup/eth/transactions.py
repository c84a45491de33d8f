"""Transactions: opaque canonical bytes, and their fields for whoever needs to look inside.

Everywhere else in the package a transaction is its EIP-2718 encoding in ``bytes``: the RLP list of
a legacy transaction, or a type byte (1: EIP-2930, 2: EIP-1559, 3: EIP-4844, 4: EIP-7702) followed
by an RLP list. The deposit type has its own module, :mod:`pyoprollup.eth.deposit_tx`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.blob_sidecar import BlobSidecar, without_sidecar
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE, DepositTransaction
from pyoprollup.eth.types import Address, Hash32

__all__ = [
    "ACCESS_LIST_TX_TYPE",
    "BLOB_TX_TYPE",
    "DYNAMIC_FEE_TX_TYPE",
    "LEGACY_TX_TYPE",
    "POST_EXEC_TX_TYPE",
    "SET_CODE_TX_TYPE",
    "AccessTuple",
    "Authorization",
    "Transaction",
    "contract_address",
    "decode_transaction",
    "tx_hash",
    "tx_recipient",
    "tx_type",
]

LEGACY_TX_TYPE = 0
ACCESS_LIST_TX_TYPE = 1
DYNAMIC_FEE_TX_TYPE = 2
BLOB_TX_TYPE = 3
SET_CODE_TX_TYPE = 4
POST_EXEC_TX_TYPE = 0x7D
"""What a block of a chain with Lagoon says about its own execution: opaque RLP, from nobody, never signed."""


class AccessTuple(NamedTuple):
    """An entry of an EIP-2930 access list."""

    address: Address
    storage_keys: tuple[Hash32, ...]


class Authorization(NamedTuple):
    """An entry of an EIP-7702 authorization list."""

    chain_id: int
    address: Address
    nonce: int
    y_parity: int
    r: int
    s: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """A decoded transaction of any type but deposit. Amounts are in wei.

    ``gas_price`` is that of types 0 and 1 and the fee cap (``maxFeePerGas``) of the others, whose
    tip cap is ``gas_tip_cap``. ``chain_id`` is 0 for the legacy type, which hides it in ``v``; for
    the others ``v`` is the parity of the signature's point. Fields that a type lacks keep their defaults.
    """

    type: int
    nonce: int
    gas_price: int
    gas: int
    to: Address | None
    value: int
    data: bytes
    v: int = 0
    r: int = 0
    s: int = 0
    chain_id: int = 0
    gas_tip_cap: int = 0
    access_list: tuple[AccessTuple, ...] = ()
    blob_fee_cap: int = 0
    blob_versioned_hashes: tuple[Hash32, ...] = ()
    authorization_list: tuple[Authorization, ...] = ()
    sidecar: BlobSidecar | None = None

    def encode(self) -> bytes:
        """The EIP-2718 bytes; the network form of EIP-4844 if there is a sidecar."""
        signature = (rlp.encode_uint(self.v), rlp.encode_uint(self.r), rlp.encode_uint(self.s))
        body = rlp.encode_list([*self.unsigned_items(), *signature])
        if self.sidecar is not None:
            body = self.sidecar.wrap(body)
        return bytes([self.type]) + body if self.type else body

    def unsigned_items(self) -> list[bytes]:
        """The encoded fields before the signature."""
        uint = rlp.encode_uint
        to = rlp.EMPTY_STRING if self.to is None else b"\x94" + self.to
        fees = [uint(self.gas_price)]
        if self.type >= DYNAMIC_FEE_TX_TYPE:
            fees.insert(0, uint(self.gas_tip_cap))
        items = [uint(self.nonce), *fees, uint(self.gas), to, uint(self.value), rlp.encode_bytes(self.data)]
        if self.type == LEGACY_TX_TYPE:
            return items
        access_list = rlp.encode_list(map(_encode_access_tuple, self.access_list))
        items = [uint(self.chain_id), *items, access_list]
        if self.type == BLOB_TX_TYPE:
            items += [uint(self.blob_fee_cap), _encode_hashes(self.blob_versioned_hashes)]
        elif self.type == SET_CODE_TX_TYPE:
            items.append(rlp.encode_list(map(_encode_authorization, self.authorization_list)))
        return items


def contract_address(sender: Address, nonce: int) -> Address:
    """Where a contract goes that ``sender`` creates with a transaction of this nonce."""
    return Address(keccak256(rlp.encode_list((b"\x94" + sender, rlp.encode_uint(nonce))))[12:])


# --- Looking without decoding


def tx_type(raw: bytes) -> int:
    """The type byte of a transaction (0 for legacy). Raises :class:`DecodeError` if there is none."""
    if not raw:
        raise DecodeError("an empty transaction")
    first = raw[0]
    if first >= 0xC0:
        return LEGACY_TX_TYPE
    if first not in _TYPES:
        raise DecodeError(f"transaction type {first:#04x} is not supported")
    return first


def tx_hash(raw: bytes) -> Hash32:
    """The transaction hash; that of a network form with blobs leaves them out.

    Raises :class:`DecodeError` if the network form is malformed; other bytes are not inspected.
    """
    return keccak256(without_sidecar(raw) if raw[:1] == b"\x03" else raw)


def tx_recipient(raw: bytes) -> Address | None:
    """The ``to`` address (``None``: contract creation) without decoding the rest.

    For scans over many transactions; the fields after ``to`` are not checked at all. Raises
    :class:`DecodeError`.
    """
    kind = tx_type(raw)
    if kind == BLOB_TX_TYPE:
        raw = without_sidecar(raw)
    total = len(raw)
    is_list, pos, end = rlp.read_header(raw, 1 if kind else 0, total)
    if not is_list or end != total:
        raise DecodeError("a transaction is one RLP list")
    try:
        for _ in range(_FIELDS_BEFORE_TO[kind]):
            pos += _SHORT_ITEM_SIZE[raw[pos]]
        size = raw[pos]
    except IndexError:
        raise DecodeError("a transaction ends before its recipient") from None
    if size == 0x80:
        if kind in (BLOB_TX_TYPE, SET_CODE_TX_TYPE):
            raise DecodeError(f"a transaction of type {kind} must have a recipient")
        return None
    if size != 0x94 or pos + 21 > total:
        raise DecodeError("the recipient of a transaction is not an address")
    return Address(raw[pos + 1 : pos + 21])


_FIELDS_BEFORE_TO = {0: 3, 1: 4, 2: 5, 3: 5, 4: 5, DEPOSIT_TX_TYPE: 2}
_TYPES = frozenset(_FIELDS_BEFORE_TO) - {LEGACY_TX_TYPE}

# Encoded size of a short string by its first byte. Anything else cannot stand before ``to`` in an
# acceptable transaction; its size leads past any input.
_SHORT_ITEM_SIZE = [1] * 0x80 + [1 + size for size in range(56)] + [1 << 62] * 72


# --- Decoding


def decode_transaction(raw: bytes) -> Transaction | DepositTransaction:
    """Decode EIP-2718 bytes; an EIP-4844 transaction may be in network form (with its blobs).

    As in the reference, the signature is only checked when the sender is asked for, and the
    amounts of types 0 to 2 may have any size. Raises :class:`DecodeError`.
    """
    kind = tx_type(raw)
    if kind == DEPOSIT_TX_TYPE:
        return DepositTransaction.decode(raw)
    sidecar = None
    if kind == BLOB_TX_TYPE:
        canonical = without_sidecar(raw)
        if canonical is not raw:
            sidecar = BlobSidecar.decode(raw)
            raw = canonical
    items, lists = rlp.split_list(raw, 1 if kind else 0)
    count, list_positions = _SHAPES[kind]
    if len(items) != count or lists != list_positions:
        raise DecodeError(
            f"wrong fields for a transaction of type {kind}: {len(items)} items, lists at {lists}"
        )
    fields = _legacy_fields(items) if kind == LEGACY_TX_TYPE else _typed_fields(kind, items)
    return Transaction(type=kind, sidecar=sidecar, **fields)


_SHAPES = {0: (9, []), 1: (11, [7]), 2: (12, [8]), 3: (14, [8, 10]), 4: (13, [8, 9])}


def _legacy_fields(items: list[bytes]) -> dict[str, Any]:
    nonce, gas_price, gas, to, value, data, v, r, s = items
    return {
        "nonce": rlp.decode_uint(nonce, 64),
        "gas_price": rlp.decode_uint(gas_price, None),
        "gas": rlp.decode_uint(gas, 64),
        "to": Address(rlp.decode_fixed(to, 20)) if to else None,
        "value": rlp.decode_uint(value, None),
        "data": data,
        "v": rlp.decode_uint(v, None),
        "r": rlp.decode_uint(r, None),
        "s": rlp.decode_uint(s, None),
    }


def _typed_fields(kind: int, items: list[bytes]) -> dict[str, Any]:
    bits = None if kind < BLOB_TX_TYPE else 256
    fields: dict[str, Any] = {}
    head = iter(items)
    fields["chain_id"] = rlp.decode_uint(next(head), bits)
    fields["nonce"] = rlp.decode_uint(next(head), 64)
    if kind >= DYNAMIC_FEE_TX_TYPE:
        fields["gas_tip_cap"] = rlp.decode_uint(next(head), bits)
    fields["gas_price"] = rlp.decode_uint(next(head), bits)
    fields["gas"] = rlp.decode_uint(next(head), 64)
    to = next(head)
    fields["to"] = Address(rlp.decode_fixed(to, 20)) if to or kind >= BLOB_TX_TYPE else None
    fields["value"] = rlp.decode_uint(next(head), bits)
    fields["data"] = next(head)
    fields["access_list"] = _decode_access_list(next(head))
    if kind == BLOB_TX_TYPE:
        fields["blob_fee_cap"] = rlp.decode_uint(next(head), bits)
        fields["blob_versioned_hashes"] = _hashes(next(head))
    elif kind == SET_CODE_TX_TYPE:
        fields["authorization_list"] = tuple(map(_decode_authorization, rlp.split_raw(next(head))))
    fields["v"], fields["r"], fields["s"] = (rlp.decode_uint(item, bits) for item in head)
    return fields


def _decode_access_list(encoded: bytes) -> tuple[AccessTuple, ...]:
    if encoded == rlp.EMPTY_LIST:
        return ()
    entries = []
    for entry in rlp.split_raw(encoded):
        items, lists = rlp.split_list(entry)
        if len(items) != 2 or lists != [1]:
            raise DecodeError("an access list entry is an address and a list of storage keys")
        entries.append(AccessTuple(Address(rlp.decode_fixed(items[0], 20)), _hashes(items[1])))
    return tuple(entries)


def _hashes(encoded: bytes) -> tuple[Hash32, ...]:
    return cast("tuple[Hash32, ...]", rlp.decode_fixed_list(encoded, 32))


def _decode_authorization(encoded: bytes) -> Authorization:
    items, lists = rlp.split_list(encoded)
    if len(items) != 6 or lists:
        raise DecodeError("an authorization has six fields")
    chain_id, address, nonce, y_parity, r, s = items
    return Authorization(
        rlp.decode_uint(chain_id),
        Address(rlp.decode_fixed(address, 20)),
        rlp.decode_uint(nonce, 64),
        rlp.decode_uint(y_parity, 8),
        rlp.decode_uint(r),
        rlp.decode_uint(s),
    )


def _encode_hashes(hashes: tuple[Hash32, ...]) -> bytes:
    return rlp.encode_list([b"\xa0" + item for item in hashes])


def _encode_access_tuple(item: AccessTuple) -> bytes:
    return rlp.encode_list((b"\x94" + item.address, _encode_hashes(item.storage_keys)))


def _encode_authorization(item: Authorization) -> bytes:
    signature = (rlp.encode_uint(item.y_parity), rlp.encode_uint(item.r), rlp.encode_uint(item.s))
    return rlp.encode_list(
        (rlp.encode_uint(item.chain_id), b"\x94" + item.address, rlp.encode_uint(item.nonce), *signature)
    )
