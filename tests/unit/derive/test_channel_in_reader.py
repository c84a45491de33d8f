"""From complete channels to batches."""

from __future__ import annotations

import contextlib
import zlib
from typing import Any

import brotli
import pytest

from pyoprollup.derive.batch_reader import BatchReader, ChannelCutShort
from pyoprollup.derive.channel_bank import RawChannel
from pyoprollup.derive.channel_in_reader import ChannelInReader
from pyoprollup.derive.codec.batch import encode_batch
from pyoprollup.derive.codec.singular_batch import SingularBatch
from pyoprollup.derive.codec.span_batch import SpanBatch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder
from pyoprollup.derive.drops import DropReason
from pyoprollup.derive.errors import EndOfData, NotEnoughData
from pyoprollup.derive.provenance import ChannelSource
from pyoprollup.errors import DecodeError, Unavailable
from pyoprollup.eth import rlp
from pyoprollup.eth.transactions import Transaction
from pyoprollup.rollup.reference import Reference
from tests.unit.derive.support import ORIGIN, Drops, Feed, config, name_hash, outcome, outcomes

CHAIN_ID = 901


def singular(number: int, *transactions: bytes) -> SingularBatch:
    return SingularBatch(name_hash("parent"), number, name_hash("L1"), 1000 + number, transactions)


def span(transaction: bytes = b"") -> bytes:
    """An encoded span batch of one block."""
    builder = SpanBatchBuilder(0, CHAIN_ID)
    builder.add_singular_batch(singular(1, *([transaction] if transaction else [])), 0)
    return encode_batch(builder.raw_span_batch())


def malformed_span() -> bytes:
    """Structurally sound, with a transaction whose value has a leading zero."""
    tx = Transaction(2, 1, 7, 21_000, b"\xaa" * 20, 0x0102, b"", r=1, s=2, chain_id=CHAIN_ID).encode()
    good = span(tx)
    bad = good.replace(b"\x82\x01\x02", b"\x82\x00\x02")
    assert bad != good
    return bad


def channel(*batches: bytes, compress: Any = zlib.compress) -> RawChannel:
    return RawChannel(compress(b"".join(batches)), ChannelSource(b"a" * 16, ORIGIN, (), 0))


def brotli_channel(*batches: bytes) -> RawChannel:
    return channel(*batches, compress=lambda data: b"\x01" + brotli.compress(data))


class Scene:
    def __init__(self, *items: Any, forks: str = "delta", **changes: Any) -> None:
        self.feed = Feed(items)
        self.drops = Drops()
        self.stage = ChannelInReader(config(forks, **changes), self.feed, self.drops)

    def step(self) -> Any:
        """The next batch: the epoch of a singular one, or ``span``."""
        batch = self.stage.next_batch()
        return "span" if isinstance(batch, SpanBatch) else batch.epoch_num

    def read(self) -> list[Any]:
        """All batches, without the steps that had none."""
        return [item for item in outcomes(self.step) if item is not NotEnoughData]


ONE, TWO, THREE = (encode_batch(singular(number)) for number in (1, 2, 3))


def test_batches_of_channels() -> None:
    scene = Scene(channel(ONE, span()), channel(TWO), channel(THREE))
    assert list(outcomes(scene.step)) == [1, "span", NotEnoughData, 2, NotEnoughData, 3, NotEnoughData]
    assert scene.drops == []


def test_empty_channel_contents() -> None:
    assert Scene(channel(), channel(ONE)).read() == [1]


def test_provenance() -> None:
    scene = Scene(channel(ONE, TWO))
    sources = [scene.stage.next_batch().source for _ in range(2)]
    for index, (source, data) in enumerate(zip(sources, (ONE, TWO), strict=True)):
        assert source is not None and source.channel is not None
        assert (source.index, source.compression, source.inclusion) == (index, "zlib", ORIGIN.id)
        assert (ONE + TWO)[source.start : source.end] == rlp.decode_bytes(data)


@pytest.mark.parametrize("data", [b"", b"\x02", b"\x00\x00", b"\x78\x00", b"\x78\xbb"])
def test_channel_that_cannot_be_opened(data: bytes) -> None:
    scene = Scene(RawChannel(data, None), channel(ONE))
    assert scene.read() == [1]
    assert scene.drops.reasons == [DropReason.CHANNEL_UNREADABLE]


