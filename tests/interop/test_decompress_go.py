"""Compares decompression with Go, at truncations and at damage of all kinds.

``go_decompress`` holds a program on Go's own zlib and on the brotli package of the reference, which
reads channels as the reference does. It is built when the tests run.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import brotli
import pytest

from pyoprollup.derive.compression.decompress import DecompressionError, StreamEnd, decompress_channel
from pyoprollup.eth.rlp import encode_bytes, string_header
from tests.bit_writer import BrotliWriter

pytestmark = pytest.mark.go

MODULE = Path(__file__).parent / "go_decompress"
LIMIT = 100_000_000
REFUSED, CLEAN, TRUNCATED, CORRUPT, CLIPPED, CRASHED = range(6)
KINDS = {
    StreamEnd.CLEAN: CLEAN,
    StreamEnd.TRUNCATED: TRUNCATED,
    StreamEnd.CORRUPT: CORRUPT,
    StreamEnd.EXCESS: CORRUPT,
    StreamEnd.CLIPPED: CLIPPED,
}
WORKERS = min(2, os.cpu_count() or 1)

Input = tuple[bytes, int]
Answer = tuple[int, int, bytes]
"""Kind of end, number of usable bytes, start of their hash."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go toolchain (`go` is not on the path)")
    download = subprocess.run(
        [go, "mod", "download"], cwd=MODULE, capture_output=True, text=True, check=False
    )
    if download.returncode:
        pytest.skip(f"the Go module proxy does not answer: {download.stderr.strip()[-200:]}")
    binary = tmp_path_factory.mktemp("go") / "go_decompress"
    subprocess.run([go, "build", "-buildvcs=false", "-o", str(binary), "."], cwd=MODULE, check=True)
    return binary


def go_answers(program: Path, inputs: Sequence[Input]) -> list[Answer]:
    requests = b"".join(struct.pack(">IQ", len(data), limit) + data for data, limit in inputs)
    output = subprocess.run([str(program)], input=requests, capture_output=True, check=True).stdout
    assert len(output) == 25 * len(inputs)
    return [struct.unpack(">BQ16s", output[i : i + 25]) for i in range(0, len(output), 25)]


def our_answer(item: Input) -> Answer:
    data, limit = item
    try:
        result = decompress_channel(data, limit, brotli_allowed=True)
    except DecompressionError:
        return REFUSED, 0, hashlib.sha256().digest()[:16]
    return KINDS[result.end], len(result.data), hashlib.sha256(result.data).digest()[:16]


def agree(data: bytes, go: Answer, ours: Answer) -> bool:
    if data[:1] == b"\x01" and {go[0], ours[0]} == {CLEAN, TRUNCATED}:
        # Go's brotli reader mostly ends with a plain EOF where its input does.
        return go[1:] == ours[1:]
    return go == ours


def compare(program: Path, inputs: Sequence[Input]) -> dict[int, int]:
    """How often each kind of end was met; fails if Go and we ever differ."""
    go = go_answers(program, inputs)
    with ProcessPoolExecutor(WORKERS) as pool:
        ours = list(pool.map(our_answer, inputs, chunksize=50))
    kinds: dict[int, int] = {}
    differences = []
    for i, (theirs, mine) in enumerate(zip(go, ours, strict=True)):
        kinds[theirs[0]] = kinds.get(theirs[0], 0) + 1
        if not agree(inputs[i][0], theirs, mine):
            differences.append((i, theirs[:2], mine[:2]))
    assert not differences, f"{len(differences)} differences, e.g. {differences[:5]}"
    assert CRASHED not in kinds
    return kinds


# --- channels


def batches(size: int, seed: int, text: float = 0.1) -> bytes:
    """RLP strings as channels have them: some small, some large, in part repetitive."""
    chance = random.Random(seed)
    words = [chance.randbytes(chance.randrange(4, 40)) for _ in range(150)]
    result = b""
    while len(result) < size:
        body = bytearray(b"\0")
        for _ in range(chance.choice([3, 10, 40, 200, 900])):
            kind = chance.random()
            if kind < text:
                body += chance.choice([b" government of the ", b"Information", b"http://www.", b"transfer"])
            elif kind < 0.5:
                body += chance.choice(words)
            elif kind < 0.8:
                body += chance.randbytes(chance.randrange(4, 33))
            else:
                body += bytes((chance.choice([0, 0, 0xFF, 7]),)) * chance.randrange(1, 50)
        result += encode_bytes(bytes(body))
    return result


