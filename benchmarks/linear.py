"""``python -m benchmarks.linear``: how the cost of hostile input grows with its size.

Every decoder gets inputs of 1, 2, 4, 8 and 16 MB whose shape is meant to hurt. The table shows CPU
seconds and, as the figure to look at, the growth at each doubling: 2 is linear, 4 quadratic.
"""

from __future__ import annotations

import random
import sys
import time
import zlib
from collections.abc import Callable
from itertools import pairwise

import brotli
from rich.console import Console
from rich.table import Table

from pyoprollup.derive import BatchReader, DropReason, decode_raw_span_batch, derive_span_batch
from pyoprollup.derive.channel_bank import ChannelBank
from pyoprollup.derive.codec.frame import Frame, parse_frames
from pyoprollup.derive.codec.singular_batch import decode_singular_batch
from pyoprollup.derive.errors import EndOfData, NotEnoughData
from pyoprollup.derive.frame_queue import prune_frame_queue
from pyoprollup.errors import DecodeError
from pyoprollup.eth import rlp
from pyoprollup.eth.receipts import Receipt
from pyoprollup.eth.refs import L1BlockRef
from pyoprollup.eth.transactions import decode_transaction
from pyoprollup.eth.types import ZERO_HASH
from pyoprollup.rollup.config import RollupConfig

SIZES = [1 << 20, 1 << 21, 1 << 22, 1 << 23, 1 << 24]

Prepare = Callable[[int], Callable[[], object]]


def _decoding(decode: Callable[[bytes], object], make: Callable[[int], bytes]) -> Prepare:
    def prepare(size: int) -> Callable[[], object]:
        data = make(size)

        def work() -> object:
            try:
                return decode(data)
            except DecodeError as error:
                return error

        return work

    return prepare


def _uvarint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _span(blocks: int, rest: bytes) -> bytes:
    return b"\0\x01" + bytes(40) + _uvarint(blocks) + rest


