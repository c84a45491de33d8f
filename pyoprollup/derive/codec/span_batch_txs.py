"""From the columns of a span batch to full transactions, by splicing.

The batch keeps a transaction's value, fees and data in canonical RLP, and a full transaction of
every type is ``header, [chain id], nonce, fees, gas, to, value, data…, v, r, s``. So nothing is
decoded and encoded again: each transaction's fields are only *found* (and their form checked), and
ten byte strings are joined. A fast walk takes the usual shapes; whatever it is not sure of goes to
:mod:`~pyoprollup.derive.codec.span_batch_fields`, which alone decides what is an error.

Twin: pyoprollup.derive.codec.span_batch_fields; held equal by tests/unit/derive/codec/test_span_batch_txs.py.

A transaction of type 0x7d is its data; nothing of the other columns goes into it.

Specification: protocol/delta/span-batches.md; for type 4 protocol/isthmus/derivation.md; type 0x7d as in
op-node v1.19.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import add
from struct import iter_unpack

from pyoprollup.derive.codec.bitlist import bits_to_text
from pyoprollup.derive.codec.raw_span_batch import RawSpanBatchTxs
from pyoprollup.derive.codec.span_batch_fields import (
    ACCESS_LIST,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    SpanBatchDeriveError,
    split_fields,
)
from pyoprollup.eth.rlp import encode_uint
from pyoprollup.eth.transactions import POST_EXEC_TX_TYPE

__all__ = ["SpanBatchDeriveError", "full_transactions"]

_TYPES = bytes((LEGACY, ACCESS_LIST, DYNAMIC_FEE, SET_CODE))
_POST_EXEC = bytes((POST_EXEC_TX_TYPE,))
_CHUNK_BYTES = 1 << 20
"""Transactions are assembled in chunks of about this size, so that the columns of a batch of
hundreds of megabytes are never all in memory at once."""

_FAR = 1 << 60
# By first byte: length of an integer's encoding, header included (a leading zero byte is no
# integer, and integers above 55 bytes are left to the exact path) …
_SKIP = [_FAR] + [1] * 0x7F + [1 + size for size in range(56)] + [_FAR] * 72
# … and the least byte that may follow: a one-byte string must not fit a single byte, and longer
# integers must not start with zero.
_NEXT = [0] * 129 + [0x80] + [1] * 54 + [0] * 72


def full_transactions(txs: RawSpanBatchTxs, chain_id: int, post_exec: bool = True) -> list[bytes]:
    """All transactions of a span batch in their canonical 2718 encoding.

    ``post_exec`` says whether type 0x7d is known. Raises :class:`SpanBatchDeriveError`.
    """
    total = len(txs)
    if not total:
        return []
    unknown = txs.types.translate(None, _TYPES + _POST_EXEC if post_exec else _TYPES)
    if unknown:
        raise SpanBatchDeriveError(f"transaction type {unknown[0]:#x} is not supported")
    values = _signature_values(txs, total, chain_id)
    recipients = _recipients(txs, total)
    chain_ids = [b"", *[encode_uint(chain_id)] * SET_CODE]
    heads = _Heads()
    out: list[bytes] = []
    start = 0
    while start < total:
        stop = txs.types.find(_POST_EXEC, start)
        stop = total if stop < 0 else stop
        for first, last in _chunks(txs.bounds, start, stop):
            out.extend(_assemble(txs, first, last, values, recipients, chain_ids, heads))
        if stop < total:
            out.append(txs.buffer[txs.bounds[stop] : txs.bounds[stop + 1]])
        start = stop + 1
    return out


def _chunks(bounds: object, first: int, total: int) -> Iterator[tuple[int, int]]:
    step = 4096
    while first < total:
        last = min(total, first + step)
        while last - first > 1 and bounds[last] - bounds[first] > _CHUNK_BYTES:  # type: ignore[index]
            last = first + (last - first) // 2
        yield first, last
        first = last


def _signature_values(txs: RawSpanBatchTxs, total: int, chain_id: int) -> list[bytes]:
    """RLP of each transaction's v (or y parity)."""
    parities = bits_to_text(txs.y_parity_bits, total)
    typed = {"0": b"\x80", "1": b"\x01"}
    legacy_count = txs.types.count(LEGACY)
    if not legacy_count:
        return list(map(typed.__getitem__, parities))
    base = (chain_id << 1) + 35
    legacy = {"00": b"\x1b", "01": b"\x1c", "10": encode_uint(base), "11": encode_uint(base + 1)}
    protected = iter(bits_to_text(txs.protected_bits, legacy_count))
    return [
        typed[parity] if kind else legacy[next(protected) + parity]
        for kind, parity in zip(txs.types, parities, strict=True)
    ]


