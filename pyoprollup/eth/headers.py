"""Block headers: RLP, hash, and the JSON-RPC form.

A header is one RLP list. The fields that forks appended are optional: a header from before a fork
ends earlier. Where a later field is present and an earlier one is not, the gap is an empty string, as
in go-ethereum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.blob_fee import CANCUN_FRACTION, blob_base_fee
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.refs import BlockID, L1BlockRef
from pyoprollup.eth.types import Address, Hash32, to_hex, to_quantity

__all__ = ["EMPTY_UNCLE_HASH", "Header"]

EMPTY_UNCLE_HASH = keccak256(rlp.EMPTY_LIST)

_REQUIRED_FIELDS, _ALL_FIELDS = 15, 23


@dataclass(frozen=True, slots=True)
class Header:
    """An L1 or L2 block header, of any fork up to Amsterdam (L1) and Karst (L2).

    ``time`` is in seconds, ``base_fee`` in wei. On L2 since Isthmus ``withdrawals_root`` is the
    storage root of the message passer, and since Jovian ``blob_gas_used`` is the DA footprint.
    """

    parent_hash: Hash32
    uncle_hash: Hash32
    coinbase: Address
    state_root: Hash32
    transactions_root: Hash32
    receipts_root: Hash32
    logs_bloom: bytes
    difficulty: int
    number: int
    gas_limit: int
    gas_used: int
    time: int
    extra_data: bytes
    mix_digest: Hash32
    nonce: bytes
    base_fee: int | None = None
    withdrawals_root: Hash32 | None = None
    blob_gas_used: int | None = None
    excess_blob_gas: int | None = None
    parent_beacon_root: Hash32 | None = None
    requests_hash: Hash32 | None = None
    block_access_list_hash: Hash32 | None = None
    slot_number: int | None = None

    def encode(self) -> bytes:
        """RLP of the header."""
        uint = rlp.encode_uint
        items = [
            b"\xa0" + self.parent_hash,
            b"\xa0" + self.uncle_hash,
            b"\x94" + self.coinbase,
            b"\xa0" + self.state_root,
            b"\xa0" + self.transactions_root,
            b"\xa0" + self.receipts_root,
            b"\xb9\x01\x00" + self.logs_bloom,
            uint(self.difficulty),
            uint(self.number),
            uint(self.gas_limit),
            uint(self.gas_used),
            uint(self.time),
            rlp.encode_bytes(self.extra_data),
            b"\xa0" + self.mix_digest,
            b"\x88" + self.nonce,
            _optional_uint(self.base_fee),
            _optional_hash(self.withdrawals_root),
            _optional_uint(self.blob_gas_used),
            _optional_uint(self.excess_blob_gas),
            _optional_hash(self.parent_beacon_root),
            _optional_hash(self.requests_hash),
            _optional_hash(self.block_access_list_hash),
            _optional_uint(self.slot_number),
        ]
        while items[-1] is None:
            items.pop()
        return rlp.encode_list([rlp.EMPTY_STRING if item is None else item for item in items])

    def hash(self) -> Hash32:
        """The block hash: keccak256 of the header's RLP."""
        return keccak256(self.encode())

    def id(self) -> BlockID:
        """Hash and number. Computes the hash."""
        return BlockID(self.hash(), self.number)

    def l1_block_ref(self) -> L1BlockRef:
        """The reference to this block as an L1 block. Computes the hash."""
        return L1BlockRef(self.hash(), self.number, self.parent_hash, self.time)

    def blob_base_fee(self, fraction: int = CANCUN_FRACTION) -> int | None:
        """Blob base fee in wei, ``None`` before Cancun; see :func:`~pyoprollup.eth.blob_fee.update_fraction`.

        Raises :class:`DecodeError` for an excess that no chain can reach.
        """
        return None if self.excess_blob_gas is None else blob_base_fee(self.excess_blob_gas, fraction)

    @classmethod
    def decode(cls, data: bytes) -> Header:
        """A header from its RLP; raises :class:`DecodeError`."""
        items, lists = rlp.split_list(data)
        count = len(items)
        if lists or not _REQUIRED_FIELDS <= count <= _ALL_FIELDS:
            raise DecodeError(f"a header has {_REQUIRED_FIELDS} to {_ALL_FIELDS} strings, not {count} items")
        return cls(*(read(item) for read, item in zip(_DECODERS, items, strict=False)))

    @classmethod
    def from_json(cls, value: Any) -> Header:
        """A header (or a block) in JSON-RPC form; raises :class:`DecodeError`.

        The object's ``hash`` is not looked at: compare it with :meth:`hash`.
        """
        obj = QuantityReader(value, "header")
        return cls(
            parent_hash=obj.hash("parentHash"),
            uncle_hash=obj.hash("sha3Uncles"),
            coinbase=obj.address("miner"),
            state_root=obj.hash("stateRoot"),
            transactions_root=obj.hash("transactionsRoot"),
            receipts_root=obj.hash("receiptsRoot"),
            logs_bloom=obj.fixed("logsBloom", 256),
            difficulty=obj.uint256("difficulty"),
            number=obj.uint64("number"),
            gas_limit=obj.uint64("gasLimit"),
            gas_used=obj.uint64("gasUsed"),
            time=obj.uint64("timestamp"),
            extra_data=obj.data("extraData"),
            mix_digest=obj.hash("mixHash"),
            nonce=obj.fixed("nonce", 8),
            base_fee=obj.optional("baseFeePerGas", obj.uint256),
            withdrawals_root=obj.optional("withdrawalsRoot", obj.hash),
            blob_gas_used=obj.optional("blobGasUsed", obj.uint64),
            excess_blob_gas=obj.optional("excessBlobGas", obj.uint64),
            parent_beacon_root=obj.optional("parentBeaconBlockRoot", obj.hash),
            requests_hash=obj.optional("requestsHash", obj.hash),
            block_access_list_hash=obj.optional("blockAccessListHash", obj.hash),
            slot_number=obj.optional("slotNumber", obj.uint64),
        )

    def to_json(self) -> dict[str, str]:
        """The JSON-RPC form, with the hash; fields of later forks are left out."""
        fields: dict[str, str | None] = {
            "parentHash": to_hex(self.parent_hash),
            "sha3Uncles": to_hex(self.uncle_hash),
            "miner": to_hex(self.coinbase),
            "stateRoot": to_hex(self.state_root),
            "transactionsRoot": to_hex(self.transactions_root),
            "receiptsRoot": to_hex(self.receipts_root),
            "logsBloom": to_hex(self.logs_bloom),
            "difficulty": to_quantity(self.difficulty),
            "number": to_quantity(self.number),
            "gasLimit": to_quantity(self.gas_limit),
            "gasUsed": to_quantity(self.gas_used),
            "timestamp": to_quantity(self.time),
            "extraData": to_hex(self.extra_data),
            "mixHash": to_hex(self.mix_digest),
            "nonce": to_hex(self.nonce),
            "baseFeePerGas": _shown(self.base_fee),
            "withdrawalsRoot": _shown(self.withdrawals_root),
            "blobGasUsed": _shown(self.blob_gas_used),
            "excessBlobGas": _shown(self.excess_blob_gas),
            "parentBeaconBlockRoot": _shown(self.parent_beacon_root),
            "requestsHash": _shown(self.requests_hash),
            "blockAccessListHash": _shown(self.block_access_list_hash),
            "slotNumber": _shown(self.slot_number),
            "hash": to_hex(self.hash()),
        }
        return {key: value for key, value in fields.items() if value is not None}


def _optional_uint(value: int | None) -> Any:
    return None if value is None else rlp.encode_uint(value)


def _optional_hash(value: Hash32 | None) -> Any:
    return None if value is None else b"\xa0" + value


def _shown(value: Hash32 | int | None) -> str | None:
    if value is None:
        return None
    return to_quantity(value) if isinstance(value, int) else to_hex(value)


def _fixed(size: int) -> Callable[[bytes], Any]:
    return lambda item: rlp.decode_fixed(item, size)


def _uint(bits: int) -> Callable[[bytes], Any]:
    return lambda item: rlp.decode_uint(item, bits)


def _any_bytes(item: bytes) -> Any:
    return item


_DECODERS: list[Callable[[bytes], Any]] = [
    *(_fixed(32), _fixed(32), _fixed(20), _fixed(32), _fixed(32), _fixed(32), _fixed(256)),
    *(_uint(256), _uint(64), _uint(64), _uint(64), _uint(64), _any_bytes, _fixed(32), _fixed(8)),
    *(_uint(256), _fixed(32), _uint(64), _uint(64), _fixed(32), _fixed(32), _fixed(32), _uint(64)),
]
