"""Building span batches, and the way through the wire and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyoprollup.derive.codec.batch import decode_batch, encode_batch
from pyoprollup.derive.codec.raw_span_batch import RawSpanBatch, decode_raw_span_batch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import derive_span_batch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder, SpanBatchBuildError
from pyoprollup.eth import rlp
from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.transactions import Transaction
from tests.unit.derive.strategies import CHAIN_ID, block_runs, u64
from tests.unit.derive.support import name_hash

GENESIS_TIME = 1000
TX = Transaction(2, 1, 7, 21_000, b"\xaa" * 20, 5, b"data", r=1, s=2, chain_id=CHAIN_ID, gas_tip_cap=1)
BLOCK = SingularBatch(name_hash("parent"), 7, name_hash("L1 7"), 1010)


def build(blocks: list[SingularBatch], sequence_number: int = 0, chain_id: int = CHAIN_ID) -> RawSpanBatch:
    builder = SpanBatchBuilder(GENESIS_TIME, chain_id)
    for index, block in enumerate(blocks):
        builder.add_singular_batch(block, sequence_number + index)
    return builder.raw_span_batch()


@settings(max_examples=80)
@given(block_runs(), st.integers(0, 2))
def test_round_trip(blocks: list[SingularBatch], sequence_number: int) -> None:
    """Blocks → columns → bytes → columns → blocks."""
    raw = build(blocks, sequence_number)
    data = raw.encode()
    decoded = decode_raw_span_batch(data)
    assert decoded.encode() == data
    item_start, item_stop = rlp.read_item(encode_batch(raw), expect_list=False)
    assert encode_batch(raw)[item_start:item_stop] == b"\x01" + data
    again = decode_batch(b"\x01" + data)
    assert isinstance(again, RawSpanBatch) and again.encode() == data

    batch = derive_span_batch(decoded, 2, GENESIS_TIME, CHAIN_ID)
    assert len(batch) == len(blocks)
    assert batch.tx_count == sum(len(block.transactions) for block in blocks)
    for element, block in zip(batch, blocks, strict=True):
        assert element.epoch_num == block.epoch_num
        assert element.timestamp == block.timestamp
        assert element.transactions == block.transactions
    assert batch.check_parent_hash(blocks[0].parent_hash)
    assert batch.check_origin_hash(blocks[-1].epoch_hash)
    assert not batch.check_parent_hash(bytes(32))
    assert (batch.start_epoch_num, batch.end_epoch_num) == (blocks[0].epoch_num, blocks[-1].epoch_num)


def test_layout_of_an_empty_block() -> None:
    raw = build([BLOCK])
    assert raw.encode() == b"".join(
        [b"\x0a", b"\x07", name_hash("parent")[:20], name_hash("L1 7")[:20], b"\x01", b"\x01", b"\x00"]
    )


def test_first_origin_bit() -> None:
    """Set when the first block starts an epoch, which its predecessor would show."""
    for sequence_number, bit in ((0, b"\x01"), (1, b"\x00")):
        assert build([BLOCK], sequence_number).origin_bits == bit


def test_origin_bits() -> None:
    epochs = [7, 7, 8, 8, 9, 9, 9, 10, 10]
    blocks = [
        replace(BLOCK, epoch_num=epoch, timestamp=1010 + 2 * index) for index, epoch in enumerate(epochs)
    ]
    raw = build(blocks, sequence_number=3)
    assert raw.origin_bits == bytes([0b0, 0b10010100])
    assert raw.l1_origin_num == 10


def test_empty_builder() -> None:
    with pytest.raises(SpanBatchBuildError, match="no block"):
        SpanBatchBuilder(0, 1).raw_span_batch()


def test_time_goes_forward() -> None:
    builder = SpanBatchBuilder(GENESIS_TIME, CHAIN_ID)
    builder.add_singular_batch(BLOCK, 0)
    with pytest.raises(SpanBatchBuildError, match="cannot follow"):
        builder.add_singular_batch(replace(BLOCK, timestamp=BLOCK.timestamp - 1), 1)
    assert len(builder) == 1


DEPOSIT = DepositTransaction(bytes(32), bytes(20), None, None, 0, 1, False, b"")
BLOB = replace(TX, type=3, blob_fee_cap=1, blob_versioned_hashes=(b"\x01" + bytes(31),))


@pytest.mark.parametrize(
    "transaction",
    [
        b"",
        b"\x05\xc0",
        TX.encode()[:-1],
        DEPOSIT.encode(),
        BLOB.encode(),
        replace(TX, chain_id=1).encode(),
        replace(TX, type=1, chain_id=0).encode(),
        Transaction(0, 1, 7, 21_000, None, 5, b"", v=35 + 2 * 1, r=1, s=2).encode(),
        replace(TX, v=2).encode(),
    ],
)
def test_transactions_that_do_not_fit(transaction: bytes) -> None:
    """The block is refused and the builder is as it was."""
    builder = SpanBatchBuilder(GENESIS_TIME, CHAIN_ID)
    builder.add_singular_batch(replace(BLOCK, transactions=(TX.encode(),)), 0)
    before = builder.raw_span_batch().encode()
    with pytest.raises(SpanBatchBuildError):
        builder.add_singular_batch(
            replace(BLOCK, timestamp=1012, transactions=(TX.encode(), transaction, TX.encode())), 1
        )
    assert len(builder) == 1
    assert builder.raw_span_batch().encode() == before


@given(st.integers(1, 2**63 - 19) | st.integers(1, 10_000), st.integers(0, 1))
def test_replay_protection_of_any_chain(chain_id: int, parity: int) -> None:
    tx = Transaction(0, 1, 7, 21_000, None, 5, b"", v=35 + 2 * chain_id + parity, r=1, s=2).encode()
    raw = build([replace(BLOCK, transactions=(tx,))], chain_id=chain_id)
    batch = derive_span_batch(decode_raw_span_batch(raw.encode()), 2, GENESIS_TIME, chain_id)
    assert batch[0].transactions == (tx,)


@given(u64, u64)
def test_genesis_after_the_first_block_wraps(genesis_time: int, time: int) -> None:
    """Times are relative in 64 bits; nodes agree on what comes back."""
    builder = SpanBatchBuilder(genesis_time, CHAIN_ID)
    builder.add_singular_batch(replace(BLOCK, timestamp=time), 0)
    raw = decode_raw_span_batch(builder.raw_span_batch().encode())
    assert derive_span_batch(raw, 2, genesis_time, CHAIN_ID).timestamp == time


def test_adding_after_encoding() -> None:
    """A batcher looks at the size in between."""
    builder = SpanBatchBuilder(GENESIS_TIME, CHAIN_ID)
    builder.add_singular_batch(replace(BLOCK, transactions=(TX.encode(),)), 0)
    early = builder.raw_span_batch()
    encoded = early.encode()
    builder.add_singular_batch(replace(BLOCK, timestamp=1012, transactions=(TX.encode(),) * 2), 1)
    assert early.encode() == encoded
    assert builder.raw_span_batch().block_count == 2