def test_brotli_since_fjord() -> None:
    """By the L1 block that completed the channel."""
    for forks, expected in (("ecotone", [1]), ("fjord", [2, 1])):
        scene = Scene(brotli_channel(TWO), channel(ONE), forks=forks)
        assert scene.read() == expected
    for fjord, expected in ((ORIGIN.time, [2]), (ORIGIN.time + 1, [])):
        feed = Feed([brotli_channel(TWO)])
        stage = ChannelInReader(config("ecotone", fjord_time=fjord), feed)
        got = [item for item in outcomes(stage.next_batch) if item is not NotEnoughData]
        assert [item.epoch_num for item in got] == expected


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (rlp.encode_bytes(b""), DropReason.BATCH_MALFORMED),
        (rlp.encode_bytes(b"\x02"), DropReason.BATCH_MALFORMED),
        (rlp.encode_bytes(b"\x00\xc0"), DropReason.BATCH_MALFORMED),
        (rlp.encode_bytes(b"\x01"), DropReason.BATCH_MALFORMED),
        (b"\xc1\x00", DropReason.CHANNEL_CUT_SHORT),
        (b"\x81\x00", DropReason.CHANNEL_CUT_SHORT),
        (b"\xb8\x01\x00", DropReason.CHANNEL_CUT_SHORT),
    ],
)
def test_fault_ends_the_channel(bad: bytes, reason: DropReason) -> None:
    """What came before counts, what comes after does not, and the next channel is read as usual."""
    scene = Scene(channel(ONE, bad, TWO), channel(THREE))
    assert scene.read() == [1, 3]
    assert scene.drops.reasons == [reason]


def test_truncated_channel() -> None:
    """Every batch that is complete counts, wherever the data breaks off."""
    data = channel(ONE, TWO, THREE).data
    counts = [len(Scene(RawChannel(data[:size], None)).read()) for size in range(len(data) + 1)]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 3)


def test_size_limit() -> None:
    """Ten million bytes of batches before Fjord; the batch that crosses the limit is lost."""
    large = encode_batch(singular(1, bytes(4_000_000)))
    assert Scene(channel(large, large, TWO), forks="delta").read() == [1, 1, 2]
    assert Scene(channel(large, large, large, TWO), forks="delta").read() == [1, 1]
    assert Scene(channel(large, large, large, TWO), forks="fjord").read() == [1, 1, 1, 2]


def test_span_batches_since_delta() -> None:
    """An early one is skipped alone."""
    scene = Scene(channel(ONE, span(), TWO), forks="canyon")
    assert scene.read() == [1, 2]
    assert scene.drops.reasons == [DropReason.SPAN_BATCH_BEFORE_DELTA]


def test_span_with_a_post_exec_transaction() -> None:
    """Up to v1.16.11 op-node does not know the type, so that the span does not rebuild."""
    scene = Scene(channel(ONE, span(b"\x7d\xc1\x01"), TWO))
    assert len(scene.read()) == 3
    older = Scene(channel(ONE, span(b"\x7d\xc1\x01"), TWO), reference=Reference.V1_16)
    assert older.read() == [1, 2]
    assert older.drops.reasons == [DropReason.SPAN_BATCH_MALFORMED]


def test_span_that_does_not_rebuild() -> None:
    """It is skipped alone too, unlike one whose structure is broken."""
    scene = Scene(channel(ONE, malformed_span(), TWO))
    assert scene.read() == [1, 2]
    assert scene.drops.reasons == [DropReason.SPAN_BATCH_MALFORMED]
    assert len(scene.drops) == 1 and scene.drops[0].subject is not None


def test_span_of_a_broken_structure() -> None:
    cut = rlp.encode_bytes(rlp.decode_bytes(span())[:-1])
    scene = Scene(channel(ONE, cut, TWO))
    assert scene.read() == [1]
    assert scene.drops.reasons == [DropReason.BATCH_MALFORMED]


def test_errors_of_the_stage_before_pass_through() -> None:
    scene = Scene(Unavailable("later"), NotEnoughData("nothing"), channel(ONE))
    assert [outcome(scene.step) for _ in range(5)] == [
        Unavailable,
        NotEnoughData,
        1,
        NotEnoughData,
        EndOfData,
    ]


def test_flush() -> None:
    """The rest of the channel is dropped, and the stage before is told."""
    scene = Scene(channel(ONE, TWO), channel(THREE))
    assert scene.step() == 1
    scene.stage.flush_channel()
    assert (scene.drops.reasons, scene.feed.flushed) == ([DropReason.CHANNEL_FLUSHED], 1)
    assert scene.read() == [3]
    scene.stage.flush_channel()
    assert (len(scene.drops), scene.feed.flushed) == (1, 2)


def test_reset() -> None:
    scene = Scene(channel(ONE, TWO), channel(THREE))
    scene.step()
    scene.stage.reset(ORIGIN, scene.feed.system_config)
    assert scene.read() == [3]
    assert scene.drops == []


# --- The reader alone


def test_reader_iterates() -> None:
    reader = BatchReader(channel(ONE, TWO).data, 10_000_000, False)
    assert [getattr(batch, "epoch_num", None) for batch, _ in reader] == [1, 2]
    assert reader.next_batch() is None


def test_reader_after_a_fault() -> None:
    """There is nothing more, however often it is asked."""
    reader = BatchReader(channel(b"\xc0", ONE).data, 10_000_000, False)
    with pytest.raises(ChannelCutShort):
        reader.next_batch()
    assert reader.next_batch() is None


def test_reader_of_corrupt_data() -> None:
    """Flipping any byte leads to batches, an end or a declared error."""
    data = channel(ONE, span(), TWO).data
    for position in range(len(data)):
        broken = bytearray(data)
        broken[position] ^= 0xFF
        with contextlib.suppress(DecodeError):
            assert len(list(BatchReader(bytes(broken), 10_000_000, True))) <= 3
