"""SSZ of execution payloads, as gossip and the request-response protocol carry them.

Specification: protocol/rollup-node-p2p.md, Block encoding; protocol/isthmus/exec-engine.md.

Little-endian. The fixed part comes first; ``o4`` stands for the 4-byte offset of a dynamic field:

======= =====================================================================================
since   fields (bytes)
======= =====================================================================================
V1      parent_hash 32, fee_recipient 20, state_root 32, receipts_root 32, logs_bloom 256,
        prev_randao 32, block_number 8, gas_limit 8, gas_used 8, timestamp 8, extra_data o4,
        base_fee_per_gas 32, block_hash 32, transactions o4
V2      withdrawals o4 (Canyon)
V3      blob_gas_used 8, excess_blob_gas 8 (Ecotone)
V4      withdrawals_root 32 (Isthmus)
======= =====================================================================================

Then follow extra_data, transactions (a table of 4-byte offsets, then the bytes of each) and
withdrawals (44 bytes each), without gaps. From V3 on a payload travels in an envelope: the 32 bytes of
the parent beacon block root before it.
"""

from __future__ import annotations

import struct
from itertools import accumulate, pairwise

from pyoprollup.errors import DecodeError
from pyoprollup.eth.payload import MAX_EXTRA_DATA_SIZE, ExecutionPayload, ExecutionPayloadEnvelope
from pyoprollup.eth.payload_fields import BlockVersion, payload_version
from pyoprollup.eth.types import Hash32
from pyoprollup.eth.withdrawals import Withdrawal

__all__ = [
    "MAX_TRANSACTIONS",
    "MAX_WITHDRAWALS",
    "SszError",
    "decode_envelope",
    "decode_payload",
    "encode_envelope",
    "encode_payload",
]

MAX_TRANSACTIONS = 1 << 20
MAX_WITHDRAWALS = 1 << 4


class SszError(DecodeError):
    """Bytes are not the SSZ of a payload, or a payload has no SSZ form."""


_V1_LAYOUT = "<32s20s32s32s256s32sQQQQI32s32sI"
_FIXED = {
    BlockVersion.V1: struct.Struct(_V1_LAYOUT),
    BlockVersion.V2: struct.Struct(_V1_LAYOUT + "I"),
    BlockVersion.V3: struct.Struct(_V1_LAYOUT + "IQQ"),
    BlockVersion.V4: struct.Struct(_V1_LAYOUT + "IQQ32s"),
}
_HEAD_FIELDS = (
    *("parent_hash", "fee_recipient", "state_root", "receipts_root", "logs_bloom", "prev_randao"),
    *("block_number", "gas_limit", "gas_used", "timestamp"),
)
_V1_FIELDS = len(_HEAD_FIELDS) + 4
_WITHDRAWAL = struct.Struct("<QQ20sQ")


# --- Decoding


def decode_payload(version: BlockVersion, data: bytes) -> ExecutionPayload:
    """The payload that takes up all of ``data``; raises :class:`SszError`."""
    layout = _FIXED[version]
    total = len(data)
    if total < layout.size:
        raise SszError(f"{total} bytes are too few for a payload of version {version}")
    fields = layout.unpack_from(data)
    *head, extra_start, base_fee, block_hash, txs_start = fields[:_V1_FIELDS]
    later_fields = fields[_V1_FIELDS:]
    withdrawals_start = later_fields[0] if later_fields else total
    if extra_start != layout.size:
        raise SszError(f"extra data must begin at byte {layout.size}, not {extra_start}")
    if not extra_start <= txs_start <= withdrawals_start <= total:
        raise SszError(
            f"offsets {extra_start}, {txs_start}, {withdrawals_start} are not in order within {total}"
        )
    if txs_start - extra_start > MAX_EXTRA_DATA_SIZE:
        raise SszError(f"extra data of {txs_start - extra_start} bytes is too large")
    blob_gas_used, excess_blob_gas, withdrawals_root = (*later_fields[1:], None, None, None)[:3]
    return ExecutionPayload(
        **dict(zip(_HEAD_FIELDS, head, strict=True)),
        extra_data=data[extra_start:txs_start],
        base_fee_per_gas=int.from_bytes(base_fee, "little"),
        block_hash=block_hash,
        transactions=_decode_transactions(data[txs_start:withdrawals_start]),
        withdrawals=_decode_withdrawals(data[withdrawals_start:]) if later_fields else None,
        blob_gas_used=blob_gas_used,
        excess_blob_gas=excess_blob_gas,
        withdrawals_root=withdrawals_root,
    )


