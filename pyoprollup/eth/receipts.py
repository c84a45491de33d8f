"""Receipts and logs: EIP-2718 bytes, and reading them from JSON-RPC.

A receipt is the RLP list ``[status, cumulativeGasUsed, bloom, logs]``, after the transaction's
type byte unless that is legacy. The receipt of a deposit (type ``0x7E``) has two more fields. Types that are
not known are read by the common layout: an L1 fork that brings a type must not hide a deposit in its logs.

The place of a log in its block is counted here, never read: no root covers the ``logIndex`` of an answer,
nodes get it wrong, and the source hash of a deposit hangs on it.

Specification: protocol/deposits.md, Deposit Receipt; protocol/canyon/overview.md, Execution Layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.deposit_tx import DEPOSIT_TX_TYPE
from pyoprollup.eth.quantity_reader import QuantityReader
from pyoprollup.eth.types import Address, Hash32, to_hex, to_quantity

__all__ = ["EMPTY_BLOOM", "RECEIPT_SUCCESSFUL", "Log", "Receipt", "decode_receipts", "receipts_from_json"]

EMPTY_BLOOM = bytes(256)
RECEIPT_SUCCESSFUL = 1

T = TypeVar("T")
_MAX_TYPE = 0x7F
"""EIP-2718: a byte above would be the beginning of an RLP list."""


class Log(NamedTuple):
    """An event of a contract. ``log_index`` counts through the block; RLP does not carry it.

    A tuple rather than a dataclass: an L1 block has hundreds.
    """

    address: Address
    topics: tuple[Hash32, ...]
    data: bytes
    log_index: int = 0

    def to_json(self) -> dict[str, Any]:
        """The JSON-RPC form, without what it says about block and transaction."""
        return {
            "address": to_hex(self.address),
            "topics": [to_hex(topic) for topic in self.topics],
            "data": to_hex(self.data),
            "logIndex": to_quantity(self.log_index),
        }

    def encode(self) -> bytes:
        """RLP of the log."""
        topics = rlp.encode_list([b"\xa0" + topic for topic in self.topics])
        return rlp.encode_list((b"\x94" + self.address, topics, rlp.encode_bytes(self.data)))

    @classmethod
    def decode(cls, data: bytes, log_index: int = 0) -> Log:
        """A log from its RLP; raises :class:`DecodeError`."""
        items, lists = rlp.split_list(data)
        if len(items) != 3 or lists != [1]:
            raise DecodeError("a log is an address, a list of topics, and data")
        address, topics, payload = items
        return cls(
            Address(rlp.decode_fixed(address, 20)),
            cast("tuple[Hash32, ...]", rlp.decode_fixed_list(topics, 32)),
            payload,
            log_index,
        )

    @classmethod
    def from_json(cls, value: Any, log_index: int = 0) -> Log:
        """A log in its JSON-RPC form; raises :class:`DecodeError`.

        The index that the form gives is not looked at: ``log_index`` is how many logs come before it.
        """
        obj = QuantityReader(value, "log")
        return cls(obj.address("address"), obj.hash_list("topics"), obj.data("data"), log_index)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of a transaction.

    ``status`` is 1 for success and 0 for failure. ``post_state`` replaces it in receipts from before
    Byzantium, whose ``status`` reads 0. ``deposit_nonce`` (since Regolith) and
    ``deposit_receipt_version`` (since Canyon) are of deposits only.
    """

    type: int = 0
    status: int = 0
    cumulative_gas_used: int = 0
    bloom: bytes = EMPTY_BLOOM
    logs: tuple[Log, ...] = ()
    deposit_nonce: int | None = None
    deposit_receipt_version: int | None = None
    post_state: Hash32 | None = None

    def to_json(self) -> dict[str, Any]:
        """The JSON-RPC form, without what it says about block and transaction."""
        fields: dict[str, Any] = {
            "type": to_quantity(self.type),
            "cumulativeGasUsed": to_quantity(self.cumulative_gas_used),
            "logsBloom": to_hex(self.bloom),
            "logs": [log.to_json() for log in self.logs],
        }
        if self.post_state is None:
            fields["status"] = to_quantity(self.status)
        else:
            fields["root"] = to_hex(self.post_state)
        if self.deposit_nonce is not None:
            fields["depositNonce"] = to_quantity(self.deposit_nonce)
        if self.deposit_receipt_version is not None:
            fields["depositReceiptVersion"] = to_quantity(self.deposit_receipt_version)
        return fields

    def encode(self) -> bytes:
        """The EIP-2718 bytes of the receipt."""
        items = self._consensus_items()
        if self.deposit_nonce is not None or self.deposit_receipt_version is not None:
            items.append(rlp.encode_uint(self.deposit_nonce or 0))
        if self.deposit_receipt_version is not None:
            items.append(rlp.encode_uint(self.deposit_receipt_version))
        return self._with_type(rlp.encode_list(items))

    def encode_for_root(self) -> bytes:
        """The bytes that the receipts root commits to.

        They differ from :meth:`encode` for a deposit without a receipt version: from Regolith until
        Canyon, the deposit's nonce was part of the receipt but not of the commitment.
        """
        if self.deposit_receipt_version is not None:
            return self.encode()
        return self._with_type(rlp.encode_list(self._consensus_items()))

    def _consensus_items(self) -> list[bytes]:
        status = rlp.encode_uint(self.status) if self.post_state is None else b"\xa0" + self.post_state
        logs = rlp.encode_list([log.encode() for log in self.logs])
        return [status, rlp.encode_uint(self.cumulative_gas_used), b"\xb9\x01\x00" + self.bloom, logs]

    def _with_type(self, body: bytes) -> bytes:
        return bytes([self.type]) + body if self.type else body

    @classmethod
    def decode(cls, raw: bytes, first_log_index: int = 0) -> Receipt:
        """Decode EIP-2718 bytes; raises :class:`DecodeError`.

        ``first_log_index`` is the number of logs before this receipt in its block.
        """
        kind = raw[0] if raw else -1
        if kind >= 0xC0:
            kind = 0
        elif not 0 < kind <= _MAX_TYPE:
            raise DecodeError(f"there is no receipt type 0x{raw[:1].hex()}")
        items, lists = rlp.split_list(raw, 1 if kind else 0)
        extra = items[4:]
        if len(items) < 4 or lists != [3] or len(extra) > (2 if kind == DEPOSIT_TX_TYPE else 0):
            raise DecodeError(f"wrong fields for a receipt of type {kind}")
        status, post_state = _decode_status(items[0])
        logs = enumerate(rlp.split_raw(items[3]), first_log_index)
        return cls(
            type=kind,
            status=status,
            cumulative_gas_used=rlp.decode_uint(items[1], 64),
            bloom=rlp.decode_fixed(items[2], 256),
            logs=tuple([Log.decode(log, index) for index, log in logs]),
            deposit_nonce=rlp.decode_uint(extra[0], 64) if extra else None,
            deposit_receipt_version=rlp.decode_uint(extra[1], 64) if len(extra) == 2 else None,
            post_state=post_state,
        )

    @classmethod
    def from_json(cls, value: Any, first_log_index: int = 0) -> Receipt:
        """A receipt in its JSON-RPC form; raises :class:`DecodeError`.

        ``first_log_index`` is the number of logs before this receipt in its block. Every field but the logs
        may be missing and then has the value of an empty receipt: whoever needs the receipts to be complete
        compares their root with the block's.
        """
        obj = QuantityReader(value, "receipt")
        kind = obj.optional("type", obj.uint64) or 0
        if kind > _MAX_TYPE:
            raise DecodeError(f"there is no receipt type {kind:#x}")
        logs = enumerate(obj.optional("logs", obj.items) or (), first_log_index)
        return cls(
            type=kind,
            status=obj.optional("status", obj.uint64) or 0,
            cumulative_gas_used=obj.optional("cumulativeGasUsed", obj.uint64) or 0,
            bloom=obj.optional("logsBloom", lambda key: obj.fixed(key, 256)) or EMPTY_BLOOM,
            logs=tuple([Log.from_json(log, index) for index, log in logs]),
            deposit_nonce=obj.optional("depositNonce", obj.uint64),
            deposit_receipt_version=obj.optional("depositReceiptVersion", obj.uint64),
            post_state=obj.optional("root", obj.hash),
        )


def decode_receipts(raw: Iterable[bytes]) -> tuple[Receipt, ...]:
    """The receipts of a block, with logs numbered through it; raises :class:`DecodeError`."""
    return _numbered(raw, Receipt.decode)


def receipts_from_json(values: Iterable[Any]) -> tuple[Receipt, ...]:
    """The same from their JSON-RPC form, which must be those of the whole block, in order."""
    return _numbered(values, Receipt.from_json)


def _numbered(values: Iterable[T], read: Callable[[T, int], Receipt]) -> tuple[Receipt, ...]:
    """Receipts, each read with the number of logs before it."""
    receipts: list[Receipt] = []
    log_count = 0
    for value in values:
        receipt = read(value, log_count)
        log_count += len(receipt.logs)
        receipts.append(receipt)
    return tuple(receipts)


def _decode_status(item: bytes) -> tuple[int, Hash32 | None]:
    if item == b"\x01":
        return 1, None
    if not item:
        return 0, None
    if len(item) == 32:
        return 0, Hash32(item)
    raise DecodeError(f"a receipt's status is 0, 1 or a state root, not 0x{item.hex()[:80]}")