def _many_empty_blocks(size: int) -> bytes:
    blocks = size * 8 // 9
    return _span(blocks, bytes((blocks + 7) // 8) + bytes(blocks))


def _small_transactions(size: int) -> bytes:
    count = size // 92
    bits = bytes((count + 7) // 8)
    return _span(
        1,
        b"\0"
        + _uvarint(count)
        + bits * 2
        + random.Random(1).randbytes(64 * count)
        + bytes(20 * count)
        + b"\xc3\x80\x80\x80" * count
        + b"\x01" * 2 * count
        + bits,
    )


def _endless_varints(size: int) -> bytes:
    count = size // 128
    head = b"\0" + _uvarint(count) + bytes((count + 7) // 8) * 2 + bytes(84 * count)
    return _span(1, head + b"\xc3\x80\x80\x80" * count + b"\x80" * (size - 88 * count))


def _derive_span(data: bytes) -> object:
    return derive_span_batch(decode_raw_span_batch(data), 2, 0, 901)


def _singular(size: int) -> bytes:
    head = b"\xa0" + bytes(32) + b"\x01" + b"\xa0" + bytes(32) + b"\x01"
    txs = b"\x01" * size
    body = head + rlp.list_header(len(txs)) + txs
    return rlp.list_header(len(body)) + body


def _receipt(size: int) -> bytes:
    log = rlp.encode([bytes(20), [bytes(32)], b""])
    logs = log * (size // len(log))
    body = b"\x01\x80\xb9\x01\0" + bytes(256) + rlp.list_header(len(logs)) + logs
    return rlp.list_header(len(body)) + body


def _access_list(size: int) -> bytes:
    entry = rlp.encode([bytes(20), []])
    entries = entry * (size // len(entry))
    body = b"\x01" * 5 + b"\x80\x80\x80" + rlp.list_header(len(entries)) + entries + b"\x80\x01\x01"
    return b"\x02" + rlp.list_header(len(body)) + body


def _text(size: int) -> bytes:
    words = [random.Random(index).randbytes(6) for index in range(500)]
    rng = random.Random(2)
    return b"".join(rng.choice(words) for _ in range(size // 6))


def _cut_zlib(size: int) -> bytes:
    return zlib.compress(rlp.string_header(1 << 25) + _text(4 * size), 1)[:size]


def _cut_brotli(size: int) -> bytes:
    return b"\x01" + brotli.compress(rlp.string_header(1 << 25) + _text(4 * size), quality=3)[:size]


def _broken_brotli(size: int) -> bytes:
    data = bytearray(_cut_brotli(size))
    at = len(data) * 9 // 10
    data[at : at + 64] = b"\xff" * 64
    return bytes(data)


def _read_channel(data: bytes) -> object:
    return list(BatchReader(data, 100_000_000, brotli_allowed=True))


def _frames(size: int) -> list[Frame]:
    return [Frame(index.to_bytes(16, "big"), index & 1, b"", False) for index in range(size // 23)]


def _pruning(size: int) -> Callable[[], object]:
    frames = _frames(size)
    return lambda: prune_frame_queue(frames)


def _bank(size: int) -> Callable[[], object]:
    frames = _frames(size)
    block = L1BlockRef(ZERO_HASH, 1, ZERO_HASH, 1)
    config = RollupConfig.from_json({"channel_timeout": 10, "canyon_time": 0})

    class Source:
        origin = block

        def __init__(self) -> None:
            self.frames = iter(frames)

        def next_frame(self) -> Frame:
            for frame in self.frames:
                return frame
            raise EndOfData("no more frames")

    def work() -> object:
        bank, drops = ChannelBank(config, Source()), 0
        while True:
            try:
                bank.next_data()
            except NotEnoughData:
                drops += 1
            except EndOfData:
                return drops, DropReason.CHANNEL_BANK_FULL

    return work


CASES: dict[str, Prepare] = {
    "RLP: a list of single bytes": _decoding(rlp.decode, lambda n: rlp.list_header(n) + b"\x01" * n),
    "RLP: nested as deep as it is long": _decoding(rlp.decode, lambda n: b"\xc1" * n + b"\xc0"),
    "frames: no data": _decoding(
        parse_frames, lambda n: b"\0" + Frame(bytes(16), 1, b"", False).encode() * (n // 23)
    ),
    "frame queue: channels that never finish": _pruning,
    "channel bank: a channel per frame": _bank,
    "singular batch: one-byte transactions": _decoding(decode_singular_batch, _singular),
    "span batch: empty blocks": _decoding(_derive_span, _many_empty_blocks),
    "span batch: small transactions": _decoding(_derive_span, _small_transactions),
    "span batch: endless varints": _decoding(_derive_span, _endless_varints),
    "transaction: access list": _decoding(decode_transaction, _access_list),
    "receipt: logs": _decoding(Receipt.decode, _receipt),
    "channel: zlib, cut short": _decoding(_read_channel, _cut_zlib),
    "channel: brotli, cut short": _decoding(_read_channel, _cut_brotli),
    "channel: brotli, broken": _decoding(_read_channel, _broken_brotli),
}


def measure(prepare: Prepare, size: int) -> float:
    work = prepare(size)
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def main() -> int:
    table = Table(title="CPU seconds at 1 to 16 MB, and growth per doubling", title_justify="left")
    table.add_column("input")
    for size in SIZES:
        table.add_column(f"{size >> 20} MB", justify="right")
    table.add_column("growth", justify="right", no_wrap=True)
    for name, prepare in CASES.items():
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        seconds = [measure(prepare, size) for size in SIZES]
        growth = [later / max(earlier, 1e-6) for earlier, later in pairwise(seconds)]
        table.add_row(name, *(f"{value:.3f}" for value in seconds), " ".join(f"{g:.1f}" for g in growth))
        print(name, file=sys.stderr)
    Console(width=120).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