def _decode_transactions(data: bytes) -> tuple[bytes, ...]:
    total = len(data)
    if not total:
        return ()
    if total < 4:
        raise SszError("the offset of the first transaction is cut short")
    first = int.from_bytes(data[:4], "little")
    # The reference rejects an offset of 0 since December 2024; before, it took it for an empty list and
    # ignored the bytes that follow.
    if first == 0 or first % 4 or first > total:
        raise SszError(f"the first transaction cannot begin at byte {first} of {total}")
    count = first // 4
    if count > MAX_TRANSACTIONS:
        raise SszError(f"{count} transactions are too many")
    offsets = [*struct.unpack_from(f"<{count}I", data), total]
    if offsets != sorted(offsets):
        raise SszError("the offsets of the transactions are not in order")
    return tuple([data[start:stop] for start, stop in pairwise(offsets)])


def _decode_withdrawals(data: bytes) -> tuple[Withdrawal, ...]:
    if len(data) % _WITHDRAWAL.size:
        raise SszError(f"withdrawals take {_WITHDRAWAL.size} bytes each, not {len(data)} together")
    if len(data) > MAX_WITHDRAWALS * _WITHDRAWAL.size:
        raise SszError("too many withdrawals")
    return tuple([Withdrawal(*fields) for fields in _WITHDRAWAL.iter_unpack(data)])


def decode_envelope(version: BlockVersion, data: bytes) -> ExecutionPayloadEnvelope:
    """Parent beacon block root and payload (V3 or V4); raises :class:`SszError`."""
    if len(data) < 32:
        raise SszError(f"{len(data)} bytes are too few for an envelope")
    return ExecutionPayloadEnvelope(decode_payload(version, data[32:]), Hash32(data[:32]))


# --- Encoding


def encode_payload(payload: ExecutionPayload) -> bytes:
    """SSZ of a payload in its :func:`payload_version`.

    Raises :class:`SszError` if the payload mixes the fields of several versions, or has a number that
    is too large.
    """
    version = payload_version(payload)
    if payload.withdrawals is None and version is not BlockVersion.V1:
        raise SszError("a payload with blob gas fields needs a list of withdrawals")
    layout = _FIXED[version]
    transactions = _encode_transactions(payload.transactions)
    txs_start = layout.size + len(payload.extra_data)
    later_fields = (
        txs_start + len(transactions),
        payload.blob_gas_used,
        payload.excess_blob_gas,
        payload.withdrawals_root,
    )[: (0, 1, 3, 4)[version - 1]]
    try:
        fixed = layout.pack(
            *(payload.parent_hash, payload.fee_recipient, payload.state_root, payload.receipts_root),
            *(payload.logs_bloom, payload.prev_randao, payload.block_number, payload.gas_limit),
            *(payload.gas_used, payload.timestamp, layout.size),
            payload.base_fee_per_gas.to_bytes(32, "little"),
            *(payload.block_hash, txs_start, *later_fields),
        )
        withdrawals = [_encode_withdrawal(withdrawal) for withdrawal in payload.withdrawals or ()]
    except (struct.error, OverflowError) as exc:
        raise SszError(f"a number of the payload does not fit its field: {exc}") from exc
    return b"".join((fixed, payload.extra_data, transactions, *withdrawals))


def _encode_transactions(transactions: tuple[bytes, ...]) -> bytes:
    count = len(transactions)
    sizes = map(len, transactions[:-1])
    offsets = accumulate(sizes, initial=4 * count) if count else ()
    return b"".join((struct.pack(f"<{count}I", *offsets), *transactions))


def _encode_withdrawal(withdrawal: Withdrawal) -> bytes:
    return _WITHDRAWAL.pack(
        withdrawal.index, withdrawal.validator_index, withdrawal.address, withdrawal.amount
    )


def encode_envelope(envelope: ExecutionPayloadEnvelope) -> bytes:
    """SSZ of an envelope; raises :class:`SszError` if it has no parent beacon block root."""
    if envelope.parent_beacon_block_root is None:
        raise SszError("an envelope needs a parent beacon block root")
    return envelope.parent_beacon_block_root + encode_payload(envelope.payload)
