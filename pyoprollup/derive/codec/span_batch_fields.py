"""The fields of one transaction's data in a span batch, each decoded and checked as the reference does.

Legacy transactions have the RLP list ``value, gas price, data``. Type 1 has ``value, gas price, data, access
list`` behind its type byte; types 2 and 4 have a tip before the fee cap, and type 4 ends with an
authorization list.

Specification: protocol/delta/span-batches.md, Span batch format.
"""

from __future__ import annotations

from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp

__all__ = ["ACCESS_LIST", "DYNAMIC_FEE", "LEGACY", "SET_CODE", "SpanBatchDeriveError", "split_fields"]

LEGACY, ACCESS_LIST, DYNAMIC_FEE, SET_CODE = 0, 1, 2, 4
"""Types of transactions whose data are such fields."""


class SpanBatchDeriveError(DecodeError):
    """A transaction of a structurally sound span batch is malformed."""


def split_fields(data: bytes, start: int, end: int, kind: int) -> tuple[int, int, int]:
    """Positions of value, fees and rest, every field checked as the reference does.

    Raises :class:`SpanBatchDeriveError`.
    """
    encoded = data[start:end]
    if not kind and encoded[0] == 0:
        raise SpanBatchDeriveError("transaction type 0x0 is not supported")
    payload = encoded[1:] if kind else encoded
    try:
        fields = rlp.split_raw(payload)
        expected = {LEGACY: 3, ACCESS_LIST: 4, DYNAMIC_FEE: 5, SET_CODE: 6}[kind]
        if len(fields) != expected:
            raise SpanBatchDeriveError(f"type {kind}: {len(fields)} fields, expected {expected}")
        numbers = 3 if kind in (DYNAMIC_FEE, SET_CODE) else 2
        for field in fields[:numbers]:
            _check_uint(field, 32 if kind == SET_CODE else None)
        rlp.decode_bytes(fields[numbers])
        if kind:
            _check_access_list(fields[numbers + 1])
        if kind == SET_CODE:
            _check_authorization_list(fields[numbers + 2])
    except SpanBatchDeriveError:
        raise
    except DecodeError as exc:
        raise SpanBatchDeriveError(f"type {kind} transaction: {exc}") from exc
    pos = end - sum(map(len, fields))
    fee = pos + len(fields[0])
    return pos, fee, fee + sum(map(len, fields[1:numbers]))


def _check_uint(encoded: bytes, max_length: int | None) -> None:
    payload = rlp.decode_bytes(encoded)
    if payload[:1] == b"\0":
        raise SpanBatchDeriveError("integer with leading zeros")
    if max_length is not None and len(payload) > max_length:
        raise SpanBatchDeriveError(f"integer of {len(payload)} bytes, limit {max_length}")


def _check_fixed(encoded: bytes, length: int) -> None:
    if len(rlp.decode_bytes(encoded)) != length:
        raise SpanBatchDeriveError(f"string of {len(encoded) - 1} bytes, expected {length}")


def _check_access_list(encoded: bytes) -> None:
    for entry in rlp.split_raw(encoded):
        address, keys = _fields(entry, 2)
        _check_fixed(address, 20)
        for key in rlp.split_raw(keys):
            _check_fixed(key, 32)


def _check_authorization_list(encoded: bytes) -> None:
    for entry in rlp.split_raw(encoded):
        chain_id, address, nonce, parity, r, s = _fields(entry, 6)
        _check_fixed(address, 20)
        for field, length in zip((chain_id, nonce, parity, r, s), (32, 8, 1, 32, 32), strict=True):
            _check_uint(field, length)


def _fields(encoded: bytes, count: int) -> list[bytes]:
    fields = rlp.split_raw(encoded)
    if len(fields) != count:
        raise SpanBatchDeriveError(f"list of {len(fields)} items, expected {count}")
    return fields
