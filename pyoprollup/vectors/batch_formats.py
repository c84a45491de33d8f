"""Checks of the batch codecs: ``channel_read``, ``singular_batch`` and ``span_batch_*``.

These formats are of October 2024. The reference has changed in two things about span batches since then: the
``v`` of legacy transactions does not wrap at 64 bits any more, and transactions of type 0x7d are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyoprollup.derive.batch_reader import BatchReader
from pyoprollup.derive.codec.batch import BatchData, decode_batch, encode_batch
from pyoprollup.derive.codec.raw_span_batch import RawSpanBatch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import SpanBatch, SpanOriginUnknown, derive_span_batch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder, SpanBatchBuildError
from pyoprollup.derive.codec.span_batch_txs import SpanBatchDeriveError
from pyoprollup.derive.compression.decompress import DecompressionError
from pyoprollup.errors import DecodeError
from pyoprollup.eth.transactions import Transaction, decode_transaction
from pyoprollup.eth.types import U64_MAX, hash_from_hex, quantity_from_hex
from pyoprollup.vectors.core import Case, expect, register
from pyoprollup.vectors.fields import data, l1_ref

__all__: list[str] = []


@register("channel_read")
def check_channel_read(case: Case) -> None:
    try:
        reader = BatchReader(data(case["data"]), case["max_rlp_bytes"], case["is_fjord"])
    except DecompressionError:
        expect("open_error", case["open_error"] is not None, True)
        return
    expect("open_error", case["open_error"] is not None, False)
    clean = True
    batches: list[BatchData] = []
    try:
        batches.extend(batch for batch, _ in reader)
    except DecodeError:
        clean = False
    expected = case["batches"] or []
    expect("batches", [item["encoded"] for item in expected], [_typed(batch) for batch in batches])
    for item in expected:
        expect("compr_algo", item["compr_algo"], reader.compression)
    expect("end_eof", case["end_eof"], clean)


def _typed(batch: BatchData) -> str:
    """Type byte and contents, in hex."""
    encoded = batch.encode() if isinstance(batch, SingularBatch) else b"\x01" + batch.encode()
    return "0x" + encoded.hex()


def _singular(value: Case) -> SingularBatch:
    return SingularBatch(
        hash_from_hex(value["parent_hash"]),
        value["epoch_num"],
        hash_from_hex(value["epoch_hash"]),
        value["timestamp"],
        tuple(data(tx) for tx in value["transactions"] or []),
    )


@register("singular_batch", "roundtrip")
def check_singular_roundtrip(case: Case) -> None:
    batch = _singular(case["batch"])
    expect("encoded", data(case["encoded"]), batch.encode())
    expect("rlp", data(case["rlp"]), encode_batch(batch))
    expect("decoded", batch, decode_batch(data(case["encoded"])))


@register("singular_batch", "decode")
def check_singular_decode(case: Case) -> None:
    try:
        batch = decode_batch(data(case["data"]))
    except DecodeError:
        expect("ok", case["ok"], False)
        return
    expect("ok", case["ok"], True)
    if "batch" in case and case["batch"] is not None:
        expect("batch", _singular(case["batch"]), batch)


def _blocks(batch: SpanBatch) -> list[Case]:
    return [
        {
            "epoch_num": block.epoch_num,
            "timestamp": block.timestamp,
            "transactions": ["0x" + tx.hex() for tx in block.transactions],
        }
        for block in batch
    ]


def _expected_blocks(blocks: Sequence[Case]) -> list[Case]:
    return [{**block, "transactions": block["transactions"] or []} for block in blocks]


def _check_span(case: Case, encoded: bytes) -> None:
    """Decode, compare fields, encode again, rebuild the blocks."""
    raw: BatchData | None = None
    try:
        raw = decode_batch(encoded)
    except DecodeError as exc:
        expect("decode_ok", case["decode_ok"], f"failed: {exc}" if case["decode_ok"] else False)
        return
    expect("decode_ok", case["decode_ok"], True)
    if not isinstance(raw, RawSpanBatch):
        expect("batch type", "span", "singular")
        return
    fields = case["fields"]
    expect("rel_timestamp", fields["rel_timestamp"], raw.rel_timestamp)
    expect("l1_origin_num", fields["l1_origin_num"], raw.l1_origin_num)
    expect("block_count", fields["block_count"], raw.block_count)
    expect("block_tx_counts", fields["block_tx_counts"], list(raw.block_tx_counts))
    expect("parent_check", fields["parent_check"], "0x" + raw.parent_check.hex())
    expect("l1_origin_check", fields["l1_origin_check"], "0x" + raw.l1_origin_check.hex())
    origin_bits = quantity_from_hex(fields["origin_bits"]) if len(fields["origin_bits"]) < 66 else None
    if origin_bits is not None:
        expect("origin_bits", origin_bits, int.from_bytes(raw.origin_bits, "big"))
    expect("reencoded_same", case["reencoded_same"], b"\x01" + raw.encode() == encoded)
    chain_id = quantity_from_hex(case["chain_id"])
    try:
        span = derive_span_batch(raw, case["block_time"], case["genesis_time"], chain_id, post_exec=False)
    except SpanBatchDeriveError as exc:
        expect("derive_ok", case["derive_ok"], f"failed: {exc}" if case["derive_ok"] else False)
        return
    expect("derive_ok", case["derive_ok"], True)
    blocks = _blocks(span)
    if 2 * chain_id + 36 > U64_MAX:
        for block in blocks:
            block["transactions"] = [_with_short_v(tx) for tx in block["transactions"]]
    expect("blocks", _expected_blocks(case["blocks"]), blocks)


def _with_short_v(encoded: str) -> str:
    """A transaction as the reference of October 2024 rebuilds it: ``v`` modulo 2^64."""
    tx = decode_transaction(data(encoded))
    if not isinstance(tx, Transaction) or tx.type:
        return encoded
    return "0x" + replace(tx, v=tx.v & U64_MAX).encode().hex()


@register("span_batch_roundtrip")
def check_span_roundtrip(case: Case) -> None:
    builder = SpanBatchBuilder(case["genesis_time"], quantity_from_hex(case["chain_id"]))
    for item in case["singular_batches"]:
        builder.add_singular_batch(_singular(item), item["seq_num"])
    raw = builder.raw_span_batch()
    encoded = data(case["data"])
    expect("data", encoded, b"\x01" + raw.encode())
    if "rlp_head" in case:
        head = data(case["rlp_head"])
        expect("rlp_head", head, encode_batch(raw)[: len(head)])
    _check_span(case, encoded)


@register("span_batch_decode", "decode")
def check_span_decode(case: Case) -> None:
    _check_span(case, data(case["data"]))


@register("span_batch_decode", "encode_errors")
def check_span_encode_errors(case: Case) -> None:
    builder = SpanBatchBuilder(0, quantity_from_hex(case["chain_id"]))
    batch = SingularBatch(bytes(32), 1, bytes(32), 2, tuple(data(tx) for tx in case["txs"]))
    try:
        builder.add_singular_batch(batch, 0)
    except SpanBatchBuildError as exc:
        expect("error", case["error"] is not None, f"failed: {exc}" if case["error"] is None else True)
        return
    expect("error", case["error"], None)
    # The block around the transactions is not part of the case.
    expected = decode_batch(data(case["encoded"]))
    assert isinstance(expected, RawSpanBatch)
    expect("transactions", expected.txs.encode(), builder.raw_span_batch().txs.encode())


@register("span_batch_decode", "get_singular")
def check_get_singular(case: Case) -> None:
    raw = decode_batch(data(case["encoded"]))
    assert isinstance(raw, RawSpanBatch)
    span = derive_span_batch(
        raw, case["block_time"], case["genesis_time"], quantity_from_hex(case["chain_id"])
    )
    origins = [l1_ref(item) for item in case["l1_origins"]]
    try:
        found = span.singular_batches(origins, case["safe_head_time"])
    except SpanOriginUnknown:
        expect("error", case["error"] is not None, True)
        return
    expect("error", case["error"], None)
    expect("singular_batches", [_singular(item) for item in case["singular_batches"]], list(found))
