"""The form of the rows that are more than a hash."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyoprollup.eth import rlp
from pyoprollup.eth.receipts import Receipt, decode_receipts
from pyoprollup.eth.types import Hash32
from pyoprollup.execution.store.errors import CorruptStore
from pyoprollup.execution.store.ports import ChainHeads, ChainIdentity, TransactionPlace

__all__ = [
    "Base",
    "decode_body",
    "decode_difference",
    "decode_heads",
    "decode_identity",
    "decode_places",
    "decode_receipt_list",
    "encode_body",
    "encode_difference",
    "encode_heads",
    "encode_identity",
    "encode_place",
    "encode_receipt_list",
    "number_key",
    "split_hashes",
]


def number_key(number: int) -> bytes:
    """Key of a block number."""
    return number.to_bytes(8, "big")


def split_hashes(data: bytes) -> list[Hash32]:
    """Hashes that stand one after the other."""
    return [Hash32(data[pos : pos + 32]) for pos in range(0, len(data), 32)]


# --- blocks


def encode_body(transactions: Iterable[bytes]) -> bytes:
    """Compressed, as calldata is mostly words with many zeros."""
    return zlib.compress(rlp.encode_list([rlp.encode_bytes(raw) for raw in transactions]), 1)


def decode_body(row: bytes) -> tuple[bytes, ...]:
    return tuple(rlp.split_list(zlib.decompress(row))[0])


def encode_receipt_list(receipts: Iterable[Receipt]) -> bytes:
    """Compressed: most of a receipt is its bloom, and most of that is zeros."""
    return zlib.compress(rlp.encode_list([rlp.encode_bytes(receipt.encode()) for receipt in receipts]), 1)


def decode_receipt_list(row: bytes) -> tuple[Receipt, ...]:
    return decode_receipts(rlp.split_list(zlib.decompress(row))[0])


def encode_place(block_hash: Hash32, index: int) -> bytes:
    return block_hash + index.to_bytes(4, "big")


def decode_places(row: bytes) -> list[TransactionPlace]:
    return [
        TransactionPlace(Hash32(row[pos : pos + 32]), int.from_bytes(row[pos + 32 : pos + 36], "big"))
        for pos in range(0, len(row), 36)
    ]


# --- what there is one of


def encode_heads(heads: ChainHeads) -> bytes:
    return heads.unsafe + heads.safe + heads.finalized


def decode_heads(row: bytes) -> ChainHeads:
    return ChainHeads(*split_hashes(row))


def encode_identity(identity: ChainIdentity, archive: bool) -> bytes:
    return bytes([archive]) + identity.chain_id.to_bytes(32, "big") + identity.genesis


def decode_identity(row: bytes) -> tuple[ChainIdentity, bool]:
    """The identity, and whether the store is an archive."""
    return ChainIdentity(int.from_bytes(row[1:33], "big"), Hash32(row[33:])), row[0] == 1


@dataclass(frozen=True, slots=True)
class Base:
    """The oldest block whose state is kept; all blocks with state descend from it."""

    number: int
    hash: Hash32

    def encode(self) -> bytes:
        return number_key(self.number) + self.hash

    @classmethod
    def decode(cls, row: bytes) -> Base:
        return cls(int.from_bytes(row[:8], "big"), Hash32(row[8:]))


# --- differences of states


def encode_difference(difference: Mapping[bytes, int]) -> bytes:
    """Each hash with how many more there are of it, 4 bytes, signed."""
    return b"".join(
        [key + count.to_bytes(4, "big", signed=True) for key, count in difference.items() if count]
    )


def decode_difference(row: bytes) -> list[tuple[bytes, int]]:
    if len(row) % 36:
        raise CorruptStore(f"a difference of states has {len(row)} bytes")
    return [
        (row[pos : pos + 32], int.from_bytes(row[pos + 32 : pos + 36], "big", signed=True))
        for pos in range(0, len(row), 36)
    ]
