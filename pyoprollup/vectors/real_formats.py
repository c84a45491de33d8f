"""Checks of real channels and span batches: the data file, and beside it what it decodes to.

The expected file lists transactions by hash. Which chain the data is from is told by the file's
name: ``opmainnet…``, ``opsepolia…``, or ``….chain28.expected.json.gz`` for a made-up one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyoprollup.derive.batch_reader import BatchReader
from pyoprollup.derive.codec.frame import parse_frames
from pyoprollup.derive.codec.raw_span_batch import RawSpanBatch, decode_raw_span_batch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import SpanBatch, derive_span_batch
from pyoprollup.errors import DecodeError
from pyoprollup.eth.transactions import decode_transaction, tx_hash
from pyoprollup.vectors.core import Case, Mismatch, expect, register

__all__: list[str] = []

_CHAINS = {"opmainnet": 10, "opsepolia": 11155420}
_GENESIS_TIMES = {10: 1686068903, 11155420: 1691802540}
_BLOCK_TIME = 2
_MAX_RLP_BYTES = 100_000_000


def _chain_id(path: Path) -> int:
    for part in path.name.split("."):
        if part.startswith("chain") and part[5:].isdigit():
            return int(part[5:])
    return _CHAINS[path.name.split("_")[0]]


def _input(path: Path) -> Path:
    stem = path.name.partition(".")[0]
    for candidate in sorted(path.parent.glob(f"{stem}.*")):
        if ".expected." not in candidate.name:
            return candidate
    raise Mismatch(f"no data file beside {path.name}")


def _blocks(span: SpanBatch) -> list[dict[str, Any]]:
    return [
        {
            "epoch_num": block.epoch_num,
            "timestamp": block.timestamp,
            "transactions": ["0x" + tx_hash(tx).hex() for tx in block.transactions],
        }
        for block in span
    ]


@register("real_channel")
def check_real_channel(case: Case) -> None:
    path = _input(case["path"])
    content = path.read_bytes()
    if "batcher_tx" in path.name:
        frames = parse_frames(decode_transaction(content).data)
        content = b"".join(frame.data for frame in sorted(frames, key=lambda frame: frame.number))
    chain_id = _chain_id(path)
    expected = case["expected"]["batches"]
    spans: list[SpanBatch] = []
    reader = BatchReader(content, _MAX_RLP_BYTES, brotli_allowed=True)
    try:
        for batch, _ in reader:
            if isinstance(batch, SingularBatch):
                raise Mismatch("channel holds a singular batch, expected span batches")
            spans.append(derive_span_batch(batch, _BLOCK_TIME, _GENESIS_TIMES[chain_id], chain_id))
    except DecodeError:
        # How the channel ends is not part of the expectation, only what it held until there.
        pass
    expect("number of batches", len(expected), len(spans))
    for index, (item, span) in enumerate(zip(expected, spans, strict=True)):
        expect(f"batches[{index}]", item["blocks"], _blocks(span))


@register("real_span_batch")
def check_real_span_batch(case: Case) -> None:
    path = _input(case["path"])
    content = path.read_bytes()
    raw: RawSpanBatch = decode_raw_span_batch(content, 1 if content[:1] == b"\x01" else 0)
    expected = case["expected"]
    expect("rel_timestamp", expected["rel_timestamp"], raw.rel_timestamp)
    expect("l1_origin_num", expected["l1_origin_num"], raw.l1_origin_num)
    genesis_time = expected["batch"]["blocks"][0]["timestamp"] - raw.rel_timestamp
    span = derive_span_batch(raw, _BLOCK_TIME, genesis_time, _chain_id(case["path"]))
    expect("blocks", expected["batch"]["blocks"], _blocks(span))
