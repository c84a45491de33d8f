"""Builds span batches from singular batches, one block at a time.

The columns of the encoding are kept as they grow, so adding a block costs as much as its own
transactions and encoding joins each column once.

Specification: protocol/delta/span-batches.md, Span batch format.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

from pyoprollup.derive.codec.bitlist import bits_to_bytes
from pyoprollup.derive.codec.raw_span_batch import RawSpanBatch, RawSpanBatchTxs
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.uvarint import encode_uvarint
from pyoprollup.errors import DecodeError, RollupError
from pyoprollup.eth import rlp
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.rlp import encode_list, encode_uint
from pyoprollup.eth.transactions import POST_EXEC_TX_TYPE, Transaction, decode_transaction
from pyoprollup.eth.types import U64_MAX

__all__ = ["SpanBatchBuildError", "SpanBatchBuilder"]

_LEGACY, _DYNAMIC_FEE, _SET_CODE = 0, 2, 4
_POST_EXEC = bytes((POST_EXEC_TX_TYPE,))
_ZERO = encode_uint(0)


class SpanBatchBuildError(RollupError):
    """A block or one of its transactions cannot be part of the span batch."""


class Checkpoint(NamedTuple):
    """How far a builder had come."""

    first: SingularBatch | None
    last: SingularBatch | None
    blocks: int
    txs: int
    data_size: int
    varint_size: int


class SpanBatchBuilder:
    """Collects blocks. ``genesis_time`` is the L2 genesis time in seconds."""

    def __init__(self, genesis_time: int, chain_id: int) -> None:
        self._genesis_time = genesis_time
        self._chain_id = chain_id
        self._first: SingularBatch | None = None
        self._last: SingularBatch | None = None
        self._origin_bits: list[bool] = []
        self._tx_counts = array("I")
        self._creations: list[bool] = []
        self._parities: list[bool] = []
        self._protected: list[bool] = []
        self._signatures: list[bytes] = []
        self._tos: list[bytes] = []
        self._datas: list[bytes] = []
        self._types = bytearray()
        self._nonces: list[bytes] = []
        self._gases: list[bytes] = []
        self._data_size = 0
        self._varint_size = 0

    def __len__(self) -> int:
        """Number of blocks."""
        return len(self._origin_bits)

    def add_singular_batch(self, batch: SingularBatch, sequence_number: int) -> None:
        """Append a block; ``sequence_number`` is its distance from the first of its epoch.

        Raises :class:`SpanBatchBuildError`, and then nothing was added.
        """
        previous = self._last
        if previous is not None and previous.timestamp > batch.timestamp:
            raise SpanBatchBuildError(f"block at {batch.timestamp} cannot follow one at {previous.timestamp}")
        rows = [self._row(tx) for tx in batch.transactions]
        if previous is None:
            self._first = batch
            self._origin_bits.append(sequence_number == 0)
        else:
            self._origin_bits.append(previous.epoch_num < batch.epoch_num)
        self._last = batch
        self._tx_counts.append(len(rows))
        self._varint_size += len(encode_uvarint(len(rows)))
        for row in rows:
            self._append(*row)

    def _append(
        self,
        kind: int,
        data: bytes,
        nonce: bytes,
        gas: bytes,
        to: bytes | None,
        signature: bytes,
        parity: bool,
        protected: bool,
    ) -> None:
        self._types.append(kind)
        self._datas.append(data)
        self._data_size += len(data)
        self._varint_size += _varint_size(nonce) + _varint_size(gas)
        self._nonces.append(nonce)
        self._gases.append(gas)
        self._creations.append(to is None)
        if to is not None:
            self._tos.append(to)
        self._signatures.append(signature)
        self._parities.append(parity)
        if kind == _LEGACY:
            self._protected.append(protected)

    def _row(self, raw: bytes) -> tuple[int, bytes, bytes, bytes, bytes | None, bytes, bool, bool]:
        if raw[:1] == _POST_EXEC:
            # It is all data: opaque, unsigned, from nobody to nobody.
            return POST_EXEC_TX_TYPE, raw, _ZERO, _ZERO, None, bytes(64), False, False
        try:
            tx = decode_transaction(raw)
        except DecodeError as exc:
            raise SpanBatchBuildError(f"transaction does not decode: {exc}") from exc
        if isinstance(tx, DepositTransaction) or tx.type not in (0, 1, _DYNAMIC_FEE, _SET_CODE):
            raise SpanBatchBuildError(f"transaction type {raw[0]:#x} does not go into span batches")
        protected = self._check_chain(tx)
        parity = _y_parity(tx)
        fields = rlp.split_raw(raw[1:] if tx.type else raw)
        signature = b"".join((number & _U256_MAX).to_bytes(32, "big") for number in (tx.r, tx.s))
        return (
            tx.type,
            _span_data(tx.type, fields),
            encode_uint(tx.nonce),
            encode_uint(tx.gas),
            tx.to,
            signature,
            parity,
            protected,
        )

    def _check_chain(self, tx: Transaction) -> bool:
        """Whether the transaction is bound to a chain; it must be ours then."""
        if tx.type:
            protected, chain_id = True, tx.chain_id
        else:
            protected = tx.v not in (0, 1, 27, 28)
            chain_id = (tx.v - 35 & U64_MAX if tx.v <= U64_MAX else tx.v - 35) >> 1
        if protected and chain_id != self._chain_id:
            raise SpanBatchBuildError(
                f"transaction for chain {chain_id}, the span batch is for {self._chain_id}"
            )
        return protected

    def checkpoint(self) -> Checkpoint:
        """What :meth:`restore` needs to take back the blocks that are added after this."""
        return Checkpoint(
            self._first, self._last, len(self), len(self._types), self._data_size, self._varint_size
        )

    def restore(self, point: Checkpoint) -> None:
        """Take back all blocks that were added since the checkpoint."""
        self._first, self._last = point.first, point.last
        self._data_size, self._varint_size = point.data_size, point.varint_size
        creations = sum(self._creations[: point.txs])
        legacy = self._types.count(_LEGACY, 0, point.txs)
        del self._origin_bits[point.blocks :], self._tx_counts[point.blocks :]
        del self._tos[point.txs - creations :], self._protected[legacy:]
        del self._creations[point.txs :], self._parities[point.txs :]
        del self._signatures[point.txs :], self._datas[point.txs :], self._types[point.txs :]
        del self._nonces[point.txs :], self._gases[point.txs :]

    def rlp_size(self) -> int:
        """Size of the batch in a channel, without encoding it."""
        if self._first is None or self._last is None:
            raise SpanBatchBuildError("span batch has no block")
        blocks, txs = len(self), len(self._types)
        size = (
            1
            + len(encode_uvarint(self._first.timestamp - self._genesis_time & U64_MAX))
            + len(encode_uvarint(self._last.epoch_num))
            + 40
            + len(encode_uvarint(blocks))
            + (blocks + 7) // 8
            + 2 * ((txs + 7) // 8)
            + 64 * txs
            + 20 * len(self._tos)
            + self._data_size
            + self._varint_size
            + (len(self._protected) + 7) // 8
        )
        return size + _header_size(size)

    def raw_span_batch(self) -> RawSpanBatch:
        """The batch so far. Raises :class:`SpanBatchBuildError` when it has no block."""
        if self._first is None or self._last is None:
            raise SpanBatchBuildError("span batch has no block")
        buffer = b"".join(self._datas)
        bounds = array("Q", [0])
        for data in self._datas:
            bounds.append(bounds[-1] + len(data))
        return RawSpanBatch(
            rel_timestamp=self._first.timestamp - self._genesis_time & U64_MAX,
            l1_origin_num=self._last.epoch_num,
            parent_check=self._first.parent_hash[:20],
            l1_origin_check=self._last.epoch_hash[:20],
            block_count=len(self),
            origin_bits=bits_to_bytes(self._origin_bits),
            block_tx_counts=self._tx_counts[:],
            txs=RawSpanBatchTxs(
                bits_to_bytes(self._creations),
                bits_to_bytes(self._parities),
                b"".join(self._signatures),
                b"".join(self._tos),
                buffer,
                bounds,
                bytes(self._types),
                list(self._nonces),
                list(self._gases),
                bits_to_bytes(self._protected),
            ),
        )


def _varint_size(encoded: bytes) -> int:
    """Bytes that an RLP integer takes as a varint."""
    value = int.from_bytes(encoded if encoded[0] < 0x80 else encoded[1:], "big")
    return max(1, (value.bit_length() + 6) // 7)


def _header_size(size: int) -> int:
    """Bytes of the RLP header of a string of ``size`` bytes."""
    return 1 if size < 56 else 1 + (size.bit_length() + 7) // 8


_U256_MAX = (1 << 256) - 1


def _y_parity(tx: Transaction) -> bool:
    if tx.type:
        if tx.v > 1:
            raise SpanBatchBuildError(f"y parity {tx.v} of a typed transaction")
        return bool(tx.v)
    if tx.v in (27, 28):
        return tx.v == 28
    return bool(tx.v - 35 & 1)


def _span_data(kind: int, fields: list[bytes]) -> bytes:
    """The part of a transaction that stays together in a span batch."""
    if kind == _LEGACY:
        _, price, _, _, value, data = fields[:6]
        return encode_list((value, price, data))
    fees = 2 if kind in (_DYNAMIC_FEE, _SET_CODE) else 1
    # chain id, nonce, fees, gas, to, value, data, lists …, v, r, s
    value, *rest = fields[fees + 4 : -3]
    return bytes((kind,)) + encode_list((value, *fields[2 : 2 + fees], *rest))