def zlib_pieces(data: bytes, level: int) -> bytes:
    """Flushed now and then, as a batcher does, with stored and predefined blocks among others."""
    stream = zlib.compressobj(level)
    result = b""
    for i in range(0, len(data), 9000):
        result += stream.compress(data[i : i + 9000]) + stream.flush(zlib.Z_SYNC_FLUSH)
    return result + stream.flush()


def brotli_channel(data: bytes, quality: int, window_bits: int) -> bytes:
    return b"\x01" + brotli.compress(data, quality=quality, lgwin=window_bits)


CHANNELS: dict[str, tuple[Callable[[], bytes], int, int]] = {
    "zlib tiny": (lambda: zlib.compress(batches(2000, 1), 9), 2000, 2300),
    "zlib medium": (lambda: zlib.compress(batches(20_000, 2), 6), 1800, 1500),
    "zlib large": (lambda: zlib_pieces(batches(90_000, 3), 9), 200, 400),
    "brotli tiny": (lambda: brotli_channel(batches(1500, 4), 11, 22), 2000, 3000),
    "brotli medium": (lambda: brotli_channel(batches(60_000, 5, text=0.5), 9, 16), 3500, 1200),
    "brotli large": (lambda: brotli_channel(batches(130_000, 6), 1, 12), 3600, 500),
}
"""The channel, and how many truncations and how many flips of it are tried at least."""


