"""What is measured: each case does one unit of work and says how much that was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import inputs
from pyoprollup.derive import (
    BatchReader,
    DerivationPipeline,
    RawSpanBatch,
    SingularChannelOut,
    SpanChannelOut,
    derive_span_batch,
    parse_frames,
)
from pyoprollup.derive.codec.raw_span_batch import decode_raw_span_batch
from pyoprollup.derive.codec.span_batch_builder import SpanBatchBuilder
from pyoprollup.derive.compression.channel_compressor import ChannelCompressor, CompressionAlgo
from pyoprollup.eth.blobs import blob_from_data, blob_to_data
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.payload_fields import BlockVersion
from pyoprollup.eth.ssz import decode_envelope
from pyoprollup.replay import PseudoChain, derive_chain, load_recording
from pyoprollup.replay.recording import read_json
from pyoprollup.rollup.config import RollupConfig

__all__ = ["CASES", "Case"]

Work = Callable[[], object]
"""Does the work once; what it returns does not matter."""

_TXS = 6000
_LIMIT = 100_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """``reference`` names the figure that it is compared with, ``unit`` what is counted; ``wanted``
    is the least ratio to the reference that the project holds itself to (0: none)."""

    name: str
    reference: str
    unit: str
    wanted: float
    prepare: Callable[[], tuple[Work, float]]
    """Returns the work and the number of units in it."""


def _span() -> tuple[Work, float]:
    data = inputs.read("span_batch_6000tx.bin")

    def work() -> None:
        raw = decode_raw_span_batch(data, 1)
        derive_span_batch(raw, inputs.BLOCK_TIME, inputs.GENESIS_TIME, inputs.CHAIN_ID)

    return work, _TXS


def _channel(name: str) -> Callable[[], tuple[Work, float]]:
    def prepare() -> tuple[Work, float]:
        data = inputs.read(name)

        def work() -> None:
            for batch, _ in BatchReader(data, _LIMIT, brotli_allowed=True):
                if isinstance(batch, RawSpanBatch):
                    derive_span_batch(batch, inputs.BLOCK_TIME, inputs.GENESIS_TIME, inputs.CHAIN_ID)

        return work, _TXS

    return prepare


def _config() -> RollupConfig:
    nothing = {"hash": "0x" + "00" * 32, "number": 0}
    genesis = {
        "l1": nothing,
        "l2": nothing,
        "l2_time": inputs.GENESIS_TIME,
        "system_config": {},
    }
    return RollupConfig.from_json(
        {"genesis": genesis, "block_time": 2, "l2_chain_id": inputs.CHAIN_ID, "fjord_time": 0}
    )


def _encode(
    make: Callable[[RollupConfig], SingularChannelOut | SpanChannelOut],
) -> Callable[[], tuple[Work, float]]:
    def prepare() -> tuple[Work, float]:
        config, batches = _config(), inputs.singular_batches()

        def work() -> None:
            channel, epoch = make(config), -1
            for batch in batches:
                channel.add_singular_batch(batch, 0 if batch.epoch_num != epoch else 1)
                epoch = batch.epoch_num
            channel.close()
            while not channel.output_frame(120_000).is_last:
                pass

        return work, _TXS

    return prepare


_ID = bytes(16)


def _singular_out(algo: CompressionAlgo) -> Callable[[RollupConfig], SingularChannelOut]:
    return lambda config: SingularChannelOut(config, ChannelCompressor(algo), _ID)


def _span_out(algo: CompressionAlgo) -> Callable[[RollupConfig], SpanChannelOut]:
    return lambda config: SpanChannelOut(config, 1 << 40, algo, _ID)


def _span_build() -> tuple[Work, float]:
    batches = inputs.singular_batches()

    def work() -> None:
        builder = SpanBatchBuilder(inputs.GENESIS_TIME, inputs.CHAIN_ID)
        for batch in batches:
            builder.add_singular_batch(batch, 1)
        builder.raw_span_batch().encode()

    return work, _TXS


def _pipeline(name: str) -> Callable[[], tuple[Work, float]]:
    def prepare() -> tuple[Work, float]:
        recording = load_recording(read_json(inputs.FOLDER / f"pipeline_{name}.json.gz"))

        def derive() -> int:
            l1 = recording.l1()
            chain = PseudoChain(recording.config, recording.start)
            pipeline = DerivationPipeline(recording.config, l1, l1, chain)
            return sum(1 for _ in derive_chain(pipeline, chain, l1))

        def work() -> None:
            derive()

        return work, derive()

    return prepare


def _frames() -> tuple[Work, float]:
    data = inputs.read("frames_40x3000.bin")
    return lambda: parse_frames(data), len(data) / 1e6


def _blob_decode() -> tuple[Work, float]:
    blob = inputs.read("blob_full.bin")
    return lambda: blob_to_data(blob), 130_044 / 1e6


def _blob_encode() -> tuple[Work, float]:
    data = blob_to_data(inputs.read("blob_full.bin"))
    return lambda: blob_from_data(data), 130_044 / 1e6


def _ssz_decode() -> tuple[Work, float]:
    data = inputs.read("payload_v3_200tx.ssz")

    def work() -> None:
        decode_envelope(BlockVersion.V3, data)

    return work, 1


def _block_hash() -> tuple[Work, float]:
    envelope = decode_envelope(BlockVersion.V3, inputs.read("payload_v3_200tx.ssz"))

    def work() -> None:
        envelope.compute_block_hash()

    return work, 1


def _keccak() -> tuple[Work, float]:
    data = bytes(200)

    def work() -> None:
        for _ in range(1000):
            keccak256(data)

    return work, 1000


_ZLIB, _BROTLI = CompressionAlgo.ZLIB, CompressionAlgo.BROTLI_10

CASES = (
    Case("span batch decode+derive", "span batch decode+derive", "tx/s", 1.2, _span),
    Case(
        "channel read: singular, zlib",
        "channel read: singular, zlib",
        "tx/s",
        0.9,
        _channel("channel_singular_zlib.bin"),
    ),
    Case(
        "channel read: singular, brotli",
        "channel read: singular, brotli10",
        "tx/s",
        0.9,
        _channel("channel_singular_brotli10.bin"),
    ),
    Case(
        "channel read: span, zlib",
        "channel read: span+derive, zlib",
        "tx/s",
        1.2,
        _channel("channel_span_zlib.bin"),
    ),
    Case(
        "channel read: span, brotli",
        "channel read: span+derive, brotli10",
        "tx/s",
        1.2,
        _channel("channel_span_brotli10.bin"),
    ),
    Case(
        "channel encode: singular, zlib",
        "channel encode singular ratio zlib",
        "tx/s",
        1.2,
        _encode(_singular_out(_ZLIB)),
    ),
    Case(
        "channel encode: singular, brotli",
        "channel encode singular ratio brotli10",
        "tx/s",
        1.2,
        _encode(_singular_out(_BROTLI)),
    ),
    Case(
        "channel encode: span, zlib",
        "channel encode span zlib",
        "tx/s",
        1.2,
        _encode(_span_out(_ZLIB)),
    ),
    Case(
        "channel encode: span, brotli",
        "channel encode span brotli10",
        "tx/s",
        1.2,
        _encode(_span_out(_BROTLI)),
    ),
    Case("span batch build", "span batch build+encode from txs", "tx/s", 0, _span_build),
    *(
        Case(
            f"pipeline: {name}",
            f"pipeline {name} (incl. fake engine block hash)",
            "L2 blocks/s",
            0.3,
            _pipeline(name),
        )
        for name in ("bedrock-singular-zlib", "granite-span-brotli", "granite-span-brotli-heavy")
    ),
    Case("frames", "ParseFrames (40 x 3000 B)", "MB/s", 0, _frames),
    Case("blob decode", "blob decode (130044 B)", "MB/s", 0, _blob_decode),
    Case("blob encode", "blob encode", "MB/s", 0, _blob_encode),
    Case("SSZ decode", "SSZ envelope decode (v3, 200 tx)", "payloads/s", 0, _ssz_decode),
    Case("block hash", "block hash check (200 tx)", "payloads/s", 0, _block_hash),
    Case("keccak-256 of 200 B", "keccak256 of 200 B", "hashes/s", 0, _keccak),
)