def _recipients(txs: RawSpanBatchTxs, total: int) -> list[bytes]:
    """RLP of each transaction's recipient; the empty string creates a contract."""
    creations = bits_to_text(txs.contract_creation_bits, total)
    present = [b"\x94" + to for (to,) in iter_unpack("20s", txs.tos)]
    if len(present) == total:
        return present
    recipients = iter(present)
    out = [b"\x80" if bit == "1" else next(recipients) for bit in creations]
    for kind, to in zip(txs.types, out, strict=True):
        if kind == SET_CODE and len(to) == 1:
            raise SpanBatchDeriveError("set-code transaction without a recipient")
    return out


def _signatures(raw: bytes) -> list[bytes]:
    """RLP of each r and s, joined."""
    joined = b"\xa0" + b"\xa0".join([word for (word,) in iter_unpack("32s", raw)])
    out = [pair for (pair,) in iter_unpack("66s", joined)]
    # One word in 256 has leading zeros and a shorter encoding; find them in one strided pass.
    tops = raw[::32]
    at = tops.find(0)
    while at >= 0:
        index = at >> 1
        pair = raw[64 * index : 64 * index + 64]
        out[index] = b"".join(encode_uint(int.from_bytes(word, "big")) for word in (pair[:32], pair[32:]))
        at = tops.find(0, at + 1)
    return out


class _Heads(dict[int, bytes]):
    """``type << 40 | length of the list's payload`` → type byte and list header."""

    def __missing__(self, key: int) -> bytes:
        kind, size = key >> 40, key & 0xFF_FFFF_FFFF
        prefix = bytes((kind,)) if kind else b""
        if size < 56:
            header = bytes((0xC0 + size,))
        else:
            length = size.to_bytes((size.bit_length() + 7) // 8, "big")
            header = bytes((0xF7 + len(length),)) + length
        if len(self) < 65536:
            self[key] = prefix + header
        return prefix + header


_KIND_KEYS = [kind << 40 for kind in range(5)]


def _assemble(
    txs: RawSpanBatchTxs,
    first: int,
    last: int,
    values: list[bytes],
    recipients: list[bytes],
    chain_ids: list[bytes],
    heads: _Heads,
) -> Iterator[bytes]:
    """Transactions ``first`` to ``last`` of the batch, from whole columns and from their chunk's."""
    amounts, fees, rests = _split(txs, first, last)
    kinds = txs.types[first:last]
    columns = (
        map(chain_ids.__getitem__, kinds),
        txs.nonces[first:last],
        fees,
        txs.gases[first:last],
        recipients[first:last],
        amounts,
        rests,
        values[first:last],
        _signatures(txs.signatures[64 * first : 64 * last]),
    )
    # bytes.join has a fast path for up to ten parts.
    payloads = list(map(b"".join, zip(*columns, strict=True)))
    keys = map(add, map(_KIND_KEYS.__getitem__, kinds), map(len, payloads))
    return map(add, map(heads.__getitem__, keys), payloads)


def _split(txs: RawSpanBatchTxs, first: int, last: int) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Columns of values, fees, and the rest (data, access list, …) of each transaction data."""
    data, skip, least = txs.buffer, _SKIP, _NEXT
    amounts: list[bytes] = []
    fees: list[bytes] = []
    rests: list[bytes] = []
    start = txs.bounds[first]
    for kind, end in zip(txs.types[first:last], txs.bounds[first + 1 : last + 1], strict=True):
        try:
            pos = start + 1 if kind else start
            byte = data[pos]
            pos += 1 if byte < 0xF8 else byte - 0xF6
            byte = data[pos]
            fee = pos + skip[byte]
            price = data[fee]
            rest = fee + skip[price]
            fine = data[pos + 1] >= least[byte] and data[fee + 1] >= least[price]
            byte = data[rest]
            if kind == DYNAMIC_FEE:
                fine = fine and data[rest + 1] >= least[byte]
                rest += skip[byte]
                byte = data[rest]
            if byte < 0x80:
                after = rest + 1
            elif byte < 0xB8:
                after = rest + byte - 0x7F
                fine = fine and (byte != 0x81 or data[rest + 1] > 0x7F)
            elif byte == 0xB8:
                byte = data[rest + 1]
                after = rest + 2 + byte
                fine = fine and byte > 55
            else:
                after = rest + 3 + (data[rest + 1] << 8 | data[rest + 2])
                fine = fine and byte == 0xB9 and data[rest + 1] > 0
            if kind:
                fine = fine and kind < SET_CODE and data[after] == 0xC0 and after + 1 == end
            else:
                fine = fine and after == end and data[start] > 0
        except IndexError:
            fine = False
        if not fine:
            pos, fee, rest = split_fields(data, start, end, kind)
        amounts.append(data[pos:fee])
        fees.append(data[fee:rest])
        rests.append(data[rest:end])
        start = end
    return amounts, fees, rests