def truncations(channel: bytes, count: int) -> Iterator[bytes]:
    """Of every length if there are no more than ``count``; else evenly spread, and the last ones."""
    step = max(1, -(-len(channel) // count))
    for length in {*range(0, len(channel), step), *range(max(0, len(channel) - 300), len(channel))}:
        yield channel[:length]


def flips(channel: bytes, count: int, seed: int) -> Iterator[bytes]:
    """One to three bits, a short run of bytes, or more bytes at the end."""
    chance = random.Random(seed)
    for _ in range(count):
        damaged = bytearray(channel)
        kind = chance.random()
        if kind < 0.05:
            damaged += chance.randbytes(chance.choice([1, 3, 5000]))
        elif kind < 0.3:
            start = chance.randrange(1, len(damaged))
            damaged[start : start + chance.randrange(1, 9)] = chance.randbytes(chance.randrange(9))
        else:
            for _ in range(chance.choice([1, 1, 2, 3])):
                damaged[chance.randrange(1, len(damaged))] ^= 1 << chance.randrange(8)
        yield bytes(damaged)


@cache
def inputs_of(name: str) -> list[Input]:
    make, cuts, damages = CHANNELS[name]
    channel = make()
    changed = [channel, *truncations(channel, cuts), *flips(channel, damages, len(channel))]
    missing = cuts + damages - len(changed)
    changed += flips(channel, max(0, missing), 1)
    return [(data, LIMIT) for data in changed]


def test_there_are_enough_of_them() -> None:
    assert sum(len(inputs_of(name)) for name in CHANNELS) >= 20_000


@pytest.mark.parametrize("name", CHANNELS)
def test_truncations_and_flips(program: Path, name: str) -> None:
    kinds = compare(program, inputs_of(name))
    assert kinds[CLEAN] > 1
    assert kinds[CORRUPT] > 100


def test_limits(program: Path) -> None:
    chance = random.Random(7)
    inputs = []
    for _ in range(600):
        data = batches(chance.choice([100, 5000, 40_000]), chance.randrange(20))
        limit = chance.choice([len(data) + chance.randrange(-2, 3), chance.randrange(1, len(data))])
        make = chance.choice([lambda d: zlib.compress(d, 6), lambda d: brotli_channel(d, 5, 14)])
        channel = make(data)
        inputs += [(channel, limit), *((damaged, limit) for damaged in flips(channel, 1, limit))]
    compare(program, inputs)


def test_ends_of_large_strings(program: Path) -> None:
    """Whether the last string of a broken channel counts depends on how it is read."""
    chance = random.Random(8)
    inputs = []
    for _ in range(500):
        sizes = chance.choices(
            [50, 3000, 4093, 4096, 5000, 8190, 32_765, 40_000, 70_000], k=chance.randrange(1, 4)
        )
        data = b"".join(encode_bytes(chance.randbytes(size + chance.randrange(3))) for size in sizes)
        channel = bytearray(zlib.compress(data, chance.randrange(2)))
        channel[-chance.randrange(1, 5)] ^= 1
        inputs.append((bytes(channel), LIMIT))
        inputs.append((bytes(channel[: -chance.randrange(1, 5)]), LIMIT))
        window = chance.choice([10, 14, 22])
        extra = chance.randbytes(chance.choice([1, 40, 5000, 40_000]))
        inputs.append((brotli_channel(data, 1, window) + extra, LIMIT))
    compare(program, inputs)


@pytest.mark.parametrize("heads", [b"\x78\x9c", b"\x78\xbb\0\0\0\1", b"\x01"], ids=bytes.hex)
def test_noise(program: Path, heads: bytes) -> None:
    chance = random.Random(9)
    compare(program, [(heads + chance.randbytes(chance.randrange(300)), LIMIT) for _ in range(2000)])


def test_every_header(program: Path) -> None:
    body = zlib.compress(b"\xb0" + bytes(48))[2:]
    compare(program, [(bytes((a, b)) + body, LIMIT) for a in range(256) for b in range(256)])


# --- brotli symbols that straddle two portions of input


def straddling(seed: int) -> bytes:
    """Long copies at far distances around the end of a portion: up to eight bytes for one command."""
    chance = random.Random(seed)
    window_bits = chance.choice([10, 12, 16, 22])
    writer = BrotliWriter(window_bits)
    size = chance.choice([4096, 9000, 60_000, 300_000]) + chance.randrange(3)
    head = string_header(size) + bytes(chance.randrange(400))
    writer.uncompressed(head + bytes(40_000))
    portion = 4095 + 32_768 * chance.choice([1, 2])
    while len(writer) < portion - 3000:
        writer.metadata(bytes(min(60_000, portion - 2000 - len(writer))))
    writer.metadata(bytes(max(257, portion - len(writer) - chance.randrange(20, 200))))
    for _ in range(chance.randrange(1, 4)):
        long_commands(writer, chance, min(41, 2 * window_bits + 11))
    writer.put(2, chance.choice([3, 3, 2]))
    writer.align()
    return writer.getvalue()


def long_commands(writer: BrotliWriter, chance: random.Random, farthest: int) -> None:
    """A metablock of commands without literals, from copy symbols 16 to 23."""
    symbols = [391, *chance.sample(range(384, 391), chance.choice([0, 1, 3]))]
    distances = chance.sample([0, 4, *range(farthest - 10, farthest + 1)], chance.choice([1, 2, 4]))
    bases = {384: (70, 5), 385: (102, 5), 386: (134, 6), 387: (198, 7), 388: (326, 8), 389: (582, 9)}
    bases |= {390: (1094, 10), 391: (2118, 24)}
    body = BrotliWriter(None)
    commands = body.simple_code(704, symbols)
    far = body.simple_code(64, distances)
    length = 0
    for _ in range(chance.randrange(5, 30)):
        symbol, distance = chance.choice(symbols), chance.choice(distances)
        base, extra = bases[symbol]
        more = chance.randrange(min(1 << extra, 500))
        body.put(*commands[symbol])
        body.put(extra, more)
        length += base + more
        body.put(*far[distance])
        if distance >= 16:
            width = (distance - 16) // 2 + 1
            body.put(width, chance.randrange(1 << min(width, 4)))
    writer.compressed(length + chance.choice([0, 0, 0, 0, -1, 5]))
    writer.simple_code(256, [chance.randrange(256)])
    writer.append(body)


def test_straddling_symbols(program: Path) -> None:
    inputs = []
    for seed in range(900):
        chance = random.Random(seed)
        stream = straddling(seed)
        inputs.append((b"\x01" + stream, LIMIT))
        portion = 4095 + 32_768 * ((len(stream) - 4095) // 32_768)
        for _ in range(5):
            damaged = bytearray(stream)
            position = chance.randrange(min(portion - 4, len(stream) - 1), len(stream))
            damaged[position] ^= 1 << chance.randrange(8)
            inputs.append((b"\x01" + bytes(damaged), LIMIT))
    compare(program, inputs)
