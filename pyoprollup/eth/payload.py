"""Execution payloads: a block as the engine, the gossip network and the batcher exchange it.

Specification: protocol/exec-engine.md, Engine API; protocol/isthmus/exec-engine.md, Update to
``ExecutionPayload``. One type serves all versions; what a version lacks is ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pyoprollup.errors import DecodeError
from pyoprollup.eth.headers import EMPTY_UNCLE_HASH, Header
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.refs import BlockID
from pyoprollup.eth.trie import ordered_trie_root
from pyoprollup.eth.types import Address, Hash32, to_hex, to_quantity
from pyoprollup.eth.withdrawals import Withdrawal

__all__ = ["EMPTY_REQUESTS_HASH", "MAX_EXTRA_DATA_SIZE", "ExecutionPayload", "ExecutionPayloadEnvelope"]

EMPTY_REQUESTS_HASH = Hash32(sha256(b"").digest())
"""Header field of a block without execution requests (EIP-7685), as all L2 blocks are."""

MAX_EXTRA_DATA_SIZE = 32

_NO_BLOOM, _NO_NONCE = bytes(256), bytes(8)


@dataclass(frozen=True, slots=True)
class ExecutionPayload:
    """A block without the header fields that follow from the others.

    ``withdrawals`` is ``None`` before Canyon and empty since; the blob gas fields exist since
    Ecotone; ``withdrawals_root`` exists since Isthmus and is the storage root of the L2-to-L1
    message passer. ``timestamp`` is in seconds.
    """

    parent_hash: Hash32
    fee_recipient: Address
    state_root: Hash32
    receipts_root: Hash32
    logs_bloom: bytes
    prev_randao: Hash32
    block_number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra_data: bytes
    base_fee_per_gas: int
    block_hash: Hash32
    transactions: tuple[bytes, ...]
    withdrawals: tuple[Withdrawal, ...] | None = None
    blob_gas_used: int | None = None
    excess_blob_gas: int | None = None
    withdrawals_root: Hash32 | None = None

    @property
    def id(self) -> BlockID:
        """Hash (as claimed) and number."""
        return BlockID(self.block_hash, self.block_number)

    @property
    def parent_id(self) -> BlockID:
        """Hash and number of the parent; the genesis block's is given number 0."""
        return BlockID(self.parent_hash, max(self.block_number - 1, 0))

    def header(self, parent_beacon_root: Hash32 | None = None) -> Header:
        """The header of the block that this payload describes."""
        withdrawals_root = self.withdrawals_root
        requests_hash = None if withdrawals_root is None else EMPTY_REQUESTS_HASH
        if withdrawals_root is None and self.withdrawals is not None:
            withdrawals_root = ordered_trie_root([withdrawal.encode() for withdrawal in self.withdrawals])
        return Header(
            parent_hash=self.parent_hash,
            uncle_hash=EMPTY_UNCLE_HASH,
            coinbase=self.fee_recipient,
            state_root=self.state_root,
            transactions_root=ordered_trie_root(self.transactions),
            receipts_root=self.receipts_root,
            logs_bloom=self.logs_bloom,
            difficulty=0,
            number=self.block_number,
            gas_limit=self.gas_limit,
            gas_used=self.gas_used,
            time=self.timestamp,
            extra_data=self.extra_data,
            mix_digest=self.prev_randao,
            nonce=_NO_NONCE,
            base_fee=self.base_fee_per_gas,
            withdrawals_root=withdrawals_root,
            blob_gas_used=self.blob_gas_used,
            excess_blob_gas=self.excess_blob_gas,
            parent_beacon_root=parent_beacon_root,
            requests_hash=requests_hash,
        )

    @classmethod
    def from_json(cls, value: Any) -> ExecutionPayload:
        """A payload in its Engine API form; raises :class:`DecodeError`.

        ``transactions`` may be ``null`` and ``logsBloom`` missing, as in payloads written by the
        reference's tools for empty blocks.
        """
        obj = QuantityReader(value, "payload")
        extra_data = obj.data("extraData")
        if len(extra_data) > MAX_EXTRA_DATA_SIZE:
            raise DecodeError(f"payload.extraData: at most 32 bytes, got {len(extra_data)}")
        withdrawals = obj.optional("withdrawals", obj.items)
        return cls(
            parent_hash=obj.hash("parentHash"),
            fee_recipient=obj.address("feeRecipient"),
            state_root=obj.hash("stateRoot"),
            receipts_root=obj.hash("receiptsRoot"),
            logs_bloom=obj.optional("logsBloom", lambda key: obj.fixed(key, 256)) or _NO_BLOOM,
            prev_randao=obj.hash("prevRandao"),
            block_number=obj.uint64("blockNumber"),
            gas_limit=obj.uint64("gasLimit"),
            gas_used=obj.uint64("gasUsed"),
            timestamp=obj.uint64("timestamp"),
            extra_data=extra_data,
            base_fee_per_gas=obj.uint256("baseFeePerGas"),
            block_hash=obj.hash("blockHash"),
            transactions=obj.optional("transactions", obj.data_list) or (),
            withdrawals=None
            if withdrawals is None
            else tuple([Withdrawal.from_json(w) for w in withdrawals]),
            blob_gas_used=obj.optional("blobGasUsed", obj.uint64),
            excess_blob_gas=obj.optional("excessBlobGas", obj.uint64),
            withdrawals_root=obj.optional("withdrawalsRoot", obj.hash),
        )

    def to_json(self) -> dict[str, Any]:
        """The Engine API form; fields of later versions are left out."""
        obj: dict[str, Any] = {
            "parentHash": to_hex(self.parent_hash),
            "feeRecipient": to_hex(self.fee_recipient),
            "stateRoot": to_hex(self.state_root),
            "receiptsRoot": to_hex(self.receipts_root),
            "logsBloom": to_hex(self.logs_bloom),
            "prevRandao": to_hex(self.prev_randao),
            "blockNumber": to_quantity(self.block_number),
            "gasLimit": to_quantity(self.gas_limit),
            "gasUsed": to_quantity(self.gas_used),
            "timestamp": to_quantity(self.timestamp),
            "extraData": to_hex(self.extra_data),
            "baseFeePerGas": to_quantity(self.base_fee_per_gas),
            "blockHash": to_hex(self.block_hash),
            "transactions": [to_hex(tx) for tx in self.transactions],
        }
        if self.withdrawals is not None:
            obj["withdrawals"] = [withdrawal.to_json() for withdrawal in self.withdrawals]
        if self.blob_gas_used is not None:
            obj["blobGasUsed"] = to_quantity(self.blob_gas_used)
        if self.excess_blob_gas is not None:
            obj["excessBlobGas"] = to_quantity(self.excess_blob_gas)
        if self.withdrawals_root is not None:
            obj["withdrawalsRoot"] = to_hex(self.withdrawals_root)
        return obj


@dataclass(frozen=True, slots=True)
class ExecutionPayloadEnvelope:
    """A payload together with the parent beacon block root, which it lacks (``None`` before Ecotone)."""

    payload: ExecutionPayload
    parent_beacon_block_root: Hash32 | None = None

    def compute_block_hash(self) -> Hash32:
        """The hash of the block, computed from its contents."""
        return self.payload.header(self.parent_beacon_block_root).hash()

    def check_block_hash(self) -> bool:
        """Whether the payload's block hash is that of its contents."""
        return self.compute_block_hash() == self.payload.block_hash

    @classmethod
    def from_json(cls, value: Any) -> ExecutionPayloadEnvelope:
        """An envelope in its Engine API form; raises :class:`DecodeError`."""
        obj = QuantityReader(value, "envelope")
        payload = ExecutionPayload.from_json(obj.object("executionPayload"))
        return cls(payload, obj.optional("parentBeaconBlockRoot", obj.hash))

    def to_json(self) -> dict[str, Any]:
        """The Engine API form."""
        obj: dict[str, Any] = {"executionPayload": self.payload.to_json()}
        if self.parent_beacon_block_root is not None:
            obj["parentBeaconBlockRoot"] = to_hex(self.parent_beacon_block_root)
        return obj
